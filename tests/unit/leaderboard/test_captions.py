"""Laws of the sentences under a leaderboard: said where they hold, and only there."""

import dataclasses

import pytest

from metabench.leaderboard.build import build_leaderboard
from metabench.leaderboard.columns import Choice
from metabench.results.collect import collect
from metabench.results.merge import merge
from metabench.store.records.cell import WorkNote
from metabench.store.records.splits import SplitNote

TASKS = (*"abcd", "far")


def scores(seeds, methods=("BERT", "Joint", "MAML")):
    return {
        (method, task): {
            seed: 0.5 + 0.1 * index + 0.01 * ((seed + index) % 3) for seed in range(seeds)
        }
        for index, method in enumerate(methods)
        for task in TASKS
    }


def said(make_study, seeds=3, folder="study", choice=None, **fields):
    wanted = fields.pop("scores", None) or scores(seeds)
    store = make_study(wanted, folder, roles={"far": "transfer"}, **fields)
    return build_leaderboard(collect(store), choice=choice or Choice()).captions


def starting(captions, word):
    return [caption for caption in captions if caption.startswith(word)]


def test_too_few_seeds_for_a_p_are_told_how_many_it_takes(make_study):
    assert starting(said(make_study, 5), "p-values") == [
        (
            "p-values omitted: with 5 meta seeds the sign-flip test cannot reach 0.05 after Holm's"
            " correction; it needs 8 for the 4 targets, 6 for the average and 6 for the transfer"
            " column"
        )
    ]


def test_seeds_that_are_enough_for_some_families_are_asked_for_the_others(make_study):
    assert starting(said(make_study, 6), "p-values omitted") == [
        (
            "p-values omitted: with 6 meta seeds the sign-flip test cannot reach 0.05 after Holm's"
            " correction; it needs 8 for the 4 targets"
        )
    ]
    assert starting(said(make_study, 8, "eight"), "p-values omitted") == []


def test_the_family_and_the_chance_of_a_false_verdict_are_in_the_caption(make_study):
    (caption,) = starting(said(make_study, 8), "p-values: ")

    # Two methods against one baseline, each with the families targets, average and transfer: six
    # families, 1 - 0.95^6 = 0.26.
    assert "over the 4 targets, the average and the transfer column" in caption
    assert "6 such families" in caption
    assert "up to 26 %" in caption


@pytest.mark.parametrize(("alpha", "sure"), [(0.05, "95"), (0.1, "90")])
def test_how_sure_an_interval_is_and_of_how_many_pairs_is_in_the_caption(make_study, alpha, sure):
    (caption,) = starting(said(make_study, 8, alpha=alpha), "differences: ")

    assert f"n = 8; in brackets the {sure} % Student t confidence interval" in caption
    assert starting(said(make_study, 1, "one"), "differences: ") == []


def test_the_meaning_of_the_quiet_mark_is_said_only_where_it_tells_something(make_study):
    wanted = scores(8)
    for place in wanted:
        shift = {"BERT": 0.0, "Joint": 0.3, "MAML": 0.3}[place[0]]
        wanted[place] = {seed: 0.4 + shift + 0.001 * seed * (seed % 3) for seed in range(8)}
        if place[0] == "MAML":
            wanted[place] = {
                seed: value - 0.0005 - 0.002 * (-1) ** seed for seed, value in wanted[place].items()
            }
    told = said(make_study, scores=wanted)

    assert starting(
        told, "≈: not significantly worse than the column's highest mean (paired t test"
    )
    assert any("by the studentized range of 3 methods" in line for line in starting(told, "≈"))
    lacking = {
        place: dict.fromkeys(seeds) if place == ("BERT", "a") else seeds
        for place, seeds in wanted.items()
    }
    (caption,) = starting(said(make_study, scores=lacking, folder="lacking"), "≈")
    assert "range of 3 methods" in caption  # of the columns that have all methods
    assert not starting(said(make_study, 1, "one"), "≈")
    assert not starting(said(make_study, 2, "two"), "≈")


def test_one_seed_says_so_and_speaks_of_no_interval(make_study):
    captions = said(make_study, 1)

    assert "one meta seed, with one fine-tuning seed each: no deviation, no interval" in captions
    assert not any("Student" in caption for caption in captions)


def test_one_fine_tuning_seed_is_said_with_the_spread(make_study):
    assert starting(said(make_study, 5), "mean ±") == [
        (
            "mean ± standard deviation over 5 meta seeds, with one fine-tuning seed each;"
            " (2/3): scores of 2 of 3 seeds"
        )
    ]


def test_rows_that_were_computed_unlike_are_named(make_study):
    facts = {"MAML": {"versions": {"torch": "2.12"}}, "BERT": {"versions": {"torch": "2.13"}}}

    assert starting(said(make_study, facts=facts), "MIXED") == [
        "MIXED: the cells were not computed alike: torch: 2.12 (MAML), 2.13 (BERT)"
    ]


def meta(examples):
    return {"work": WorkNote(gradients=1, examples=examples)}


def test_a_budget_of_a_tenth_more_is_not_worth_a_word_and_one_above_is(make_study):
    same = {"Joint": meta(1000), "MAML": meta(1100)}
    above = {"Joint": meta(1000), "MAML": meta(1101)}
    more = {"Joint": meta(1000), "MAML": meta(2900)}

    assert starting(said(make_study, start=same), "BUDGET") == []
    assert len(starting(said(make_study, start=above, folder="above"), "BUDGET")) == 1
    assert starting(said(make_study, start=more, folder="more"), "BUDGET") == [
        (
            "BUDGET: meta-training differs between methods: 2.9 k processed examples for MAML, 1 k"
            " for Joint"
        )
    ]


def test_outer_updates_are_a_budget_too_although_the_examples_are_equal(make_study):
    given = {"BERT": 405, "Joint": 102, "MAML": 100}
    start = {method: {**meta(13_000), "steps": steps} for method, steps in given.items()}

    (found,) = starting(said(make_study, start=start), "BUDGET")

    assert found.endswith(": 405 outer updates for BERT, about 102 for Joint and MAML")


def test_an_overlap_is_that_of_the_method_with_the_largest(make_study):
    wanted = scores(3)
    for method, both in (("BERT", 2), ("Joint", 5), ("MAML", 3)):
        wanted[method, "a"] = {
            seed: {"scores": {"accuracy": 0.5}, "overlap": {"both": both}, "scored_rows": 100}
            for seed in range(3)
        }

    assert [line for line in said(make_study, scores=wanted) if "5 of 100" in line]


def test_what_failed_what_is_missing_and_what_collapsed_is_counted(make_study):
    wanted = scores(3)
    wanted["Joint", "b"] |= {1: "diverged"}
    wanted["MAML", "far"] |= {0: None, 1: None}
    wanted["BERT", "a"] |= {0: {"scores": {"accuracy": 0.5}, "collapsed": True}}
    captions = said(make_study, scores=wanted)

    assert "B (Joint): failed: 1 diverged" in captions
    assert "FAR (MAML): missing: 2 not run" in captions
    assert starting(captions, "c1/8: ")[0].count("1 in all") == 1


def test_a_cell_that_two_machines_ran_with_other_scores_is_named(make_study):
    one, two = scores(3), scores(3)
    two["MAML", "a"] |= {0: 0.1}
    here, elsewhere = ({"MAML": {"device": device}} for device in ("here", "elsewhere"))
    runs = [
        collect(make_study(one, "one", facts=here)),
        collect(make_study(two, "two", facts=elsewhere)),
    ]

    assert starting(build_leaderboard(merge(runs)).captions, "TWICE: 1 cell was run more than once")


def test_a_long_list_on_the_command_line_is_shortened(make_study):
    seeds = ", ".join(map(str, range(400)))
    collected = collect(make_study(scores(3)))
    note = collected.note.model_copy(update={"overrides": (f"seeds.meta=[{seeds}]",)})
    board = build_leaderboard(dataclasses.replace(collected, note=note))

    (caption,) = starting(board.captions, "changed on the command line: seeds.meta=[0, 1, 2")
    assert len(caption) < 170
    assert caption.endswith("(1,901 characters)")


def test_captions_are_few_where_all_is_well(make_study):
    assert len(said(make_study, 8)) <= 5


def test_no_sentence_is_said_twice(make_study):
    captions = said(make_study, 2)

    assert len(set(captions)) == len(captions)


@pytest.mark.parametrize("baselines", [(), ("BERT",)])
def test_without_a_baseline_there_is_no_word_of_differences(make_study, baselines):
    captions = said(make_study, 3, baselines=baselines)

    assert bool(starting(captions, "differences")) == bool(baselines)


def test_cells_that_went_on_elsewhere_are_named_with_what_differed(make_study):
    drift = {"MAML": {"drift": ("threads 1 -> 2",)}}

    (caption,) = starting(said(make_study, start=drift), "DRIFT")
    assert "maml" in caption.lower()
    assert "another machine or other versions (threads 1 -> 2)" in caption
    assert starting(said(make_study, folder="same"), "DRIFT") == []


def split(**changes):
    values = {"task": "a", "part": "train", "split": "train", "rows": 200, "max_length": 64,
              "cut": 0, "words": 1000, "unknown": 0}  # fmt: skip
    return SplitNote(**{**values, **changes})


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"cut": 2}, None),
        ({"cut": 3}, "CUT: a train: 3 of 200 texts (1.5 %) have more than model.max_length = 64"),
        ({"unknown": 50}, None),
        ({"unknown": 51}, "UNKNOWN: a train: the tokenizer does not know 5.1 % of 1,000 words"),
    ],
)
def test_texts_that_do_not_fit_the_encoder_are_noted_above_a_bound(make_study, changes, sentence):
    wanted = scores(3)
    for method in ("BERT", "Joint", "MAML"):
        wanted[method, "a"] = {
            seed: {"scores": {"accuracy": 0.5}, "splits": (split(**changes),)} for seed in range(3)
        }
    captions = said(make_study, scores=wanted)
    found = [line for line in captions if line.startswith(("CUT", "UNKNOWN"))]

    assert [line.startswith(sentence) for line in found] == ([True] if sentence else [])


@pytest.mark.parametrize(("lacking", "where"), [(3, ""), (1, " with some seeds")])
def test_a_class_that_training_examples_lack_is_named(make_study, lacking, where):
    wanted = scores(3)
    for method in ("BERT", "Joint", "MAML"):
        wanted[method, "a"] = {
            seed: {
                "scores": {"accuracy": 0.5},
                "splits": (split(classes={"yes": 5, "no": 0 if seed < lacking else 1}),),
            }
            for seed in range(3)
        }

    assert starting(said(make_study, scores=wanted), "UNSEEN") == [
        f"UNSEEN: A: no training example has class no{where}"
    ]


def test_meta_steps_beyond_a_tolerance_are_named_with_their_cells(make_study):
    note = "BEYOND: proximal_residual was above 0.01 in 3 of 5 meta-steps"
    start = {"MAML": {"notes": (note, "COMPILED: no")}}

    assert starting(said(make_study, 2, start=start), "BEYOND") == [
        f"{note} (meta-maml-s0 and meta-maml-s1)"
    ]
    assert starting(said(make_study, 2, "other"), "BEYOND") == []
