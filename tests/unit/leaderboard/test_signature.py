"""Laws of the one line that says every setting."""

import re

import pytest

from metabench.leaderboard.build import build_leaderboard
from metabench.leaderboard.columns import Choice
from metabench.results.collect import collect

SCORES = {(method, task): {0: 0.5, 1: 0.6} for method in ("BERT", "Joint") for task in "ab"}
FACTS = {
    "versions": {"torch": "2.13.0+cpu"},
    "device": "cpu",
    "precision": "fp32",
    "model": "google-bert/bert-base-uncased",
    "model_identity": "86b5e0934494bd15c9632b12f734a8a67f723594",
}


def signed(make_study, choice=None, facts=None, **fields):
    known = {"BERT": FACTS, "Joint": FACTS | (facts or {})}
    store = make_study(SCORES, facts=known, spec_hash="745ff78a83f5", **fields)
    return build_leaderboard(collect(store), choice=choice or Choice()).signature


def test_it_says_every_setting(make_study):
    assert signed(make_study) == (
        "mb:0|spec:745ff78a|model:google-bert/bert-base-uncased@86b5e093|seeds:2m×1f|baseline:BERT"
        "|stat:paired-t+sign-flip+holm|alpha:0.05|missing:shown|torch:2.13.0+cpu|device:cpu"
        "|precision:fp32"
    )


@pytest.mark.parametrize(
    ("choice", "part"),
    [
        (Choice(alpha=0.01), "|alpha:0.01|"),
        (Choice(columns=("a",)), "|columns:a|"),
        (Choice(metric="accuracy"), "|metric:accuracy|"),
        (Choice(allow_missing=True), "|missing:averaged|"),
    ],
)
def test_what_was_chosen_is_in_it(make_study, choice, part):
    assert part in signed(make_study, choice)


def test_what_differs_between_cells_is_joined(make_study):
    assert "|device:NVIDIA_H100+cpu|" in signed(make_study, facts={"device": "NVIDIA H100"})


def test_a_smoke_run_says_so(make_study):
    assert signed(make_study, smoke=True).startswith("mb:0|SMOKE|spec:")


def test_two_runs_give_the_same_line_in_either_order(make_study):
    assert signed(make_study, folder="one") == signed(make_study, folder="two")


def test_nothing_from_outside_can_break_the_line(make_study):
    hostile = "x|y\n\x1b[31m</td>\u202e$\\input{a},é"
    scores = {(hostile, "a"): {0: 0.5}, ("B", "a"): {0: 0.5}}
    facts = {hostile: {"device": hostile, "model": hostile}}
    board = build_leaderboard(collect(make_study(scores, facts=facts)))

    assert re.fullmatch(r"[A-Za-z0-9._/@+():,|×-]*", board.signature.replace("?", ""))
    assert board.signature.count("|") == 10


def test_a_run_without_a_result_has_one_too(make_study):
    nothing = {("BERT", "a"): {0: None}}
    board = build_leaderboard(collect(make_study(nothing)))

    assert board.signature.startswith("mb:?|spec:?|model:?|seeds:1m×1f|")
