"""Each planned score is one line, with all that is known of it and nothing that is not."""

from __future__ import annotations

from metabench.results.collect import collect
from metabench.results.score_lines import ScoreLine, column_sizes, score_lines

DONE = {
    "scores": {"f1": 0.25, "accuracy": 0.5}, "primary": "accuracy", "collapsed": True,
    "train_rows": 24, "scored_rows": 7, "steps": 3, "wall_seconds": 2.0, "cpu_seconds": 4.0,
    "work": {"examples": 96, "gradients": 3},
}  # fmt: skip
BARE = {"scores": {"accuracy": 0.75}, "train_rows": 0}
SCORES = {
    ("A", "x"): {0: DONE, 1: "diverged"},
    ("B", "x"): {0: None, 1: BARE, 2: None},
    ("B", "y"): {0: BARE, 1: "interrupted"},
}
FACTS = {"A": {"metabench": "7", "versions": {"torch": "9"}, "device": "d", "ended": "then"}}


def lines(make_study, **note):
    store = make_study(SCORES, roles={"y": "transfer"}, facts=FACTS, name="bench", **note)
    note = store.run()
    uses = [
        use.model_copy(update={"unavailable": "too few", "draw": 3})
        if (use.method, use.column, use.meta_seed) == ("B", "x", 0)
        else use
        for use in note.uses
    ]
    store.commit_run("", "", note.model_copy(update={"uses": tuple(uses)}))
    collected = collect(store)
    return collected, list(score_lines(collected))


def test_a_score_that_is_done_has_a_line_for_each_metric_the_primary_one_first(make_study):
    collected, found = lines(make_study)
    first = collected.note.uses[0]
    fields = {
        "benchmark": "bench", "smoke": False, "method": "A", "column": "x", "task": "x",
        "role": "target", "size": 24, "meta_seed": 0, "finetune_seed": 0, "draw": None,
        "status": "ok", "collapsed": True, "evaluated": 7, "updates": 3, "examples": 96,
        "wall_seconds": 2.0, "cpu_seconds": 4.0, "cell": first.cell, "key": first.key,
        "metabench": "7", "torch": "9", "device": "d", "ended": "then",
    }  # fmt: skip

    assert found[:2] == [
        ScoreLine(**fields, metric="accuracy", primary=True, score=0.5),
        ScoreLine(**fields, metric="f1", primary=False, score=0.25),
    ]


def test_a_score_that_is_not_there_has_one_line_which_says_why(make_study):
    _, found = lines(make_study)
    wanting = [line for line in found if line.score is None]

    assert [(line.method, line.column, line.meta_seed, line.status) for line in wanting] == [
        ("A", "x", 1, "diverged"),
        ("B", "x", 0, "unavailable"),
        ("B", "x", 2, "missing"),
        ("B", "y", 1, "interrupted"),
    ]
    assert [line.draw for line in wanting] == [None, 3, None, None]
    for line in wanting:
        assert (line.metric, line.primary, line.cell, len(line.key)) == (
            "accuracy", True, line.cell, 64
        )  # fmt: skip
        assert (line.collapsed, line.wall_seconds, line.metabench) == (None, None, "")


def test_what_a_record_does_not_hold_is_not_made_up(make_study):
    (line,) = (line for line in lines(make_study)[1] if (line.column, line.score) == ("y", 0.75))

    assert (line.role, line.updates, line.examples, line.evaluated) == (
        "transfer",
        None,
        None,
        None,
    )
    assert (line.collapsed, line.torch, line.cpu_seconds) == (False, "", None)


def test_the_size_of_a_column_is_that_of_its_first_result_that_knows_it(make_study):
    collected, found = lines(make_study)

    assert dict(column_sizes(collected)) == {"x": 24}
    assert {line.column: line.size for line in found} == {"x": 24, "y": None}


def test_a_smoke_run_says_so_on_every_line(make_study):
    assert {line.smoke for line in lines(make_study, smoke=True)[1]} == {True}
