"""A run keeps the published numbers that its benchmark names, so that its folder is enough."""

from __future__ import annotations

import pytest

from metabench.plan.build import build_plan
from metabench.plugin.catalog import load_catalog
from metabench.session.runner.record import run_note
from metabench.spec.reading.load import load_benchmark
from metabench.store.records.cell import RunNote, from_json, to_json
from metabench.tasks.hub import Hub

BENCHMARK = """\
schema = 1
name = "with-published"
model = { id = "embedded/encoder", weights = "random" }
tasks = { target = ["embedded/grammar"] }
compare = { published = ["theirs.toml"] }
[[methods]]
id = "Plain"
algorithm = "finetune"
"""
PUBLISHED = """\
schema = 1
short = "Them 2019"
citation = "Them 2019, A Paper"
[[tables]]
name = "Table 1"
title = "Results"
split = "test"
stubs = ["Model", "k"]
columns = [
  { name = "embedded/grammar", title = "G", metrics = ["matthews", "of-their-own"] },
  { name = "elsewhere", title = "E", metrics = ["accuracy"] },
]
[[tables.rows]]
method = "Theirs"
ours = "Plain"
scores = { "embedded/grammar" = [52.1, 87.6] }
[[tables.rows]]
method = "Other"
labels = ["Other", "3"]
"""


@pytest.fixture
def note(tmp_path):
    (tmp_path / "bench.toml").write_text(BENCHMARK)
    (tmp_path / "theirs.toml").write_text(PUBLISHED)
    catalog = load_catalog()
    benchmark = load_benchmark(tmp_path / "bench.toml", catalog=catalog)
    return run_note(build_plan(benchmark, catalog=catalog, hub=Hub()), catalog)


def test_a_number_is_kept_as_a_score_and_a_column_with_the_split_that_we_score(note):
    (table,) = note.published
    grammar, elsewhere = table.columns

    assert dict(table.rows[0].scores) == {"embedded/grammar": (0.521, 0.876)}
    assert (grammar.titles, grammar.scored) == (("Matthews", "of-their-own"), "validation")
    assert elsewhere.scored == ""


def test_a_row_has_a_label_under_every_stub_and_the_method_that_it_stands_beside(note):
    theirs, other = note.published[0].rows

    assert (theirs.labels, theirs.ours) == (("Theirs", ""), "Plain")
    assert (other.labels, other.ours) == (("Other", "3"), "Other")


def test_it_comes_back_from_disk_as_it_went(note):
    assert from_json(RunNote, to_json(note), where="run.json") == note


def test_an_average_as_in_glue_names_the_metrics_of_tasks_that_have_several(tmp_path):
    text = BENCHMARK.replace('["embedded/grammar"]', '["embedded/grammar", "embedded/similarity"]')
    text = text.replace('published = ["theirs.toml"]', 'average = "glue"')
    (tmp_path / "bench.toml").write_text(text)
    catalog = load_catalog()
    benchmark = load_benchmark(tmp_path / "bench.toml", catalog=catalog)
    found = run_note(build_plan(benchmark, catalog=catalog, hub=Hub()), catalog)

    assert dict(found.averaged) == {"embedded/similarity": ("pearson", "spearman")}
    assert from_json(RunNote, to_json(found), where="run.json").averaged == found.averaged
