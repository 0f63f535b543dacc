"""The calls that change a disk, numbered: watched, failed, cut short, or a process's last."""

from __future__ import annotations

import errno
import os
import signal
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["CALLS", "FAULTS", "Call", "counted", "faulty", "watched"]

CALLS = ("open", "write", "fsync", "rename", "replace", "link", "mkdir", "unlink", "rmdir")
"""Functions of ``os``; of ``open`` only what opens for writing."""

FAULTS = ("ENOSPC", "EDQUOT", "EIO", "EROFS", "KILL", "SHORT")
"""An error of the system, death in the middle, or a write that takes a part and says so."""


@dataclass(frozen=True)
class Call:
    """One call, not yet made."""

    name: str
    arguments: tuple[Any, ...]
    options: dict[str, Any]


@contextmanager
def watched(
    before: Callable[[Call, Callable[..., Any]], Any | None],
    after: Callable[[Call, Any], None] = lambda _call, _result: None,
) -> Iterator[None]:
    """Let ``before`` see every call; what it returns (not None) is taken for the call's result."""
    originals = {name: getattr(os, name) for name in CALLS}

    def replacement(name: str) -> Callable[..., Any]:
        original = originals[name]

        def call(*arguments: Any, **options: Any) -> Any:
            made = Call(name, arguments, options)
            result = before(made, original)
            if result is None:
                result = original(*arguments, **options)
            after(made, result)
            return result

        return call

    for name in CALLS:
        setattr(os, name, replacement(name))
    try:
        yield
    finally:
        for name, original in originals.items():
            setattr(os, name, original)


def changes_the_disk(call: Call) -> bool:
    """Return whether a call is one of those that are numbered."""
    if call.name != "open":
        return True
    flags = call.arguments[1] if len(call.arguments) > 1 else call.options.get("flags", 0)
    return bool(flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT))


@contextmanager
def counted() -> Iterator[list[str]]:
    """Yield a list that grows by the name of each call."""
    names: list[str] = []

    def before(call: Call, _original: Callable[..., Any]) -> None:
        if changes_the_disk(call):
            names.append(call.name)

    with watched(before):
        yield names


@contextmanager
def faulty(at: int, fault: str) -> Iterator[None]:
    """Let the call number ``at`` (counted from 1) meet a fault; the others are left alone."""
    number = 0

    def before(call: Call, original: Callable[..., Any]) -> Any | None:
        nonlocal number
        number += changes_the_disk(call)
        if number != at or not changes_the_disk(call):
            return None
        number += 1  # once
        return _meet(fault, call, original)

    with watched(before):
        yield


def _meet(fault: str, call: Call, original: Callable[..., Any]) -> Any | None:
    half = None
    if call.name == "write" and fault in {"KILL", "SHORT"}:
        descriptor, data = call.arguments
        half = original(descriptor, bytes(data)[: max(1, len(data) // 2)])
    if fault == "SHORT":
        return half
    if fault == "KILL":
        os.kill(os.getpid(), signal.SIGKILL)
    number = getattr(errno, fault)
    raise OSError(number, os.strerror(number))
