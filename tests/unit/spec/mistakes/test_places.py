"""What a place of the file can hold is known from the model."""

from __future__ import annotations

from metabench.spec.mistakes.places import known_keys
from metabench.spec.model.sections import BenchmarkSpec


def test_the_root_knows_its_tables_by_the_names_of_the_file():
    keys = known_keys(BenchmarkSpec, ())

    assert "schema" in keys
    assert "schema_" not in keys
    assert "smoke" not in keys


def test_keys_are_known_through_arrays_mappings_unions_and_optional_tables():
    assert known_keys(BenchmarkSpec, ("tasks", "transfer", 3)) == (
        *("draws", "fractions", "shots", "task"),
    )
    assert known_keys(BenchmarkSpec, ("tasks", "splits", "x")) == ("scored", "train")
    assert "steps" in known_keys(BenchmarkSpec, ("pretrain",))
    assert "lr" in known_keys(BenchmarkSpec, ("meta", "optimizer"))


def test_a_place_that_holds_anything_has_no_known_keys():
    assert known_keys(BenchmarkSpec, ("methods", 0, "options")) == ()
    assert known_keys(BenchmarkSpec, ("nowhere", 0)) == ()
