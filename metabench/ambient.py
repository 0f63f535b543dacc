"""Process-global state that a plugin must restore."""

from __future__ import annotations

import os
import random  # noqa: TID251  (watched, never drawn from)
import signal
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, final

__all__ = ["Ambient"]

_SIGNALS = [
    getattr(signal, name)
    for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGALRM")
    if hasattr(signal, name)
]


class _Part(NamedTuple):
    """One part of process-global state.

    ``imports`` is the treatment of a change during an import, which is not a fault: ``keep`` it, or
    put it ``back``; "" treats it like any other change.
    """

    name: str
    read: Callable[[], Any]
    write: Callable[[Any], object]
    imports: Literal["", "keep", "back"] = ""


@final
@dataclass(frozen=True, slots=True)
class Ambient:
    """A snapshot of process-global state.

    Random generators of Python, numpy and torch, torch's settings, the working folder, the
    environment, the filters of warnings and the handlers of signals. numpy and torch are covered
    only if loaded: nothing is imported for it.
    """

    values: tuple[tuple[_Part, Any], ...] = field(default_factory=lambda: tuple(_values()))
    modules: int = field(default_factory=lambda: len(sys.modules))

    def restore(self) -> tuple[str, ...]:
        """Restore the state; return the names of the changed parts.

        Importing a module may change the environment and the filters of warnings, which then stays,
        and draw random numbers, which is undone; neither is named.
        """
        imported = len(sys.modules) != self.modules
        changed = []
        for part, before in self.values:
            if _same(part.read(), before):
                continue
            excused = part.imports if imported else ""
            if excused != "keep":
                part.write(before)
            if not excused:
                changed.append(part.name)
        return tuple(changed)


def _same(one: Any, other: Any) -> bool:
    """Return whether two states are equal; handlers and states alike know how to compare."""
    return one is other or bool(one == other)


def _values() -> Iterator[tuple[_Part, Any]]:
    for part in _parts():
        yield part, part.read()


def _parts() -> tuple[_Part, ...]:
    parts: tuple[_Part, ...] = _PROCESS
    if threading.current_thread() is threading.main_thread():
        parts += _HANDLERS
    if "numpy" in sys.modules:
        parts += _NUMPY
    if "torch" in sys.modules:
        parts += _torch_parts()
    return parts


def _folder() -> str:
    try:
        return os.getcwd()  # noqa: PTH109  (a path would be made of it each time)
    except OSError:  # it was removed
        return ""


def _set_folder(before: str) -> None:
    if before:
        os.chdir(before)


def _environment() -> dict[Any, Any]:
    there: Any = os.environ  # noqa: TID251  (watched, not read)
    return dict(there._data)  # noqa: SLF001  (as it lies there: a tenth of the time)


def _set_environment(before: dict[Any, Any]) -> None:
    there: Any = os.environ  # noqa: TID251  (watched, not read)
    there.clear()
    there.update({there.decodekey(k): there.decodevalue(v) for k, v in before.items()})


def _set_filters(before: list[Any]) -> None:
    warnings.filters[:] = before  # type: ignore[index]


_PROCESS = (
    _Part("the working folder", _folder, _set_folder),
    _Part("the environment", _environment, _set_environment, imports="keep"),
    _Part("the filters of warnings", lambda: list(warnings.filters), _set_filters, imports="keep"),
    _Part("the random numbers of Python", random.getstate, random.setstate, "back"),
)


def _handler(number: signal.Signals) -> _Part:
    return _Part(
        f"the handler of {number.name}",
        lambda: signal.getsignal(number),
        lambda before: signal.signal(number, before),
    )


_HANDLERS = tuple(map(_handler, _SIGNALS))


def _numpy_state() -> tuple[Any, ...]:
    kind, words, *rest = sys.modules["numpy"].random.get_state()
    return kind, words.tobytes(), *rest


def _set_numpy_state(before: tuple[Any, ...]) -> None:
    numpy = sys.modules["numpy"]
    kind, words, *rest = before
    numpy.random.set_state((kind, numpy.frombuffer(words, dtype=numpy.uint32), *rest))


_NUMPY = (_Part("the random numbers of numpy", _numpy_state, _set_numpy_state, "back"),)


def _torch_parts() -> tuple[_Part, ...]:
    torch = sys.modules["torch"]
    if torch not in _TORCH:
        _TORCH[torch] = _make_torch_parts(torch)
    always, on_a_gpu = _TORCH[torch]
    return always + on_a_gpu if torch.cuda.is_initialized() else always


_TORCH: dict[Any, tuple[tuple[_Part, ...], tuple[_Part, ...]]] = {}


def _make_torch_parts(torch: Any) -> tuple[tuple[_Part, ...], tuple[_Part, ...]]:
    generator = torch.default_generator

    def bits(state: Any) -> bytes:
        found: bytes = state.numpy().tobytes()
        return found

    def tensor(before: bytes) -> Any:
        return torch.frombuffer(bytearray(before), dtype=torch.uint8)

    always = (
        _Part(
            "the random numbers of torch",
            lambda: bits(generator.get_state()),
            lambda before: generator.set_state(tensor(before)),
            "back",
        ),
        _Part("torch's default dtype", torch.get_default_dtype, torch.set_default_dtype),
        _Part("torch's number of threads", torch.get_num_threads, torch.set_num_threads),
        _Part("torch's gradient mode", torch.is_grad_enabled, torch.set_grad_enabled),
        _Part(
            "torch's deterministic mode",
            torch.are_deterministic_algorithms_enabled,
            torch.use_deterministic_algorithms,
        ),
        _Part(
            "torch's precision of products",
            torch.get_float32_matmul_precision,
            torch.set_float32_matmul_precision,
        ),
    )
    on_a_gpu = (
        _Part(
            "the random numbers of torch on the GPU",
            lambda: tuple(map(bits, torch.cuda.get_rng_state_all())),
            lambda before: torch.cuda.set_rng_state_all([tensor(each) for each in before]),
        ),
    )
    return always, on_a_gpu
