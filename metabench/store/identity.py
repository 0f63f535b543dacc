"""The identity of a process: its number alone is not, for other boots and containers have it."""

from __future__ import annotations

import os
import socket
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import final

__all__ = ["LockOwner", "boot", "is_dead", "start_time"]


@final
@dataclass(frozen=True, slots=True)
class LockOwner:
    """The process that holds a lock, as it signed it.

    Args:
        pid: its number.
        host: name of its machine.
        started: when it took the lock, in ISO format.
        boot: the boot of its machine and its process namespace; empty where unknown.
        ticks: its start in clock ticks since that boot; empty where unknown.
    """

    pid: int
    host: str
    started: str
    boot: str = ""
    ticks: str = ""


@cache
def boot() -> str:
    """Return what process numbers of this process's namespace belong to; "" where unknown."""
    with suppress(OSError):
        number = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return f"{number} {os.readlink('/proc/self/ns/pid')}"  # noqa: PTH115  (no file)
    return ""


def start_time(pid: int) -> str:
    """Return when a process of this namespace started, in ticks; "" where it is not there."""
    with suppress(OSError, IndexError):
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
        return stat.rpartition(")")[2].split()[19]
    return ""


def is_dead(owner: LockOwner) -> bool:
    """Return whether a process that does not hold its lock is known to have ended.

    On another machine, or in another container, nothing is known. Where a system has no such
    facts, locks of one machine are trusted.
    """
    if not owner.boot:
        return owner.host == socket.gethostname()
    return owner.boot == boot() and start_time(owner.pid) != owner.ticks
