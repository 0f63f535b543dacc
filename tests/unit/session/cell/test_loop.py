"""A cell's steps on their way: who is told of them, what observers add, and what is saved."""

from __future__ import annotations

import json
import resource
import types

import pytest
from kit.benchmark import PLAIN, SHORT, benchmark

from metabench.api import hookimpl
from metabench.api.events import Noticed, Progressed
from metabench.cli.inputs.benchmark import make_plan
from metabench.errors import StoppedError
from metabench.plugin.hooks import open_manager
from metabench.plugin.observers import Observer
from metabench.plugin.status import PluginStatus
from metabench.session.cell import loop
from metabench.session.cell.context import open_context
from metabench.session.cell.run import run_cell
from metabench.session.runtime import Assignment, Runtime
from metabench.spec.model.sections import ComputeSpec
from metabench.tasks.hub import Hub

STEPS = 4


@pytest.fixture(scope="module")
def cell(tmp_path_factory):
    """Return a cell of four steps of fine-tuning."""
    path = tmp_path_factory.mktemp("plan") / "cells.toml"
    path.write_text(benchmark("cells", PLAIN, model=SHORT,
                              finetune={"epochs": 0.01, "min_steps": STEPS}))  # fmt: skip
    (cell,) = make_plan(str(path), sets=(), smoke=False, hub=None).plan.cells
    return cell


def observer(hook):
    plugin = types.SimpleNamespace(metabench_step=hookimpl(hook))
    return Observer(PluginStatus("watts", "watts", "watts", "0.3"), open_manager(plugin))


def done(cell, folder, *hooks, **compute):
    """Run a cell with observers; return its folder, what was told, its result and metrics."""
    assignment = Assignment(
        folder, "cells", "hash", {cell.key: cell}, Runtime(Hub(), "cpu", 1, None),
        ComputeSpec(**compute), observers=tuple(map(observer, hooks)),
    )  # fmt: skip
    context, told = open_context(assignment), []
    run_cell(cell, context, emit=told.append)
    place = context.store.cell_folder(cell.folder)
    lines = [json.loads(line) for line in (place / "metrics.jsonl").read_text().splitlines()]
    return place, told, context.store.result(cell.folder, key=cell.key), lines


def test_observers_see_the_cell_and_add_to_its_metrics_and_not_to_its_numbers(cell, tmp_path):
    seen = []

    def watts(event):
        seen.append(event)
        return {"watts": 250.0 + event.step}

    plain, _, expected, before = done(cell, tmp_path / "plain")
    place, told, result, lines = done(cell, tmp_path / "watched", watts)

    assert [line["watts"] for line in lines] == [251.0, 252.0, 253.0, 254.0]
    assert [{**line, "watts": 0} for line in lines] == [{**line, "watts": 0} for line in before]
    assert (result.scores, result.losses) == (expected.scores, expected.losses)
    assert [(one.key, one.stage, one.step, one.total) for one in seen] == [
        (cell.key, "adapt", step, STEPS) for step in range(1, STEPS + 1)
    ]
    assert {(one.name, one.folder) for one in seen} == {(cell.name, str(place))}
    assert all("watts" not in one.scalars for one in told if isinstance(one, Progressed))
    assert plain.name == place.name


def test_an_observer_that_fails_is_told_and_logged_once_and_stops_nothing(cell, tmp_path):
    def fails(event):
        raise ValueError("no meter")

    place, told, result, lines = done(cell, tmp_path, fails)

    said = [one.message for one in told if isinstance(one, Noticed)]
    assert len(said) == 1
    assert "no meter" in said[0]
    log = (place / "log.txt").read_text()
    assert f" observer: {said[0].splitlines()[0]}" in log
    assert log.count("observer: ") == 1
    assert (result.steps, len(lines)) == (STEPS, STEPS)


@pytest.mark.parametrize(("interval", "expected"), [(-1.0, [1, 2, 3, 4]), (1e9, [4])])
def test_progress_is_told_now_and_then_and_at_the_last_step(
    cell, tmp_path, monkeypatch, interval, expected
):
    monkeypatch.setattr(loop, "_INTERVAL", interval)
    monkeypatch.setattr(loop.time, "monotonic", lambda: 0.0)
    _, told, _, lines = done(cell, tmp_path)
    steps = [one for one in told if isinstance(one, Progressed)]

    assert [one.step for one in steps] == expected
    assert steps[-1].scalars["loss"] == lines[-1]["loss"]
    assert {(one.key, one.stage, one.total) for one in steps} == {(cell.key, "adapt", STEPS)}


@pytest.mark.parametrize(("at", "losses"), [(1, 1), (3, 3)])
def test_a_checkpoint_holds_the_first_and_the_last_loss_so_far(cell, tmp_path, at, losses):
    assignment = Assignment(tmp_path, "cells", "hash", {cell.key: cell},
                            Runtime(Hub(), "cpu", 1, None), ComputeSpec())  # fmt: skip
    context = open_context(assignment)
    asked = iter([False] * (at - 1) + [True])
    with pytest.raises(StoppedError, match=f"stopped after step {at} of {STEPS}") as caught:
        run_cell(cell, context, emit=lambda _: None, stop=lambda: next(asked))
    place = context.store.cell_folder(cell.folder)
    (note,) = place.glob("checkpoints/*/checkpoint.json")
    lines = [json.loads(line) for line in (place / "metrics.jsonl").read_text().splitlines()]

    assert caught.value.where == cell.name
    assert len(lines) == losses
    assert json.loads(note.read_text())["losses"] == {
        "first": lines[0]["loss"], "last": lines[-1]["loss"],
    }  # fmt: skip
    assert (place / "log.txt").read_text().endswith(f"stopped after step {at} of {STEPS}\n")


def test_the_peak_of_memory_is_that_of_this_process_in_bytes(cell, tmp_path):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    _, _, result, _ = done(cell, tmp_path)
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    assert before * 1024 <= result.peak_memory_bytes <= after * 1024  # kilobytes on Linux
