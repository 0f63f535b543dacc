"""Merging runs: nothing is averaged, nothing is lost, and every number has its origin."""

from __future__ import annotations

import json

import pytest

from metabench.errors import UsageError
from metabench.frontend.merging import merge_runs

SCORES = {("BERT", "x"): {0: 0.5, 1: 0.6}, ("MAML", "x"): {0: 0.7, 1: 0.8}}
EARLY, LATE = "2026-01-01T00:00:00+00:00", "2026-02-01T00:00:00+00:00"


def study(make_study, folder, ended, versions, scores=SCORES):
    facts = {method: {"ended": ended, "versions": versions} for method in ("BERT", "MAML")}
    return make_study(scores, folder, facts=facts)


@pytest.fixture
def early(make_study):
    return study(make_study, "early", EARLY, {"torch": "2.13.0"})


@pytest.fixture
def late(make_study):
    """The same runs but for one other score, by another version of torch."""
    scores = SCORES | {("MAML", "x"): {0: 0.75, 1: 0.8}}
    return study(make_study, "late", LATE, {"torch": "2.14.0"}, scores)


def score(found, method, seed):
    (line,) = [
        one for one in found.lines if (one.line.method, one.line.meta_seed) == (method, seed)
    ]
    return line


def files(store):
    return {path: path.read_bytes() for path in store.folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("flipped", [False, True])
def test_a_cell_with_other_numbers_has_both_environments_and_the_first_counts(early, late, flipped):
    found = merge_runs([late, early] if flipped else [early, late])
    (cell,) = found.differing

    assert [(one.scores, one.counts) for one in cell.executions] == [
        ({"accuracy": 0.7}, True),
        ({"accuracy": 0.75}, False),
    ]
    assert [one.environment["torch"] for one in cell.executions] == ["2.13.0", "2.14.0"]
    assert cell.differs == ("torch",)
    assert score(found, "MAML", 0).line.score == 0.7


def test_each_score_names_the_folder_that_it_is_from_and_those_that_agree(early, late):
    found = merge_runs([late, early])

    assert score(found, "MAML", 0).run == str(early.folder)
    assert score(found, "MAML", 0).also == ()
    assert score(found, "MAML", 1).run == str(early.folder)
    assert score(found, "MAML", 1).also == (str(late.folder),)


def test_cells_are_counted_once_each_by_whether_another_run_agrees(early, late, make_study):
    more = make_study({("BERT", "x"): {2: 0.4}}, "more")
    shares = merge_runs([early, late, more]).runs

    assert [(one.cells, one.alone, one.same, one.differing) for one in shares] == [
        (4, 0, 3, 1),
        (4, 0, 3, 1),
        (1, 1, 0, 0),
    ]


def test_an_edited_record_is_named_and_does_not_count(early, late):
    file = next(late.folder.glob("cells/adapt-bert-x-s1-*/result.json"))
    file.write_text(file.read_text().replace("0.6", "0.9"))
    found = merge_runs([early, late])
    (sentence,) = found.runs[1].damaged

    assert file.parent.name in sentence
    assert found.damaged == 1
    assert score(found, "BERT", 1).line.score == 0.6
    assert score(found, "BERT", 1).also == ()


def test_merging_changes_no_file_of_any_run(early, late):
    before = files(early), files(late)
    merge_runs([early, late])

    assert (files(early), files(late)) == before
    assert before[0]
    assert json.loads(next(iter(early.folder.glob("run.json"))).read_text())["name"] == "study"


def test_every_score_of_every_run_is_in_the_merged_lines(early, make_study):
    more = make_study({("BERT", "x"): {2: 0.4}, ("Joint", "x"): {0: 0.3}}, "more")
    found = merge_runs([early, more])

    assert sorted((one.line.method, one.line.meta_seed, one.line.score) for one in found.lines) == [
        ("BERT", 0, 0.5),
        ("BERT", 1, 0.6),
        ("BERT", 2, 0.4),
        ("Joint", 0, 0.3),
        ("MAML", 0, 0.7),
        ("MAML", 1, 0.8),
    ]


def test_a_smoke_run_is_merged_with_no_result(early, make_study):
    smoke = make_study(SCORES, "smoke", smoke=True)

    with pytest.raises(UsageError, match="a smoke run is never a result"):
        merge_runs([early, smoke])
