"""What a plugin changes of what the whole process shares is noticed, named and put back."""

from __future__ import annotations

import os
import random
import signal
import sys
import threading
import warnings
from pathlib import Path

import numpy as np
import pytest
import torch

from metabench.ambient import Ambient
from metabench.plugin.guard import Fault, guarded

MEDDLING = {
    "the working folder": lambda: os.chdir("/"),
    "the environment": lambda: os.environ.update(NEW_VARIABLE="1"),
    "the filters of warnings": lambda: warnings.simplefilter("ignore"),
    "the random numbers of Python": lambda: random.seed(1),
    "the random numbers of numpy": lambda: np.random.seed(1),  # noqa: NPY002
    "the random numbers of torch": lambda: torch.manual_seed(1),
    "torch's default dtype": lambda: torch.set_default_dtype(torch.float64),
    "torch's number of threads": lambda: torch.set_num_threads(torch.get_num_threads() + 1),
    "torch's gradient mode": lambda: torch.set_grad_enabled(False),
    "torch's deterministic mode": lambda: torch.use_deterministic_algorithms(True),
    "torch's precision of products": lambda: torch.set_float32_matmul_precision("medium"),
    "the handler of SIGINT": lambda: signal.signal(signal.SIGINT, signal.SIG_IGN),
    "the handler of SIGTERM": lambda: signal.signal(signal.SIGTERM, signal.SIG_IGN),
    "the handler of SIGHUP": lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN),
    "the handler of SIGALRM": lambda: signal.signal(signal.SIGALRM, signal.SIG_IGN),
}


@pytest.fixture(scope="module", autouse=True)
def warm():
    """Let torch import now what it imports, with changes of the environment, at the first call."""
    torch.use_deterministic_algorithms(torch.are_deterministic_algorithms_enabled())


def looks():
    """Return all that is shared, read by hand."""
    return (
        Path.cwd(),
        dict(os.environ),
        list(warnings.filters),
        random.getstate(),
        [str(part) for part in np.random.get_state()],  # noqa: NPY002
        torch.get_rng_state().tolist(),
        torch.get_default_dtype(),
        torch.get_num_threads(),
        torch.is_grad_enabled(),
        torch.are_deterministic_algorithms_enabled(),
        torch.get_float32_matmul_precision(),
        [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)],
    )


@pytest.mark.parametrize("name", MEDDLING)
def test_each_change_is_named_and_undone(name):
    before = looks()
    ambient = Ambient()

    MEDDLING[name]()

    assert ambient.restore() == (name,)
    assert looks() == before
    assert ambient.restore() == ()


def test_a_draw_is_noticed_as_a_seed_is():
    ambient = Ambient()
    random.random()  # noqa: S311
    np.random.rand()  # noqa: NPY002
    torch.rand(1)

    assert ambient.restore() == (
        "the random numbers of Python",
        "the random numbers of numpy",
        "the random numbers of torch",
    )


def test_several_changes_are_all_undone():
    before = looks()
    ambient = Ambient()
    for meddle in MEDDLING.values():
        meddle()

    assert set(ambient.restore()) == set(MEDDLING)
    assert looks() == before


def test_what_importing_a_module_does_is_held_against_nobody(tmp_path, monkeypatch):
    (tmp_path / "meddling_import.py").write_text(
        "import os, random\nos.environ['FROM_IMPORT'] = '1'\nrandom.random()\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("FROM_IMPORT", "0")
    state = random.getstate()
    ambient = Ambient()

    __import__("meddling_import")

    assert ambient.restore() == ()
    assert os.environ["FROM_IMPORT"] == "1"
    assert random.getstate() == state
    del sys.modules["meddling_import"]


def test_in_another_thread_signals_are_left_alone():
    found = []
    thread = threading.Thread(target=lambda: found.append(Ambient().restore()))
    thread.start()
    thread.join()

    assert found == [()]


def test_a_hook_that_meddles_is_at_fault_and_undone():
    before = looks()

    fault = guarded(lambda: os.chdir("/"))

    assert isinstance(fault, Fault)
    assert fault.detail == "Meddled: it changed the working folder"
    assert looks() == before
