"""Every task of a run is in the report, with what its scores are over."""

from metabench.report.sheets.tasks import tasks
from metabench.results.collect import collect
from metabench.store.run_folder import Store


def test_tasks_have_examples_classes_metric_updates_and_licence(fixture_run):
    store = Store(fixture_run)
    (sheet,) = tasks([store], collect(store))
    rows = {row[0]: row[1:] for row in sheet.rows}

    assert rows["Entailment"] == (
        *("target", "250", "500 (validation)", "2: entailment, not_entailment", "Accuracy"),
        *("64", "Apache-2.0"),
    )
    assert rows["Similarity"][3] == "none (regression)"
    assert rows["Science 5 %"][:2] == ("transfer", "50")
    assert rows["embedded/inference"] == (
        *("auxiliary", "4,000", "-", "3: entailment, neutral, contradiction", "-", "-"),
        "Apache-2.0",
    )
    assert len(rows) == 6 + 4


def test_records_that_lack_the_inputs_leave_gaps_and_an_own_task_has_its_stated_licence(make_run):
    store = make_run()
    resolved = '[[tasks.define]]\nname = "rte"\nlicence = "CC0-1.0"\n'
    store.commit_run("", resolved, store.run())
    (sheet,) = tasks([store], collect(store))

    assert sheet.rows[0] == ("RTE", "target", "-", "-", "-", "accuracy", "-", "CC0-1.0")
    assert sheet.rows[1][-1] == "not recorded"
