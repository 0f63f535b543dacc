"""Observers add scalars to a step: checked, named when they are wrong, never in a step's place."""

from __future__ import annotations

import math
import types

import numpy as np
import pytest

from metabench.api import ObserverInfo, Progressed, hookimpl
from metabench.errors import PluginError
from metabench.plugin.catalog import load_catalog
from metabench.plugin.hooks import open_manager
from metabench.plugin.local import LocalFile
from metabench.plugin.observers import Observer, loaded_again, open_observer
from metabench.plugin.status import Offer, PluginStatus
from metabench.plugin.step_scalars import OWN_SCALARS, StepScalars

STEP = Progressed("k", "meta", 3, 9, {"loss_after": 0.5, "inner_norm": 1.0})


def observer(hook, name="watts") -> Observer:
    plugin = types.SimpleNamespace(metabench_step=hookimpl(hook))
    return Observer(PluginStatus(name, name, name, "0.3"), open_manager(plugin))


def asked(*hooks):
    complaints = []
    scalars = StepScalars([observer(hook) for hook in hooks], complaints.append)
    return scalars, complaints


def test_what_observers_return_is_put_together():
    scalars, complaints = asked(
        lambda: {"gpu/watts": 250, "ema": np.float32(0.5)},
        lambda: None,
        lambda event: {"double": 2 * event.scalars["loss_after"]},
    )

    assert scalars.of(STEP) == {"gpu/watts": 250.0, "ema": 0.5, "double": 1.0}
    assert not complaints


@pytest.mark.parametrize(
    ("returned", "said"),
    [
        ([1.0], "returned list, not a mapping"),
        ({"Loss": 1.0}, "named a scalar 'Loss'"),
        ({"a b": 1.0}, "named a scalar 'a b'"),
        ({"": 1.0}, "named a scalar ''"),
        ({"x" * 65: 1.0}, "named a scalar"),
        ({3: 1.0}, "named a scalar 3"),
        ({"inner_norm": 1.0}, "'inner_norm', which the step has already"),
        *(({name: 1.0}, f"'{name}', which the step has already") for name in sorted(OWN_SCALARS)),
        ({"a": math.nan}, "'a' the value nan"),
        ({"a": math.inf}, "'a' the value inf"),
        ({"a": "1"}, "'a' the value '1'"),
        ({"a": True}, "'a' the value True"),
        ({"a": 1j}, "'a' the value 1j"),
        ({f"a{number}": 1.0 for number in range(33)}, "returned 33 scalars, 32 are the most"),
    ],
)
def test_what_is_no_scalar_is_refused_and_its_plugin_named_once(returned, said):
    scalars, complaints = asked(lambda: returned, lambda: {"good": 1.0})

    for _ in range(3):
        assert scalars.of(STEP) == {"good": 1.0}
    (complaint,) = complaints
    assert complaint.where == "watts 0.3"
    assert said in complaint.problem


def test_two_observers_cannot_give_one_name():
    scalars, complaints = asked(lambda: {"a": 1.0}, lambda: {"a": 2.0})

    assert scalars.of(STEP) == {"a": 1.0}
    assert "'a', which the step has already" in complaints[0].problem


def test_an_observer_that_raises_is_named_once_and_still_told():
    told = []

    def raises(event):
        told.append(event.step)
        raise OSError("no sensor")

    scalars, complaints = asked(raises)

    assert [scalars.of(STEP) for _ in range(3)] == [{}, {}, {}]
    assert told == [3, 3, 3]
    assert [one.problem for one in complaints] == ["metabench_step raised OSError: no sensor"]


SOURCE = """
from metabench.api import ObserverInfo, hookimpl

class Counter:
    def __init__(self):
        self.steps = 0

    @hookimpl
    def metabench_step(self):
        self.steps += 1
        return {"told": self.steps}

@hookimpl
def metabench_observers():
    return [ObserverInfo("counter", f"{__name__}:Counter", "counts")]

@hookimpl
def metabench_step(event):
    return {"always": event.step}
"""


@pytest.fixture
def catalog(tmp_path):
    return load_catalog(files=[LocalFile(tmp_path / "watch_me.py", SOURCE.encode())])


def test_an_observer_on_request_is_told_nothing_until_it_is_asked_for(catalog):
    (always,) = catalog.observers
    counter = open_observer(catalog.observer("counter"))

    assert always.ask(STEP) == {"always": 3}
    assert [counter.ask(STEP) for _ in range(2)] == [{"told": 1}, {"told": 2}]
    assert always.watches_steps
    assert counter.watches_steps


def handed(observer):
    """Return an observer as another process loads it."""
    return loaded_again(observer.plugin, observer.target, called=observer.called)


def test_a_process_that_is_handed_an_observer_has_one_of_its_own(catalog):
    counter = open_observer(catalog.observer("counter"))
    counter.ask(STEP)
    always, there = (handed(one) for one in (*catalog.observers, counter))

    assert there.ask(STEP) == {"told": 1}
    assert counter.ask(STEP) == {"told": 2}
    assert always.ask(STEP) == {"always": 3}


def test_an_observer_that_does_not_load_in_another_process_says_so_there():
    gone = Observer(PluginStatus("x", "x", "x", "1"), open_manager(object()), "gone_module:Gone")
    there = handed(gone)

    complaints = []
    assert StepScalars([there], complaints.append).of(STEP) == {}
    assert "No module named 'gone_module'" in str(complaints[0])


def test_no_observer_of_that_name_is_an_error_that_names_the_nearest(catalog):
    with pytest.raises(PluginError, match=r"no observer is called 'conter'") as caught:
        catalog.observer("conter")

    assert "did you mean 'counter'?" in caught.value.hint


def test_an_observer_whose_class_raises_is_an_error_with_its_plugin(tmp_path):
    broken = SOURCE.replace("self.steps = 0", "raise OSError('no disk')")
    found = load_catalog(files=[LocalFile(tmp_path / "watch_me.py", broken.encode())])

    with pytest.raises(PluginError, match=r"observer 'counter': OSError: no disk"):
        open_observer(found.observer("counter"))


def test_an_observer_whose_module_is_not_there_is_an_error(catalog):
    offer = Offer(ObserverInfo("x", "not_there:X", "x"), catalog.plugins[0])

    with pytest.raises(PluginError, match=r"cannot load 'not_there:X'"):
        open_observer(offer)
