"""Whether a plugin wrote to what it was given, told by torch's counters of writes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metabench.errors import PluginError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from torch import Tensor

    from metabench.learning import Blocks, Episode

__all__ = ["require_untouched", "writes"]

_PARTS = ("input_ids", "attention_mask", "token_type_ids", "labels")


def writes(meta: Blocks, episode: Episode) -> Mapping[str, int]:
    """Return how often each tensor that an algorithm is given was written to so far.

    That costs less than a microsecond a tensor. What is written past torch's counters, as through
    ``.data``, is left to the conformance kit, which compares the numbers.
    """
    return {name: value._version for name, value in _tensors(meta, episode)}  # noqa: SLF001


def require_untouched(
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
            f"meta_gradient wrote to what it was given: {', '.join(written)}",
            where=f"{provider}, task {episode.task}",
            hint="write to a clone; `metabench plugins check` says what else is wrong",
        )


def _tensors(meta: Blocks, episode: Episode) -> Iterator[tuple[str, Tensor]]:
    for name, block in meta.items():
        yield f"block {name!r}", block
    for side in ("support", "query"):
        for number, batch in enumerate(getattr(episode, side)):
            for part in _PARTS:
                yield f"{part} of {side} batch {number}", getattr(batch, part)
