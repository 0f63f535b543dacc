"""The conclusion of tables that are made to provoke, each kept whole as a reader sees it.

``conclusions.txt`` holds them as at the end of a terminal of 80 columns; ``--update-golden`` writes
them anew.
"""

import re
import textwrap
from pathlib import Path

import pytest
from kit.formats import render_terminal

from metabench.leaderboard.build import build_leaderboard
from metabench.leaderboard.columns import Choice
from metabench.results.collect import collect
from metabench.store.records.run import ColumnNote, MetricNote

GOLDEN = Path(__file__).with_name("conclusions.txt")
TASKS = "abcd"
WAVE = (0.0, 0.012, -0.007, 0.009, -0.011, 0.004, -0.003, 0.008, -0.006, 0.002)
QUICKSTART = ("Fine-tuning", "Joint", "MAML", "FOMAML", "Reptile")


def scores(seeds, tasks=TASKS, **methods):
    """Return scores of the tasks: a level for each method, a wave that seeds share, a ripple."""
    return {
        (method, task): {
            seed: level + WAVE[seed] + 0.1 * WAVE[(3 * seed + 2 * place + at) % 10]
            for seed in range(seeds)
        }
        for place, (method, level) in enumerate(methods.items())
        for at, task in enumerate(tasks)
    }


def changed(wanted, place, seeds):
    """Return scores with some seeds of a place replaced."""
    return {**wanted, place: {**wanted[place], **seeds}}


def runs(wanted, make):
    """Return scores as fields of results that ``make`` gives for place, seed and score."""
    return {
        place: {seed: make(place, seed, score) for seed, score in seeds.items()}
        for place, seeds in wanted.items()
    }


def flat(score):
    """Return a run that predicts a single class."""
    return {"scores": {"accuracy": score}, "collapsed": True}


def column(name, metric, role="target", *, percent=True):
    return ColumnNote(
        name=name, task=name, title=name.upper(), role=role, metric=metric, percent=percent,
        metric_title=metric.capitalize(),
    )  # fmt: skip


CLEAR = scores(8, BERT=0.5, Joint=0.6)
TOP = {seed: 1.0 - 0.001 * (seed % 2) for seed in range(8)}
ALIKE = scores(8, BERT=0.5)
ON_BOTH = {"tasks": ("rte", "mrpc"), "BERT": 0.6, "Joint": 0.65}
FAR = {seed: flat(0.2 - 0.01 * seed) for seed in range(8)}
NEAR = scores(10, BERT=0.5, Joint=0.5)


def at_the_floor(place, _, score):
    low = 0.5 if place[1] == "a" else 0.3
    return {
        "scores": {"accuracy": score},
        "references": {"majority": {"accuracy": low}, "chance": {"accuracy": 0.25}},
    }


def mixed(place, _, score):
    """Return a run scored by F1 on a, and by Pearson and MAE on b, where Joint is better."""
    if place[1] == "a":
        return {"scores": {"f1": score}, "primary": "f1"}
    return {"scores": {"pearson": score, "mae": 1.2 - score}, "primary": "pearson"}


def like_the_quickstart():
    levels = dict(zip(QUICKSTART, (0.5, 0.7, 0.5, 0.51, 0.65), strict=True))
    wanted = scores(3, (*TASKS, "science 5 %", "science 30 %"), **levels)
    for at, task in enumerate(TASKS):
        wanted["Reptile", task] = {0: 0.65, 1: 0.45 + 0.02 * at, 2: 0.74 - 0.03 * at}

    def run(place, _, score):
        low = 0.52 if "science" in place[1] else 0.3
        cost = {"wall_seconds": 2.0, "cpu_seconds": 1.0 + 0.5 * (place[0] == "Joint")}
        references = {"majority": {"accuracy": low}, "chance": {"accuracy": 0.25}}
        return {"scores": {"accuracy": score}, "references": references, **cost}

    return runs(wanted, run)


TABLES = {
    "one meta seed": (scores(1, BERT=0.5, Joint=0.9), {}),
    "two meta seeds": (scores(2, BERT=0.5, Joint=0.9), {}),
    "three meta seeds": (scores(3, BERT=0.5, Joint=0.6, MAML=0.501), {}),
    "eight meta seeds, a clear gap": (CLEAR, {}),
    "eight meta seeds, no gap": (scores(8, BERT=0.5, Joint=0.5), {}),
    "ten meta seeds, three methods": (scores(10, BERT=0.5, Joint=0.503, MAML=0.45), {}),
    "all scores equal": (
        {**ALIKE, **{("Joint", task): ALIKE["BERT", task] for task in TASKS}},
        {},
    ),
    "one column saturated": (
        {**CLEAR, ("BERT", "d"): TOP, ("Joint", "d"): TOP},
        {},
    ),
    "one score at the floor": (runs(CLEAR, at_the_floor), {}),
    "one method": (scores(3, BERT=0.5), {"baselines": ()}),
    "a failed seed": (
        changed(scores(10, BERT=0.5, Joint=0.6), ("Joint", "a"), {0: "diverged"}),
        {},
    ),
    "collapsed runs": (
        changed(CLEAR, ("Joint", "b"), {seed: flat(0.5) for seed in (1, 2, 5)}),
        {},
    ),
    "a verdict that only the collapsed runs make": (
        changed(
            changed(NEAR, ("BERT", "b"), FAR),
            ("Joint", "b"),
            {seed: NEAR["BERT", "b"][seed] + 0.01 for seed in (8, 9)},
        ),
        {},
    ),
    "not all runs made": (changed(CLEAR, ("Joint", "c"), {6: None, 7: None}), {}),
    "two baselines": (
        scores(8, BERT=0.5, Joint=0.6, MAML=0.4),
        {"baselines": ("BERT", "Joint")},
    ),
    "a score that was reported elsewhere": (scores(8, **ON_BOTH), {"printed": True}),
    "F1 and Pearson": (
        runs(scores(8, "ab", BERT=0.5, Joint=0.6), mixed),
        {"columns": (column("a", "f1"), column("b", "pearson"))},
    ),
    "F1 and MAE, of which lower is better": (
        runs(scores(8, "ab", BERT=0.5, Joint=0.6), mixed),
        {
            "columns": (column("b", "pearson"), column("a", "f1")),
            "metrics": (MetricNote(name="mae", title="MAE", percent=False, error=True),),
            "choice": Choice(metric="mae"),
        },
    ),
    "forty methods": (
        scores(8, BERT=0.5, **{f"M{k}": 0.5 for k in range(39)}),
        {},
    ),
    "unequal budgets": (
        scores(8, BERT=0.5, Joint=0.6, MAML=0.501),
        {"start": {"Joint": {"steps": 405}, "MAML": {"steps": 102}}},
    ),
    "a table like that of the quickstart": (
        like_the_quickstart(),
        {
            "baselines": QUICKSTART[:2],
            "roles": dict.fromkeys(("science 5 %", "science 30 %"), "transfer"),
            "start": {
                name: {"steps": steps}
                for name, steps in zip(QUICKSTART[1:], (405, 102, 102, 135), strict=True)
            },
        },
    ),
    "a smoke run": (scores(3, BERT=0.5, Joint=0.9), {"smoke": True}),
    "no score yet": (
        {place: dict.fromkeys(range(3)) for place in scores(3, BERT=0.5, Joint=0.6)},
        {},
    ),
}


@pytest.fixture
def board(make_study, printed):
    """Return the function that makes the leaderboard of a table."""

    def make(wanted, *, choice=None, folder="study", **fields):
        if fields.pop("printed", False):
            fields["published"] = (printed(),)
        return build_leaderboard(
            collect(make_study(wanted, folder=folder, **fields)), choice=choice or Choice()
        )

    return make


def test_each_conclusion_is_what_its_golden_file_holds(board, request):
    """One law for all: what is said of a table is read as a whole."""
    made = [
        f"== {name}\n"
        + "\n".join(
            textwrap.fill(
                line, 80, initial_indent="- ", subsequent_indent="  ", break_on_hyphens=False
            )
            for line in board(wanted, folder=str(number), **fields).conclusion
        )
        for number, (name, (wanted, fields)) in enumerate(TABLES.items())
    ]
    text = "\n\n".join(made) + "\n"
    if request.config.getoption("--update-golden"):
        GOLDEN.write_text(text, encoding="utf-8")
    assert text == GOLDEN.read_text(encoding="utf-8")


@pytest.mark.parametrize(("names", "said"), [("AB", "Both"), ("ABC", "All 3"), ("ABCD", "All 4")])
def test_methods_with_one_average_are_counted(board, names, said):
    wanted = {(name, "a"): dict.fromkeys(range(3), 0.5) for name in names}

    assert f"{said} methods have the same" in " ".join(board(wanted).conclusion)


@pytest.mark.parametrize("name", ["one meta seed", "two meta seeds", "all scores equal"])
def test_what_cannot_be_tested_claims_nothing(board, name):
    wanted, fields = TABLES[name]
    said = " ".join(board(wanted, **fields).conclusion)

    assert not re.search(r"significantly|exclude 0| CI ", said)


@pytest.mark.parametrize("name", ["a table like that of the quickstart", "forty methods"])
def test_the_end_of_a_terminal_shows_the_most_important_sentence(board, name):
    wanted, fields = TABLES[name]
    found = board(wanted, **fields)
    shown = render_terminal(found, width=80).splitlines()

    assert "has the highest average" in found.conclusion[0]
    assert " ".join(" ".join(shown[-4:]).split()).endswith(f"- {found.conclusion[0]}")
    assert "Conclusion" in shown[-17:]


def test_a_mean_of_exactly_zero_is_ranked_as_zero(board):
    wanted = {("A", "a"): dict.fromkeys(range(3), 0.0), ("B", "a"): {0: 0.5, 1: 0.6, 2: 0.55}}

    assert board(wanted).conclusion[0].startswith("B has the highest ")


def test_an_error_is_best_where_it_is_lowest(board):
    wanted, fields = TABLES["F1 and MAE, of which lower is better"]
    found = board(wanted, **fields)
    bert, joint = (row.scores[0] for row in found.rows)
    difference = joint.difference("BERT")

    assert found.columns[0].error
    assert joint.mean < bert.mean
    assert (joint.best, bert.best, bert.worse) == (True, False, True)
    assert difference.mean == pytest.approx(joint.mean - bert.mean)
    assert (difference.verdict, difference.improvement) == ("better", 1.0)
    both = board(wanted, **fields, baselines=("BERT", "Joint"), folder="both")
    back = next(row for row in both.rows if row.method == "BERT").scores[0].difference("Joint")
    assert (back.verdict, back.improvement) == ("worse", 0.0)
    assert back.mean == pytest.approx(-difference.mean)
    assert [row.method for row in board(
        wanted, **{**fields, "choice": Choice(metric="mae", sort="b")}
    ).rows] == ["Joint", "BERT"]  # fmt: skip


def test_what_the_best_mean_takes_is_compared_with_the_first_baseline(board):
    taken = {"BERT": 10.0, "Joint": 25.0}

    def run(place, _, score, **more):
        return {"scores": {"accuracy": score}, "wall_seconds": taken[place[0]], **more}

    def equal(place, seed, score):
        return run(place, seed, score, cpu_seconds=20.0)

    on_a_gpu = {"facts": {"Joint": {"device": "cuda:0"}}}
    assert "Joint takes 2.5 × the wall time of BERT." in board(runs(CLEAR, run)).conclusion
    assert "Joint takes the same CPU time as BERT." in (
        board(runs(CLEAR, equal), folder="cpu").conclusion
    )
    assert "Joint takes 2.5 × the wall time of BERT." in (
        board(runs(CLEAR, equal), folder="gpu", **on_a_gpu).conclusion
    )
