"""A method's adaptation: a name or a table; unknown names and options are problems of the file."""

from __future__ import annotations

import json

import pytest
import tomli_w
from kit.json_schema import fits

from metabench.errors import SpecError
from metabench.plugin.catalog import load_catalog
from metabench.spec.reading.load import load_benchmark
from metabench.spec.schema import benchmark_schema
from metabench.spec.write import to_toml

CATALOG = load_catalog()


def load(folder, adaptation, *, algorithm="finetune"):
    """Return the benchmark of one method with an adaptation, and its document."""
    method = {"id": "Plain", "algorithm": algorithm}
    document = {
        "schema": 1,
        "name": "one",
        "model": {"id": "embedded/encoder"},
        "tasks": {"target": ["embedded/grammar"]},
        "methods": [method if adaptation is None else method | {"adaptation": adaptation}],
    }
    path = folder / "one.toml"
    path.write_text(tomli_w.dumps(document))
    return load_benchmark(path, catalog=CATALOG), document


@pytest.mark.parametrize(
    "given",
    [
        {"name": "linear-probe", "c": 0.5},
        {"name": "linear-probe", "options": {"c": 0.5}},
    ],
)
def test_options_are_given_flat_or_in_a_table_of_their_own(tmp_path, given):
    benchmark, _ = load(tmp_path, given)
    (method,) = benchmark.methods

    assert method.adaptation.value.name == "linear-probe"
    assert method.adaptation_options.c == 0.5


def test_what_is_filled_in_reads_as_the_same_benchmark(tmp_path):
    benchmark, _ = load(tmp_path, "linear-probe")
    (tmp_path / "again.toml").write_text(to_toml(benchmark.spec))

    again = load_benchmark(tmp_path / "again.toml", catalog=CATALOG)

    assert again.methods == benchmark.methods
    assert again.spec == benchmark.spec
    assert "[methods.adaptation.options]\nc = 1.0\n" in to_toml(benchmark.spec)


def test_a_file_without_an_adaptation_is_written_without_one(tmp_path):
    assert "adaptation" not in to_toml(load(tmp_path, None)[0].spec)


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ("prototypes", "there is no adaptation 'prototypes'; did you mean 'prototype'?"),
        ({"name": "linear-probe", "C": 1.0}, "methods[0].adaptation.C: unknown key"),
        ({"name": "linear-probe", "c": 0.0}, "methods[0].adaptation.c: must be more than 0"),
        ({"name": "prototype", "options": {"k": 1}}, "methods[0].adaptation.options.k: unknown"),
        (3, "methods[0].adaptation: expected"),
    ],
)
def test_each_mistake_is_named_with_its_place(tmp_path, given, problem):
    with pytest.raises(SpecError) as refused:
        load(tmp_path, given)

    assert problem in " ".join(str(refused.value).split())


@pytest.mark.parametrize("algorithm", ["finetune", "joint", "pcgrad"])
def test_an_algorithm_without_an_inner_loop_is_refused_by_its_name(tmp_path, algorithm):
    with pytest.raises(SpecError) as refused:
        load(tmp_path, "inner", algorithm=algorithm)

    said = " ".join(str(refused.value).split())
    assert f"algorithm '{algorithm}' has no inner loop for adaptation 'inner'; have one: " in said
    assert "anil, boil, fomaml, imaml, maml, maml++, meta-sgd, protomaml, reptile" in said


def test_the_schema_for_editors_takes_and_refuses_the_same(tmp_path):
    schema = json.loads(json.dumps(benchmark_schema(CATALOG)))
    valid = (None, "prototype", {"name": "linear-probe", "alpha": 2.0})
    _, document = load(tmp_path, None)
    document["methods"][0]["adaptation"] = {"name": "linear-probe", "k": 2}

    assert all(fits(load(tmp_path, given)[1], schema, schema) for given in valid)
    assert not fits(document, schema, schema)
