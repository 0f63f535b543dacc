"""Laws of the way from run folders to the report as a value."""

import json
import math

import pytest

from metabench.api.report import Fact, TaskShare
from metabench.leaderboard.build import build_leaderboard
from metabench.report.figures.plots import figures
from metabench.report.formats.html import render_html
from metabench.report.report import build_report
from metabench.results.collect import collect
from metabench.results.merge import merge

T2 = 4.302652729911275  # 97.5 % quantile of Student's t with 2 degrees of freedom
SEEDS = (0, 1, 2)


def done(score, rows):
    return {"scores": {"accuracy": score}, "train_rows": rows, "wall_seconds": 4.0}


SCORES = {
    ("Plain", "rte"): {seed: done(0.50 + 0.02 * seed, 2490) for seed in SEEDS},
    ("Plain", "small"): {seed: done(0.60, 24) for seed in SEEDS},
    ("Plain", "large"): {seed: done(0.70 + 0.01 * seed, 240) for seed in SEEDS},
    ("Joint", "rte"): {seed: done(0.60, 2490) for seed in SEEDS},
    ("Joint", "small"): {seed: done(0.60, 24) for seed in SEEDS},
    ("Joint", "large"): {seed: done(0.80, 240) if seed else "diverged" for seed in SEEDS},
    ("MAML", "rte"): dict.fromkeys(SEEDS),
}
INPUTS = {
    "tasks": {"rte": {"rows": 25}, "qqp": {"rows": 75}},
    "sampler": {"target": "samplers:Pps", "options": {}},
}


@pytest.fixture
def study(make_study):
    store = make_study(
        SCORES,
        roles={"small": "transfer", "large": "transfer"},
        start={"Joint": {"draws": {"rte": 1, "qqp": 3}, "wall_seconds": 10.0}},
        notes={"Joint": INPUTS},
        facts={"Joint": {"device": "cuda", "command": ("metabench", "run", "/home/me/x.toml")}},
        spec_hash="ab" * 32,
    )
    note = store.run()
    columns = tuple(
        column if column.role == "target" else column.model_copy(update={"task": "scitail"})
        for column in note.columns
    )
    store.commit_run("", "", note.model_copy(update={"columns": columns}))
    return store


def report_of(*stores):
    collected = merge([collect(store) for store in stores])
    return build_report(stores, collected, build_leaderboard(collected))


@pytest.fixture
def report(study):
    return report_of(study)


def test_the_parts_of_a_transfer_task_are_one_plot_by_rows_with_intervals(report):
    (plot,) = report.fractions
    plain, joint = plot.series
    half = T2 * 0.01 / math.sqrt(3)

    assert [point.rows for point in plain.points] == [24, 240]
    assert plain.points[1].mean == pytest.approx(0.71)
    assert plain.points[1].interval == pytest.approx((0.71 - half, 0.71 + half))
    assert (joint.points[1].n, joint.method) == (2, "Joint")


def test_a_method_without_a_score_is_in_no_plot(report):
    assert [one.method for one in report.fractions[0].series] == ["Plain", "Joint"]
    assert "MAML" not in [point.method for point in report.cost.points]


def test_quality_stands_against_the_seconds_of_the_leaderboard(report):
    plain = report.cost.points[0]

    assert plain.device_seconds == 12.0  # three cells of four seconds a seed
    assert plain.mean == pytest.approx(0.52)
    assert plain.interval == pytest.approx(
        (0.52 - T2 * 0.02 / math.sqrt(3), 0.52 + T2 * 0.02 / math.sqrt(3))
    )


def test_a_mix_sums_the_draws_of_all_seeds_beside_the_shares_of_the_rows(report):
    (mix,) = report.mixes

    assert (mix.methods, mix.sampler, mix.seeds) == (("Joint",), "Pps", (0, 1, 2))
    assert mix.shares == (TaskShare("qqp", 9, 0.75), TaskShare("rte", 3, 0.25))


def test_methods_that_drew_the_same_share_a_mix(make_study):
    scores = {(method, "rte"): {0: 0.5} for method in ("Plain", "Joint", "MAML", "Reptile")}
    drew = {"draws": {"rte": 5}}
    start = {"Joint": drew, "MAML": drew, "Reptile": {"draws": {"rte": 6}}}
    found = report_of(make_study(scores, start=start)).mixes

    assert [mix.methods for mix in found] == [("Joint", "MAML"), ("Reptile",)]


def test_facts_name_every_device_and_no_path(report):
    assert Fact("device", ("cuda",)) in report.facts
    assert Fact("meta seeds", ("0, 1, 2",)) in report.facts
    assert Fact("benchmark file", ("ab" * 6,)) in report.facts
    assert "/home/me" not in render_html(report)


def test_a_damaged_cell_is_noted(study):
    cell = study.run().uses[0].cell
    (study.cell_folder(cell) / "result.json").write_text("{")

    (note,) = report_of(study).notes
    assert note.startswith(f"{cell}: result.json: is damaged")
    assert note in render_html(report_of(study))


def test_curves_are_those_of_the_cells_and_survive_a_merge_with_renamed_rows(study, make_study):
    other = make_study(
        {("Plain", "rte"): {0: 0.5}, ("Joint", "rte"): {0: 0.9}},
        folder="other",
        start={"Joint": {"draws": {"rte": 2}, "steps": 7}},
        name="other",
    )
    for store in (study, other):
        for cell in store.run().cells:
            if cell.kind == "meta":
                line = json.dumps({"step": 1, "loss_after": 1.0})
                (store.cell_folder(cell.cell) / "metrics.jsonl").write_text(f"{line}\n")

    curves = {curve.method: curve for curve in report_of(study, other).curves}
    assert [seed.seed for seed in curves["Joint"].seeds] == [0, 1, 2]
    assert render_html(report_of(study, other)) == render_html(report_of(study, other))


def test_losses_of_classes_and_numbers_have_plots_of_their_own(study):
    """The scales of a cross-entropy and a squared error differ; older records have one loss."""
    for cell in study.run().cells:
        if cell.kind == "meta":
            losses = {"loss_after": 1.0, "cross_entropy": 0.7, "squared_error": 1.9}
            lines = [json.dumps({"step": step, **losses}) for step in (1, 2)]
            (study.cell_folder(cell.cell) / "metrics.jsonl").write_text("\n".join(lines))
    found = report_of(study)
    titles = [figure.title for figure in figures(found)]

    assert found.curves == ()
    assert [title for title in titles if title.startswith("Learning")] == [
        "Learning curves: cross-entropy",
        "Learning curves: squared error",
    ]


def test_facts_name_each_value_once_and_several_where_cells_differ(make_study):
    alike = {"model": "bert", "model_identity": "c" * 64, "versions": {"torch": "2.13.0"}}
    alike |= {"data": {"rte": "d" * 64}, "threads": 2, "git_commit": "e" * 40, "git_dirty": True}
    times = {"started": "2026-11-23T03:13:26+00:00", "ended": "2026-11-23T03:20:41+00:00"}
    later = {"started": "2026-11-24T09:00:00+00:00", "ended": "2026-11-24T10:30:00+00:00"}
    store = make_study(
        {("Plain", "rte"): {0: 0.5, 1: "diverged"}, ("Joint", "rte"): {0: 0.6}},
        facts={
            "Plain": alike | times | {"device": "cpu"},
            "Joint": alike | later | {"device": "NVIDIA H100", "git_dirty": False},
        },
    )
    found = {fact.name: fact.values for fact in report_of(store).facts}

    assert found["encoder"] == (f"bert {'c' * 12}",)
    assert found["packages"] == ("torch 2.13.0",)
    assert found["datasets"] == (f"rte {'d' * 12}",)
    assert found["threads of a cell"] == ("2",)
    assert found["device"] == ("NVIDIA H100", "cpu")
    assert found["commit of the working folder"] == ("e" * 12, f"{'e' * 12}, with changes")
    assert found["cells"] == ("2 done, 1 failed, 2.0 s in all",)
    assert found["computed"] == ("2026-11-23 03:13 to 2026-11-24 10:30 UTC",)
