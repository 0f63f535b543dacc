"""The boundary between engine and plugin: exceptions attributed, return values checked."""

from __future__ import annotations

import math
import numbers
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, final

from torch import Tensor

from metabench.ambient import Ambient
from metabench.engine.memory import is_device_fault, is_out_of_memory
from metabench.errors import LockError, MetabenchError, PluginError, StoppedError, StoreError
from metabench.learning import MetaGradient
from metabench.plugin.guard import StopNow

if TYPE_CHECKING:
    from metabench.learning import Blocks, Episode, State

__all__ = ["Boundary", "require_unmodified", "writes"]

_OURS_ALONE = (LockError, StoppedError, StoreError)
"""Errors that stop the whole run, which a plugin may not raise."""


@final
@dataclass(slots=True)
class Boundary:
    """A ``with`` block around a plugin's code, and checks of its return values.

    Args:
        provider: the name in errors, such as ``maml of metabench 0.1.0``.
        ambient: the process-global state before the block, restored after it.
    """

    provider: str
    ambient: Ambient | None = None

    def __enter__(self) -> None:
        """Enter the block; record process-global state unless this step already has."""
        if self.ambient is None:
            self.ambient = Ambient()

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        """Turn a plugin's mistake into a PluginError.

        Raises:
            PluginError: the plugin raised, or changed process-global state.
        """
        changed = self.ambient.restore() if self.ambient is not None else ()
        if error is None and changed:
            raise self.problem(
                f"changed {', '.join(changed)}",
                "leave process-global state as it is; draw random numbers from episode.stream or"
                " from the stream that is passed in",
            )
        if error is not None and _is_the_plugins(error):
            raise self.problem(
                f"raised {type(error).__name__}: {error}", "see the traceback in the cell's log.txt"
            ) from error

    def problem(self, what: str, hint: str) -> PluginError:
        """Return the error that names the plugin."""
        return PluginError(f"{what}", where=self.provider, hint=hint)

    # -- return values of an algorithm -------------------------------------------------------

    def blocks(self, found: Any, theta: Tensor) -> dict[str, Tensor]:
        """Return an algorithm's blocks of meta-parameters as ours to write to."""
        hint = "return named tensors from init, one of them the theta that was handed over"
        if not isinstance(found, Mapping) or "theta" not in found:
            raise self.problem(f"began with {_brief(found)}, not with blocks", hint)
        for name, block in found.items():
            if not (isinstance(name, str) and isinstance(block, Tensor)):
                raise self.problem(f"began with {_brief(block)} as block {name!r}", hint)
            if not block.is_floating_point() or block.device != theta.device:
                raise self.problem(f"began with {_kind(block)} as block {name!r}", hint)
        if _kind(found["theta"]) != _kind(theta):
            raise self.problem(f"began with {_kind(found['theta'])} for {_kind(theta)}", hint)
        return {name: block.detach().clone() for name, block in found.items()}

    def rates(self, found: Any, blocks: Blocks) -> dict[str, float]:
        """Return an algorithm's outer learning rates."""
        hint = "return a rate of 0 or more for blocks that init returned"
        if not isinstance(found, Mapping) or not set(found) <= set(blocks):
            raise self.problem(f"gave {_brief(found)} as learning rates", hint)
        rates = {name: _number(rate) for name, rate in found.items()}
        if not all(rate is not None and rate >= 0 for rate in rates.values()):
            raise self.problem(f"gave {_brief(found)} as learning rates", hint)
        return {name: rate for name, rate in rates.items() if rate is not None}

    def scales(self, found: Any, blocks: Blocks) -> dict[str, float]:
        """Return the sizes of an algorithm's directions in gradients."""
        hint = "return a number above 0 for blocks that init returned"
        if not isinstance(found, Mapping) or not set(found) <= set(blocks):
            raise self.problem(f"gave {_brief(found)} as scales of directions", hint)
        scales = {name: _number(scale) for name, scale in found.items()}
        if not all(scale is not None and scale > 0 for scale in scales.values()):
            raise self.problem(f"gave {_brief(found)} as scales of directions", hint)
        return {name: scale for name, scale in scales.items() if scale is not None}

    def direction(self, found: Any, meta: Blocks) -> MetaGradient:
        """Return an algorithm's meta-gradient for an episode."""
        if not isinstance(found, MetaGradient):
            raise self.problem(
                f"gave {_brief(found)} for an episode",
                "return a metabench.learning.MetaGradient from meta_gradient",
            )
        self.directions(found.directions, meta)
        for name, value in found.scalars.items():
            if not _is_scalar(value):
                raise self.problem(
                    f"gave {_brief(value)} as scalar {name!r}", "log numbers, one by each name"
                )
        return found

    def directions(self, found: Any, meta: Blocks) -> Blocks:
        """Return directions, one for each block."""
        hint = "return one direction per block, of its shape and dtype"
        if not isinstance(found, Mapping):
            raise self.problem(
                f"gave {_brief(found)} for directions",
                'return them by block, such as MetaGradient({"theta": direction})',
            )
        if unknown := sorted(map(str, set(found) - set(meta))):
            raise self.problem(f"gave a direction for {unknown[0]!r}, which is no block", hint)
        for name, block in meta.items():
            value = found.get(name)
            if not isinstance(value, Tensor) or _kind(value) != _kind(block):
                raise self.problem(
                    f"gave {_brief(value)} for block {name!r}, which is {_kind(block)}", hint
                )
        return found

    def combination(self, found: Any, meta: Blocks) -> tuple[Blocks, Blocks]:
        """Return the meta-batch's directions and the state to keep."""
        hint = "return the directions and the state, a mapping of tensors, from combine"
        if not isinstance(found, tuple) or len(found) != 2:  # noqa: PLR2004
            raise self.problem(f"combined to {_brief(found)}", hint)
        directions, state = found
        if not isinstance(state, Mapping) or not all(isinstance(v, Tensor) for v in state.values()):
            raise self.problem(f"combined to the state {_brief(state)}", hint)
        return self.directions(directions, meta), state

    def theta(self, found: Any, like: Tensor, *, method: str = "initialisation") -> Tensor:
        """Return the theta that a plugin's method returned."""
        if not isinstance(found, Tensor) or _kind(found) != _kind(like):
            raise self.problem(
                f"gave {_brief(found)} as {method}, which has to be {_kind(like)}",
                f"return theta from {method}",
            )
        return found

    # -- return values of a sampler ----------------------------------------------------------

    def names(self, found: Any, *, known: set[str], count: int | None) -> tuple[str, ...]:
        """Return the names of a meta-batch's tasks; ``found`` was a sequence of them."""
        hint = "fix the sampler"
        if not isinstance(found, Iterable) or isinstance(found, str | bytes):
            raise self.problem(f"drew {_brief(found)}, which is no sequence of names", hint)
        with self:  # it may be a generator, which has not run yet
            names = tuple(found)
        unknown = sorted({str(name) for name in names if name not in known})
        if not names or unknown:
            raise self.problem(f"drew {unknown or 'no task'!r}, which is not among the tasks", hint)
        if count is not None and len(names) != count:
            raise self.problem(f"drew {len(names)} tasks where {count} make a meta-batch", hint)
        return names

    def sampler_state(self, found: Any) -> State:
        """Return a sampler's state, checked to fit into a checkpoint."""
        numbers_found = found.values() if isinstance(found, Mapping) else [None]
        named = isinstance(found, Mapping) and all(isinstance(name, str) for name in found)
        if not named or any(_number(value) is None for value in numbers_found):
            raise self.problem(
                f"remembers {_brief(found)}", "return finite numbers by name from update"
            )
        return {name: float(value) for name, value in found.items()}


def _is_the_plugins(error: BaseException) -> bool:
    """Return whether an exception is attributed to the plugin."""
    if isinstance(error, SystemExit):
        return not isinstance(error, StopNow)  # a plugin may not end the process
    if isinstance(error, MetabenchError):
        return isinstance(error, _OURS_ALONE)
    ours = is_out_of_memory(error) or is_device_fault(error)
    return isinstance(error, Exception) and not ours


def _number(value: Any) -> float | None:
    """Return a finite real number, None for anything else."""
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        return None
    return float(value) if math.isfinite(value) else None


def _is_scalar(value: Any) -> bool:
    if isinstance(value, Tensor):
        return value.numel() == 1 and not value.is_complex()
    return isinstance(value, numbers.Real)


def _kind(value: Tensor) -> str:
    return f"{value.dtype} {tuple(value.shape)}"


def _brief(value: Any) -> str:
    """Return a short description of a value."""
    if value is None:
        return "nothing"
    if isinstance(value, Tensor):
        return _kind(value)
    if isinstance(value, Mapping | Sequence) and len(value) and not isinstance(value, str | bytes):
        return f"a {type(value).__name__} of {len(value)}"
    return repr(value)[:80]


_PARTS = ("input_ids", "attention_mask", "token_type_ids", "labels")


def writes(meta: Blocks, episode: Episode) -> Mapping[str, int]:
    """Return the write count of each tensor that is passed to an algorithm.

    It costs less than a microsecond per tensor. Writes that bypass torch's counters, such as
    through ``.data``, are left to the conformance kit, which compares the numbers.
    """
    return {name: value._version for name, value in _tensors(meta, episode)}  # noqa: SLF001


def require_unmodified(
    before: Mapping[str, int], meta: Blocks, episode: Episode, *, provider: str
) -> None:
    """Go on only where nothing was written to since ``before``.

    Raises:
        PluginError: something was; every later episode would see other numbers.
    """
    after = writes(meta, episode)
    written = [name for name, count in before.items() if after[name] != count]
    if written:
        raise PluginError(
            f"meta_gradient wrote to its arguments: {', '.join(written)}",
            where=f"{provider}, task {episode.task}",
            hint="write to a clone; `metabench plugins check` lists other problems",
        )


def _tensors(meta: Blocks, episode: Episode) -> Iterator[tuple[str, Tensor]]:
    for name, block in meta.items():
        yield f"block {name!r}", block
    for side in ("support", "query"):
        for number, batch in enumerate(getattr(episode, side)):
            for part in _PARTS:
                yield f"{part} of {side} batch {number}", getattr(batch, part)
