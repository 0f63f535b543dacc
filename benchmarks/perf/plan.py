"""Which jobs a part consists of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from perf.gradient import OURS, PEERS
from perf.job import Job, Kind, Shape

__all__ = ["GROWTH", "PARTS", "jobs"]

GROWTH = {
    "steps": (1, 2, 5, 10),
    "tasks": (1, 2, 4),
    "layers": (2, 6, 12),
    "length": (32, 64, 128),
}
"""What is varied, one at a time, around the shape that was asked for."""

_GROWING = (
    "learn2learn", "metabench exact/auto", "metabench exact/lean", "metabench central",
)  # fmt: skip
_POOLED = (
    "unrolled", "learn2learn", "transformers gradient", "metabench exact/auto",
    "metabench exact/lean", "metabench central", "metabench forward",
)  # fmt: skip
_TINY = Shape(layers=2, width=48, vocabulary=2000, batch=4, length=16, steps=2, dropout=True)


def jobs(part: str, example: Job, *, rounds: int) -> list[Job]:
    """Return the jobs of a part, in the order of one repeat.

    Args:
        part: its name.
        example: shape, threads and places of all of them.
        rounds: meta-steps, updates, or (``steady``) meta-steps by the hundred that are timed.
    """
    return PARTS[part](example.model_copy(update={"part": part, "rounds": rounds}))


def _gradient(example: Job) -> list[Job]:
    return [
        _of(example, variant, kind=kind)
        for kind in ("time", "memory")
        for variant in (*PEERS, *OURS)
    ]


def _means(example: Job) -> list[Job]:
    shape = example.shape.model_copy(update={"pooling": "mean"})
    return [
        _of(example, variant, kind=kind).model_copy(update={"shape": shape})
        for kind in ("time", "memory")
        for variant in _POOLED
    ]


def _growth(example: Job) -> list[Job]:
    shapes = {
        example.shape.model_copy(update={name: value}): None
        for name, values in GROWTH.items()
        for value in values
    }
    return [
        _of(example, variant, kind=kind).model_copy(update={"shape": shape})
        for shape in shapes
        for kind in ("time", "memory")
        for variant in _GROWING
    ]


def _rows(example: Job) -> list[Job]:
    from perf.rows import SIDES  # noqa: PLC0415  (what it imports takes seconds)

    shape = example.shape.model_copy(update={"tasks": 4, "inner_lr": 1e-3, "dropout": True})
    return [
        _of(example, f"{method}, {side}").model_copy(update={"shape": shape})
        for method in ("FOMAML", "Reptile")
        for side in SIDES
    ]


def _finetuning(example: Job) -> list[Job]:
    more = {"rounds": 5 * example.rounds}
    return [_of(example, side).model_copy(update=more) for side in ("metabench", "Trainer")]


def _encoding(example: Job) -> list[Job]:
    return [_of(example, "encode")]


def _steady(example: Job) -> list[Job]:
    steps = {"rounds": 250 * example.rounds, "shape": _TINY}
    methods = ("exact/auto", "exact/lean", "central", "FOMAML")
    return [_of(example, method).model_copy(update=steps) for method in methods]


def _of(example: Job, variant: str, *, kind: Kind = "time") -> Job:
    return example.model_copy(update={"variant": variant, "kind": kind})


PARTS: Mapping[str, Callable[[Job], list[Job]]] = MappingProxyType(
    {
        "gradient": _gradient,
        "means": _means,
        "rows": _rows,
        "finetuning": _finetuning,
        "encoding": _encoding,
        "steady": _steady,
        "growth": _growth,
    }
)
