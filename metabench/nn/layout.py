"""The place of each parameter in the flat vector."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Any, final

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from torch import Tensor, nn


__all__ = ["Layout", "Place", "accumulate", "leaves", "named", "part_names", "slices", "views"]

_LAYER = re.compile(r"^((?:.*?\.)??(?:layers?|h|blocks?|albert_layer_groups))\.(\d+)\.")
"""The stack and the number of a parameter's layer, outermost first."""


@final
@dataclass(frozen=True, slots=True)
class Place:
    """One parameter: its name, shape and slice of theta."""

    name: str
    shape: tuple[int, ...]
    start: int
    stop: int

    @property
    def span(self) -> slice:
        """The slice of theta."""
        return slice(self.start, self.stop)


@final
@dataclass(frozen=True)
class Layout:
    """The encoder's trained parameters in their own order, then each task's head (weight, bias).

    ``encoder`` and ``heads`` are places; together they tile [0, size) without a gap.
    """

    encoder: tuple[Place, ...]
    heads: Mapping[str, tuple[Place, Place]]
    size: int
    words: str = ""
    """Name of the word embeddings; empty where they are not known, or not in theta."""
    parts: Mapping[str, str] = field(default_factory=dict)
    """The part of each parameter of the encoder: see `part_names`."""

    @classmethod
    def of(
        cls,
        module: nn.Module,
        *,
        width: int,
        outputs: Mapping[str, int],
        frozen: Collection[str] = (),
    ) -> Layout:
        """Lay out an encoder's parameters, except those that are frozen, and a head for each task.

        A head is [outputs, width].
        """
        table = _words(module)
        named = list(module.named_parameters())
        words = next((name for name, value in named if value is table), "")
        parts = part_names([name for name, _ in named])
        shapes = [(name, tuple(value.shape)) for name, value in named if name not in frozen]
        words = "" if words in frozen else words
        return cls.tiled(shapes, width=width, outputs=outputs, words=words, parts=parts)

    @classmethod
    def tiled(
        cls,
        shapes: Sequence[tuple[str, tuple[int, ...]]],
        *,
        width: int,
        outputs: Mapping[str, int],
        words: str = "",
        parts: Mapping[str, str] | None = None,
    ) -> Layout:
        """Lay out parameters of these names and shapes, and a head for each task."""
        parts = part_names([name for name, _ in shapes]) if parts is None else parts
        encoder = _tile(shapes, start=0)
        start = encoder[-1].stop if encoder else 0
        heads: dict[str, tuple[Place, Place]] = {}
        for task, count in outputs.items():
            weight, bias = _tile(
                [(f"{task}.weight", (count, width)), (f"{task}.bias", (count,))], start=start
            )
            heads[task] = (weight, bias)
            start = bias.stop
        return cls(encoder, heads, start, words, parts)

    @property
    def table(self) -> Place:
        """The place of the word embeddings [words, width], where they are known."""
        return next(place for place in self.encoder if place.name == self.words)

    @property
    def trained(self) -> int:
        """The number of the encoder's parameters."""
        return self.encoder[-1].stop if self.encoder else 0

    def spans(self, task: str | None = None) -> dict[str, slice]:
        """Return ``encoder``, ``embeddings``, ``layer 0``, … and, for a task, its ``head``."""
        spans = {"encoder": slice(0, self.trained)}
        for place in self.encoder:
            if part := self.parts.get(place.name):
                spans[part] = slice(spans.get(part, place.span).start, place.stop)
        if task is not None:
            spans["head"] = self.head(task)
        return spans

    def head(self, task: str) -> slice:
        """Return the slice of a task's head."""
        weight, bias = self.heads[task]
        return slice(weight.start, bias.stop)

    def places(self, task: str) -> tuple[Place, ...]:
        """Return the places of the encoder and the task's head."""
        return (*self.encoder, *self.heads[task])


def part_names(names: Sequence[str]) -> dict[str, str]:
    """Return the part of each parameter of an encoder: ``embeddings``, ``layer 0`` and so on.

    Embeddings are all parameters before the first layer; shared layers count once. Stacks of layers
    are numbered consecutively. Parameters after the layers, such as a pooler's, are in no part.
    """
    numbers: dict[tuple[str, str], int] = {}
    parts = {}
    for name in names:
        if match := _LAYER.match(name):
            stack, number = match.groups()
            parts[name] = f"layer {numbers.setdefault((stack, number), len(numbers))}"
        elif not numbers:
            parts[name] = "embeddings"
    return parts


def _words(module: Any) -> Any:
    """Return the matrix of word embeddings; None where there is not one such matrix."""
    try:
        return getattr(module.get_input_embeddings(), "weight", None)
    except NotImplementedError:
        return None


def _tile(shapes: Sequence[tuple[str, tuple[int, ...]]], *, start: int) -> tuple[Place, ...]:
    places = []
    for name, shape in shapes:
        size = 1
        for extent in shape:
            size *= extent
        places.append(Place(name, shape, start, start + size))
        start += size
    return tuple(places)


def named(values: Mapping[Place, Tensor]) -> dict[str, Tensor]:
    """Return the values by the names of their places."""
    return {place.name: value for place, value in values.items()}


def slices(theta: Tensor, places: Sequence[Place]) -> dict[Place, Tensor]:
    """Return shaped views of theta, outside of any graph."""
    flat = theta.detach()
    return {place: flat[place.span].view(place.shape) for place in places}


def views(theta: Tensor, places: Sequence[Place]) -> dict[Place, Tensor]:
    """Return shaped views of theta; one split, so that their backward is one concatenation."""
    edges = [0, *(edge for place in places for edge in (place.start, place.stop)), theta.numel()]
    sizes = [stop - start for start, stop in pairwise(edges)]
    parts = theta.split(sizes)[1::2]
    return {place: part.view(place.shape) for place, part in zip(places, parts, strict=False)}


def leaves(theta: Tensor, places: Sequence[Place], wanted: Sequence[Place]) -> dict[Place, Tensor]:
    """Return shaped views of theta that start a graph each where a gradient is wanted."""
    parts = slices(theta, places)
    for place in wanted:
        parts[place].requires_grad_()
    return parts


def accumulate(flat: Tensor, parts: Mapping[Place, Tensor]) -> None:
    """Have a backward pass add their gradients to their places in ``flat``."""
    for place, leaf in parts.items():
        leaf.grad = flat[place.span].view(place.shape)
