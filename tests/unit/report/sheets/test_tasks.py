"""Every task of a run is in the report, with what its scores are over."""

from dataclasses import replace

from metabench.report.sheets.tasks import tasks
from metabench.results.collect import collect
from metabench.store.records.splits import SplitNote
from metabench.store.run_folder import Store


def test_tasks_have_examples_classes_metric_updates_and_licence(fixture_run):
    store = Store(fixture_run)
    (sheet,) = tasks([store], collect(store))
    rows = {row[0]: row[1:] for row in sheet.rows}

    assert rows["Entailment"] == (
        *("target", "250", "500 (validation)", "2: entailment, not_entailment"),
        *("-", "-", "Accuracy", "64", "Apache-2.0"),
    )
    assert rows["Similarity"][3] == "none (regression)"
    assert rows["Science 5 %"][:2] == ("transfer", "50")
    assert rows["embedded/inference"] == (
        *("auxiliary", "4,000", "-", "3: entailment, neutral, contradiction", "-", "-", "-", "-"),
        "Apache-2.0",
    )
    assert len(rows) == 6 + 4


def test_records_that_lack_the_inputs_leave_gaps_and_an_own_task_has_its_stated_licence(make_run):
    store = make_run()
    resolved = '[[tasks.define]]\nname = "rte"\nlicence = "CC0-1.0"\n'
    store.commit_run("", resolved, store.run())
    (sheet,) = tasks([store], collect(store))

    assert sheet.rows[0] == ("RTE", "target", *["-"] * 5, "accuracy", "-", "CC0-1.0")
    assert sheet.rows[1][-1] == "not recorded"


def test_every_split_has_the_examples_of_each_class_over_all_seeds(make_run):
    store = make_run()
    collected = collect(store)
    drawn = [{"no": 3, "yes": 5}, {"no": 4, "yes": 4}, {f"c{number:02}": 1 for number in range(22)}]
    parts = ["train", "train", "scored"]
    splits = [
        SplitNote(task="rte", part=part, split="s", rows=8, max_length=9, cut=0, words=0, unknown=0,
                  classes=classes)
        for part, classes in zip(parts, drawn, strict=True)
    ]  # fmt: skip
    uses = [use for use in collected.note.uses if use.column == collected.note.columns[0].name]
    results = {
        use.key: collected.results[use.key].model_copy(update={"splits": tuple(splits[place:])})
        for place, use in enumerate(uses)
    }
    collected = replace(collected, results={**collected.results, **results})
    (sheet,) = tasks([store], collected)
    row = dict(zip(sheet.headers, sheet.rows[0], strict=True))

    assert row["training examples by class"] == "no: 3 to 4, yes: 4 to 5"
    assert row["evaluation examples by class"].endswith("c18: 1, c19: 1, and 2 more")
