"""What a piece of work costs: processor seconds, wall seconds, bytes of tensors."""

from __future__ import annotations

import os
import resource
import time
from collections.abc import Callable
from typing import Any

import torch
from torch.profiler import ProfilerActivity, profile

__all__ = ["peak_bytes", "resident_bytes", "time_spent"]


def time_spent(work: Callable[[], object], *, device: torch.device) -> dict[str, float]:
    """Return the seconds that a piece of work took; on a GPU, those between two of its events.

    ``cpu_seconds`` are of all threads and of children that have ended.
    """
    events = _Events(device)
    wall, cpu = time.perf_counter(), _cpu_seconds()
    events.begin()
    work()
    device_seconds = events.seconds()
    spent = {"cpu_seconds": _cpu_seconds() - cpu, "wall_seconds": time.perf_counter() - wall}
    return spent if device_seconds is None else {**spent, "device_seconds": device_seconds}


def peak_bytes(work: Callable[[], object], *, device: torch.device) -> float:
    """Return the peak of the bytes in tensors that a piece of work allocates, over those before.

    On a CPU the allocations are those that torch's profiler notes, so that the number depends on
    the work alone and not on the machine; on a GPU torch counts them itself.
    """
    if device.type == "cuda":
        torch.cuda.synchronize(device)
        torch.cuda.reset_peak_memory_stats(device)
        before = torch.cuda.memory_allocated(device)
        work()
        torch.cuda.synchronize(device)
        return float(torch.cuda.max_memory_allocated(device) - before)
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as profiler:
        kept = work()
    del kept
    results: Any = profiler.profiler
    found = [event for event in results.kineto_results.events() if event.name() == "[memory]"]
    live = peak = 0
    for event in sorted(found, key=lambda event: event.start_ns()):
        live += event.nbytes()
        peak = max(peak, live)
    return float(peak)


def resident_bytes() -> float:
    """Return how much of this process is in memory."""
    with open("/proc/self/statm", encoding="ascii") as file:  # noqa: PTH123  (no path)
        return float(int(file.read().split()[1]) * resource.getpagesize())


def _cpu_seconds() -> float:
    children = os.times()
    return time.process_time() + children.children_user + children.children_system


class _Events:
    """CUDA events around a piece of work; nothing on a CPU."""

    def __init__(self, device: torch.device) -> None:
        self._pair: tuple[torch.cuda.Event, torch.cuda.Event] | None = None
        if device.type == "cuda":
            torch.cuda.synchronize(device)
            self._pair = (
                torch.cuda.Event(enable_timing=True),
                torch.cuda.Event(enable_timing=True),
            )

    def begin(self) -> None:
        if self._pair:
            self._pair[0].record()

    def seconds(self) -> float | None:
        if not self._pair:
            return None
        self._pair[1].record()
        self._pair[1].synchronize()
        milliseconds: float = self._pair[0].elapsed_time(self._pair[1])
        return milliseconds / 1000
