"""The parameters that are trained, by the words of a benchmark file."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from metabench.errors import UsageError
from metabench.nn.layout import part_names
from metabench.suggest import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

__all__ = ["frozen_names"]

_LAYERS = re.compile(r"encoder\.layers\.([0-9]{1,4})(?:-([0-9]{1,4}))?")
_ALWAYS = "head"


def frozen_names(names: Sequence[str], train: Iterable[str], *, where: str = "") -> frozenset[str]:
    """Return the encoder's parameters that are not trained.

    Args:
        names: all of its parameters, in their order.
        train: what is trained. ``encoder``: everything; ``embeddings``: everything below the first
            layer; ``encoder.layers.6-11`` or ``encoder.layers.6``: layers, counted from 0 whatever
            the architecture calls them; ``head``: nothing of the encoder, for heads are always
            trained; anything else: each parameter in whose dotted name it occurs as one or several
            whole words, such as ``bias`` or ``attention.self.query``.
        where: the place of ``train``, for the error.

    Raises:
        UsageError: one of them matches nothing.
    """
    parts = part_names(names)
    frozen = set(names)
    for entry in train:
        trained = names if entry == "encoder" else _matched(entry, names, parts)
        if not trained and entry != _ALWAYS:
            raise UsageError(
                f"{entry!r} matches no parameter of the encoder",
                where=where,
                hint=_hint(entry, names, set(parts.values())),
            )
        frozen.difference_update(trained)
    return frozenset(frozen)


def _matched(entry: str, names: Sequence[str], parts: dict[str, str]) -> Collection[str]:
    """Return the parameters that an entry names; none where a layer does not exist."""
    if layers := _LAYERS.fullmatch(entry):
        first, last = int(layers[1]), int(layers[2] or layers[1])
        wanted = {f"layer {number}" for number in range(first, last + 1)}
        there = wanted <= set(parts.values())
        return [name for name in names if parts.get(name) in wanted] if there else ()
    if entry == "embeddings":
        return [name for name in names if parts.get(name) == entry]
    return [name for name in names if f".{entry}." in f".{name}."]


def _hint(entry: str, names: Sequence[str], parts: Collection[str]) -> str:
    layers = sum(part.startswith("layer ") for part in parts)
    known = ["encoder", *(["embeddings"] if "embeddings" in parts else []), _ALWAYS]
    known += [f"encoder.layers.0-{layers - 1}"] if layers else []
    otherwise = f"choose {', '.join(known)} or a word of a parameter's name, such as bias"
    if entry.startswith("encoder.layers."):
        return otherwise
    return did_you_mean(entry, {*known, *_words(names)}, otherwise=otherwise)


def _words(names: Iterable[str]) -> Iterator[str]:
    for name in names:
        yield from (word for word in name.split(".") if not word.isdecimal())
