"""The shape of an encoder of which a part is trained; import-light."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from metabench.session.estimate.footprint import EncoderShape

__all__ = ["training"]

_LAYERS = re.compile(r"encoder\.layers\.([0-9]+)(?:-([0-9]+))?")
_NO_PARAMETERS = "head"


def training(shape: EncoderShape, train: Iterable[str]) -> EncoderShape:
    """Return the shape with the trained parameters that `meta.train` names.

    Layers, embeddings and biases are counted; with any other name, the whole counts as trained, an
    upper bound.
    """
    layers: set[int] = set()
    embeddings = biases = False
    for entry in train:
        if found := _LAYERS.fullmatch(entry):
            layers |= {*range(int(found[1]), min(int(found[2] or found[1]), shape.layers) + 1)}
        elif entry not in {"embeddings", "bias", _NO_PARAMETERS}:
            return shape
        embeddings, biases = embeddings or entry == "embeddings", biases or entry == "bias"
    words = (shape.words + shape.others + 2) * shape.width
    count = len(layers) * shape.layer_parameters + embeddings * words
    if biases:
        count += (shape.layers - len(layers)) * (7 * shape.width + shape.inner)
        count += ((not embeddings) + shape.pooler) * shape.width
    lowest = min(layers, default=shape.layers)
    return replace(
        shape,
        part=count,
        frozen_layers=0 if embeddings or biases else lowest,
        words_trained=embeddings,
    )
