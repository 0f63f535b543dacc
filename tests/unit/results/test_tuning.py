"""Laws of what fine-tuning went through: the scalars of observers, nothing without one."""

from __future__ import annotations

import json

import pytest

from metabench.report.figures.plots import figures
from metabench.report.report import build_report
from metabench.results.collect import collect
from metabench.results.tuning import tuning_histories
from metabench.store.run_folder import Store

SCORES = {
    ("Plain", "rte"): {0: 0.5, 1: 0.6},
    ("Plain", "qqp"): {0: 0.5, 1: "diverged"},
    ("Joint", "rte"): {0: 0.6, 1: 0.7},
}


@pytest.fixture
def study(make_study):
    return make_study(SCORES)


def write(store: Store, begins: str, *, steps: int = 3, **scalars: float) -> None:
    """Write the steps of every cell whose folder begins so; the first step has no scalars."""
    for cell in store.cells():
        if cell.folder.startswith(begins):
            own = {"stage": "adapt", "total": steps, "loss": 1.0, "gradient_norm": 2.0}
            lines = [
                {**own, "step": step, **(scalars if step > 1 else {})}
                for step in range(1, steps + 1)
            ]
            text = "".join(f"{json.dumps(line)}\n" for line in lines)
            (store.cell_folder(cell.folder) / "metrics.jsonl").write_text(text)


def test_each_row_has_the_scalars_of_its_fine_tunings_by_column_and_seed(study):
    write(study, "adapt-plain", **{"gpu/watts": 100.0})
    found = tuning_histories([study], collect(study))

    assert list(found) == ["Plain"]
    places = [(one.column, one.seed) for one in found["Plain"]]
    assert places == [("rte", 0), ("rte", 1), ("qqp", 0)], "what failed has none"
    assert found["Plain"][0].scalars["gpu/watts"].points == ((2.0, 100.0), (3.0, 100.0))
    assert list(found["Plain"][0].scalars) == ["gpu/watts"]


def test_without_an_observer_there_is_nothing(study):
    write(study, "adapt-plain")

    assert tuning_histories([study], collect(study)) == {}


def test_a_scalar_that_comes_late_in_a_long_file_is_found(study):
    write(study, "adapt-joint", steps=2000)
    for cell in study.cells():
        path = study.cell_folder(cell.folder) / "metrics.jsonl"
        if path.is_file():
            path.write_text(f'{path.read_text()}{{"step": 2001, "late": 1.0}}\n{{"step": 2')
    found = tuning_histories([study], collect(study))

    assert found["Joint"][0].scalars["late"].points == ((2001.0, 1.0),)


def test_they_are_drawn_with_a_panel_for_each_method_and_column(study):
    write(study, "adapt-", **{"gpu/watts": 100.0})
    collected = collect(study)
    report = build_report([study], collected, _board(study))
    (figure,) = [one for one in figures(report) if one.name.startswith("scalar")]

    assert figure.title == "gpu/watts, in fine-tuning"
    assert [panel.title for panel in figure.panels] == [
        "Plain, on RTE", "Plain, on QQP", "Joint, on RTE",
    ]  # fmt: skip
    assert "Given by an observer at the steps of fine-tuning." in figure.caption
    assert "Thin: one fine-tuning each; thick: their mean." in figure.caption
    assert "mean of 2 seeds: 100.000 around step 2" in figure.panels[0].description


def _board(store):
    from metabench.leaderboard.build import build_leaderboard

    return build_leaderboard(collect(store))


def test_of_many_seeds_the_first_ten_are_read(make_study):
    store = make_study({("Plain", "rte"): dict.fromkeys(range(12), 0.5)})
    write(store, "adapt-plain", **{"gpu/watts": 100.0})
    found = tuning_histories([store], collect(store))

    assert [one.seed for one in found["Plain"]] == list(range(10))
