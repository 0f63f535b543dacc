"""How much memory a device has: in all, and free now."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import final

__all__ = ["Capacity", "capacity"]

_GROUPS = Path("/sys/fs/cgroup")
_LIMITS = ("memory.max", "memory/memory.limit_in_bytes")
_UNLIMITED = 1 << 60


@final
@dataclass(frozen=True, slots=True)
class Capacity:
    """The usable and the free bytes of a device, and their source."""

    total: int
    free: int
    source: str


def capacity(device: str) -> Capacity | None:
    """Return the memory of a device; torch is loaded only for a GPU.

    None where it is unknown, as on systems without ``/proc``.
    """
    if device.startswith("cuda"):
        return _gpu(device)
    try:
        page = os.sysconf("SC_PAGE_SIZE")
        total = page * os.sysconf("SC_PHYS_PAGES")
    except (OSError, ValueError):
        return None
    free, source = _available(), "this machine"
    limit = _group_limit()
    if limit is not None and limit < total:
        total, source = limit, "this process's group (cgroup)"
    return Capacity(total, min(total, free or total), source)


def _gpu(device: str) -> Capacity | None:
    import torch  # noqa: PLC0415  (only a GPU needs it)

    if not torch.cuda.is_available():
        return None
    free, total = torch.cuda.mem_get_info(torch.device(device))
    return Capacity(int(total), int(free), torch.cuda.get_device_name(torch.device(device)))


def _available() -> int | None:
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    found = {name: value.split() for name, _, value in (line.partition(":") for line in lines)}
    return int(found["MemAvailable"][0]) * 1024 if "MemAvailable" in found else None


def _group_limit() -> int | None:
    """Return the least limit of the control groups that this process is in."""
    limits = [_number(_GROUPS / name) for name in _LIMITS]
    try:
        lines = Path("/proc/self/cgroup").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    for line in lines:
        folder = _GROUPS / line.rpartition(":")[2].lstrip("/")
        places = [folder, *folder.parents]
        limits += [_number(place / "memory.max") for place in places if place != _GROUPS.parent]
    known = [limit for limit in limits if limit is not None and limit < _UNLIMITED]
    return min(known, default=None)


def _number(path: Path) -> int | None:
    try:
        return int(path.read_text(encoding="ascii"))
    except (OSError, ValueError):  # not there, or "max"
        return None
