"""Laws of what meta-training went through: the curve, the draws, and which runs count."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metabench.limits import LOG_BYTES
from metabench.plugin.step_scalars import OWN_SCALARS
from metabench.results.collect import collect
from metabench.results.history import drawn_seeds, meta_histories, read_curves
from metabench.store.folder import Folder

LOSSES = st.lists(st.floats(-100, 100, allow_nan=False), min_size=1, max_size=300)


def write(path, losses):
    lines = [
        json.dumps({"stage": "meta", "step": step, "total": len(losses), "loss_after": loss})
        for step, loss in enumerate(losses, start=1)
    ]
    path.write_text("".join(f"{line}\n" for line in lines))


@given(losses=LOSSES, most=st.sampled_from([2, 8, 40, 400]))
def test_each_point_is_the_mean_of_equally_many_steps(tmp_path_factory, losses, most):
    path = tmp_path_factory.mktemp("curve") / "metrics.jsonl"
    write(path, losses)
    found = read_curves(Folder(path.parent), most=most)["loss_after"]

    groups = [losses[at : at + found.width] for at in range(0, len(losses), found.width)]
    assert [loss for _, loss in found.points] == pytest.approx(
        [sum(group) / len(group) for group in groups]
    )
    assert len(found.points) <= most
    assert found.width == 1 or len(losses) > most
    first = (1 + min(found.width, len(losses))) / 2
    assert found.points[0][0] == pytest.approx(first)


def test_lines_that_cannot_be_used_are_passed_over(tmp_path):
    path = tmp_path / "metrics.jsonl"
    good = '{"step": 1, "loss_after": 2.0}'
    bad = [
        "", "{", "[]", "null", '{"step": 2}', '{"step": "x", "loss_after": 1}',
        '{"step": 2, "loss_after": NaN}', '{"step": 2, "loss_after": 1e999}',
        '{"step": 2, "loss_after": 1e300}', '{"step": 2, "loss_after": null}',
        '{"step": 2, "loss_after": [' + "1, " * 60000 + "1]}", "\x00\x01", "[" * 9000,
    ]  # fmt: skip
    path.write_text("\n".join([*bad, good, *bad, '{"step": 3, "loss_after"']))

    assert read_curves(Folder(path.parent))["loss_after"].points == ((1.0, 2.0),)


def test_a_file_larger_than_any_cell_writes_is_not_read(tmp_path):
    path = tmp_path / "metrics.jsonl"
    path.write_text('{"step": 1, "loss_after": 2.0}\n')
    with path.open("r+b") as file:
        file.truncate(LOG_BYTES + 1)  # which takes no room, and would take seconds to read

    assert read_curves(Folder(tmp_path)) == {}


def test_without_a_file_or_a_loss_there_is_no_curve(tmp_path):
    (tmp_path / "metrics.jsonl").write_text('{"step": 1, "loss": 2.0}\n')

    assert "loss_after" not in read_curves(Folder(tmp_path))
    assert read_curves(Folder(tmp_path / "nowhere")) == {}


SCORES = {
    ("Plain", "rte"): {0: 0.5, 1: 0.6},
    ("Joint", "rte"): {0: 0.6, 1: 0.7},
    ("MAML", "rte"): {0: 0.6, 1: 0.7},
}
SAMPLER = {
    "tasks": {"rte": {"rows": 30}, "qqp": {"rows": 90}},
    "sampler": {"target": "some_samplers.mixed:Mixed", "options": {"ratio": 2}},
}


@pytest.fixture
def study(make_study):
    return make_study(
        SCORES,
        start={"Joint": {"draws": {"rte": 3, "qqp": 9}}, "MAML": "diverged"},
        notes={"Joint": SAMPLER},
    )


def test_the_runs_behind_a_row_say_seed_sampler_rows_and_draws(study):
    found = meta_histories([study], collect(study))["Joint"]

    assert [run.seed for run in found] == [0, 1]
    assert found[0].sampler == "Mixed, ratio = 2"
    assert found[0].rows == {"rte": 30, "qqp": 90}
    assert found[0].draws == {"rte": 3, "qqp": 9}
    assert found[0].losses is None


def test_a_method_without_meta_training_and_one_whose_failed_have_none(study):
    found = meta_histories([study], collect(study))

    assert found["Plain"] == found["MAML"] == ()


def test_the_curve_is_read_from_the_folder_of_the_run(study):
    cell = next(cell for cell in study.run().cells if cell.cell.startswith("meta-joint-s1"))
    write(study.cell_folder(cell.cell) / "metrics.jsonl", [2.0, 1.0])

    first, second = meta_histories([study], collect(study))["Joint"]
    assert first.losses is None
    assert second.losses.points == ((1.0, 2.0), (2.0, 1.0))


def test_inputs_of_any_shape_are_taken_as_they_are(make_study):
    strange = {"tasks": ["rte"], "sampler": "pps", "seed": "x", "target": 3}
    store = make_study(SCORES, start={"Joint": {"draws": {"rte": 3}}}, notes={"Joint": strange})

    first, _ = meta_histories([store], collect(store))["Joint"]
    assert (first.sampler, first.rows, first.target, first.seed) == ("", {}, "", 0)


def test_every_scalar_of_a_file_is_a_curve_of_its_own(tmp_path):
    path = tmp_path / "metrics.jsonl"
    lines = [
        {"stage": "meta", "step": step, "total": 3, "loss_after": 1 / step, "gpu/watts": 100 * step}
        for step in (1, 2, 3)
    ]
    lines[1] |= {"gpu/watts": "hot", "late": True, "late/too": 5}
    path.write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    found = read_curves(Folder(path.parent))

    assert {name: curve.points for name, curve in found.items()} == {
        "loss_after": ((1.0, 1.0), (2.0, 0.5), (3.0, 1 / 3)),
        "gpu/watts": ((1.0, 100.0), (3.0, 300.0)),
        "late/too": ((2.0, 5.0),),
    }


def test_twelve_scalars_of_others_are_read_beside_all_of_metabench(tmp_path):
    own, others = OWN_SCALARS - {"step", "total"}, {f"their/{number}" for number in range(12)}
    line = dict.fromkeys([*own, *others], 1.0) | {"step": 1}
    (tmp_path / "metrics.jsonl").write_text(json.dumps(line) + "\n")

    assert read_curves(Folder(tmp_path)).keys() == own | others


def test_a_flood_of_names_leaves_the_loss_its_curve(tmp_path):
    path = tmp_path / "metrics.jsonl"
    lines = [{"step": step, **{f"n{step}-{at}": 1.0 for at in range(50)}} for step in range(1, 50)]
    path.write_text("".join(f"{json.dumps(line | {'loss_after': 2.0})}\n" for line in lines))
    found = read_curves(Folder(path.parent))

    assert len(found["loss_after"].points) == 49
    assert len(found) <= 21


@pytest.mark.parametrize(("value", "read"), [(1e30, True), (-1e30, True), (1.01e30, False)])
def test_the_largest_number_that_is_read_is_ten_to_the_thirtieth(tmp_path, value, read):
    line = {"step": 1, "loss_after": 1.0, "their/scalar": value}
    (tmp_path / "metrics.jsonl").write_text(json.dumps(line) + "\n")

    assert ("their/scalar" in read_curves(Folder(tmp_path))) == read


def test_what_is_no_meta_training_and_what_is_not_planned_is_none_of_it(study):
    note = study.run()
    kinds = {"meta-joint-s0": "pretrain"}
    cells = tuple(
        cell.model_copy(update={"kind": kinds.get(cell.cell[:-9], cell.kind)})
        for cell in note.cells
        if not cell.cell.startswith("meta-maml")
    )
    study.commit_run("", "", note.model_copy(update={"cells": cells}))
    found = meta_histories([study], collect(study))

    assert [run.seed for run in found["Joint"]] == [1]
    assert found["MAML"] == ()


def test_a_description_of_another_cell_is_not_taken_for_that_of_the_run(study):
    cell = next(cell for cell in study.run().cells if cell.cell.startswith("meta-joint-s1"))
    other = study.note(cell.cell).model_copy(update={"key": "f" * 64})
    study.commit_note(cell.cell, other)
    strange = next(
        run for run in meta_histories([study], collect(study))["Joint"] if run.key == cell.key
    )

    assert (strange.seed, strange.rows, strange.sampler) == (0, {}, "")


def test_curves_are_those_of_the_first_ten_meta_seeds(make_study):
    seeds = [3, 1, *range(20, 31)]
    store = make_study({("A", "x"): dict.fromkeys(seeds, 0.5)}, start={"A": {}})
    for cell in store.run().cells:
        if cell.kind == "meta":
            write(store.cell_folder(cell.cell) / "metrics.jsonl", [1.0])
    collected = collect(store)
    read = [run.seed for run in meta_histories([store], collected)["A"] if run.losses is not None]

    assert drawn_seeds(collected) == {1, 3, *range(20, 28)}
    assert sorted(read) == sorted(drawn_seeds(collected))
