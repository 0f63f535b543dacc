"""Process-global state around a check: generators, settings, sockets."""

from __future__ import annotations

import os
import random  # noqa: TID251  (watched, never drawn from)
import signal
import socket
import threading
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch

__all__ = [
    "changed_settings",
    "drawn_generators",
    "kept_settings",
    "network_watched",
    "same_ambient",
]

_HANDLERS = "handlers of signals"
_SIGNALS = sorted(signal.valid_signals())
_NETWORK = ("connect", "connect_ex", "sendto", "bind")


@contextmanager
def same_ambient() -> Iterator[None]:
    """Run a block from fixed states of the ambient generators, then put all back as it was."""
    numpy_random = np.random  # noqa: TID251  (watched, never drawn from)
    before = torch.get_rng_state(), numpy_random.get_state(), random.getstate()
    torch.default_generator.manual_seed(1)
    numpy_random.seed(1)
    random.seed(1)
    try:
        with kept_settings():
            yield
    finally:
        torch.set_rng_state(before[0])
        numpy_random.set_state(before[1])
        random.setstate(before[2])


def drawn_generators(call: Callable[[], object]) -> list[str]:
    """Return the names of the ambient generators that ``call`` drew from or seeded."""
    with same_ambient():
        before = _generators()
        call()
        after = _generators()
    return [name for name, state in before.items() if after[name] != state]


def changed_settings(call: Callable[[], object]) -> list[str]:
    """Return the process-global changes of ``call`` as ``name: before -> after``, and undo them."""
    with kept_settings():
        before = _settings()
        call()
        after = _settings()
    return [
        f"{name}: {value} -> {after[name]}"
        for name, value in before.items()
        if after[name] != value
    ]


@contextmanager
def kept_settings() -> Iterator[None]:
    """Run a block, then undo its changes of process-global state as far as possible."""
    before = _settings()
    environment, folder = dict(os.environ), Path.cwd()  # noqa: TID251  (watched)
    filters: Any = warnings.filters
    kept = list(filters)
    try:
        yield
    finally:
        _put_back(before, environment, folder)
        filters[:] = kept


@contextmanager
def network_watched() -> Iterator[list[str]]:
    """Run a block without a network; yield the list of attempts to use it."""
    tried: list[str] = []

    def refusal(name: str) -> Callable[..., Any]:
        def refuse(*arguments: Any, **_: Any) -> None:
            tried.append(f"{name}({', '.join(map(repr, arguments[1:3]))})")
            raise OSError("the conformance kit allows no network")

        return refuse

    resolve = socket.getaddrinfo
    for name in _NETWORK:
        setattr(socket.socket, name, refusal(name))
    socket.getaddrinfo = refusal("getaddrinfo")
    try:
        yield tried
    finally:
        socket.getaddrinfo = resolve
        for name in _NETWORK:
            delattr(socket.socket, name)


def _generators() -> Mapping[str, object]:
    state: Any = np.random.get_state()  # noqa: NPY002, TID251  (watched, never drawn from)
    return {
        "torch": torch.get_rng_state().numpy().tobytes(),
        "numpy.random": (state[1].tobytes(), state[2:]),
        "random": random.getstate(),
    }


def _settings() -> Mapping[str, Any]:
    return {
        "threads of torch": torch.get_num_threads(),
        "default dtype of torch": torch.get_default_dtype(),
        "grad mode of torch": torch.is_grad_enabled(),
        "deterministic mode of torch": torch.are_deterministic_algorithms_enabled(),
        "anomaly mode of torch": torch.is_anomaly_enabled(),
        "working folder": str(Path.cwd()),
        "environment": dict(os.environ),  # noqa: TID251  (watched, never read for a setting)
        "filters of warnings": tuple(map(repr, warnings.filters)),
        _HANDLERS: {number: signal.getsignal(number) for number in _SIGNALS},
        "running threads": threading.active_count(),
    }


def _put_back(before: Mapping[str, Any], environment: dict[str, str], folder: Path) -> None:
    """Undo the changes, and only those: querying torch for some of it takes a second."""
    setters: Mapping[str, Callable[[Any], object]] = {
        "threads of torch": torch.set_num_threads,
        "default dtype of torch": torch.set_default_dtype,
        "grad mode of torch": torch.set_grad_enabled,
        "deterministic mode of torch": torch.use_deterministic_algorithms,
        "anomaly mode of torch": torch.autograd.set_detect_anomaly,
    }
    now = _settings()
    for name, put in setters.items():
        if now[name] != before[name]:
            put(before[name])
    for number, handler in before[_HANDLERS].items():
        if now[_HANDLERS][number] is not handler:
            signal.signal(number, handler)
    os.chdir(folder)
    if dict(os.environ) != environment:  # noqa: TID251  (watched)
        os.environ.clear()  # noqa: TID251
        os.environ.update(environment)  # noqa: TID251
