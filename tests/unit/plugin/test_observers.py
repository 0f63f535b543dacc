"""Observers are told everything and can spoil nothing."""

from __future__ import annotations

import types

import pytest

from metabench.api import CellEnded, CellStarted, Event, Progressed, RunEnded, RunStarted, hookimpl
from metabench.plugin.hooks import open_manager
from metabench.plugin.observers import Observer, notify
from metabench.plugin.status import PluginStatus

EVENTS = {
    "metabench_run_start": RunStarted(folder="runs/x", done=0, planned=2),
    "metabench_cell_start": CellStarted(key="k", name="n"),
    "metabench_step": Progressed(key="k", stage="meta", step=1, total=2),
    "metabench_cell_end": CellEnded(key="k", name="n", status="ok", wall_seconds=1.0),
    "metabench_run_end": RunEnded(folder="runs/x", counts={"ok": 2}),
}


def observer(name: str, **hooks) -> Observer:
    plugin = types.SimpleNamespace(**{hook: hookimpl(call) for hook, call in hooks.items()})
    status = PluginStatus(name=name, module=name, distribution=name, version="0.3")
    return Observer(status, open_manager(plugin))


@pytest.mark.parametrize("hook", EVENTS)
def test_each_event_reaches_its_own_hook_and_no_other(hook):
    told = []

    def listen(event):
        told.append(event)

    assert notify([observer("listener", **{hook: listen})], Event()) == ()
    for event in EVENTS.values():
        assert notify([observer("listener", **{hook: listen})], event) == ()

    assert told == [EVENTS[hook]]


@pytest.mark.parametrize("raised", [ValueError("spoilt"), SystemExit("spoilt")])
def test_an_observer_that_raises_is_returned_as_a_problem_and_the_others_are_told(raised):
    told = []

    def spoil(event):
        raise raised

    def listen(event):
        told.append(event)

    observers = [
        observer("bad", metabench_run_end=spoil),
        observer("good", metabench_run_end=listen),
    ]
    (problem,) = notify(observers, EVENTS["metabench_run_end"])

    assert told == [EVENTS["metabench_run_end"]]
    assert problem.where == "bad 0.3"
    assert problem.problem == f"metabench_run_end raised {type(raised).__name__}: spoilt"
    assert problem.__cause__ is raised


def test_the_wish_to_stop_passes_through_an_observer():
    def stop(event):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        notify([observer("x", metabench_run_end=stop)], EVENTS["metabench_run_end"])
