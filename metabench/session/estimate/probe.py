"""How fast this machine is: one and two layers of the real shape, gone through here and now."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from statistics import median
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, final

import numpy as np
import torch

from metabench.data.encoding import Encoding
from metabench.data.tokens import TokenTable
from metabench.nn.curvature import Curvature
from metabench.nn.encoder import Encoder, build_module
from metabench.nn.learner import HeadShape, TransformerLearner
from metabench.nn.seeded import seeded
from metabench.seeding import Stream

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from metabench.engine.device import Device
    from metabench.learning import Batch
    from metabench.session.estimate.footprint import BatchShape, EncoderShape

__all__ = ["Linear", "Operation", "Speeds", "probe"]

Operation: TypeAlias = Literal["forward", "gradient", "exact gradient", "product"]
"""The timed operations: a forward pass in evaluation; a gradient by autograd; a gradient by the
passes of `metabench.nn.passes.operations`; and the exact product after it."""

_WORDS = 1000
_MOST = 4e9  # multiplications of a forward pass through two layers, on a CPU
_FLOATS = 1 << 24
_ACCESSES = 6  # of the pass over memory: fill, copy (2), add (3)
_ENOUGH = 0.15  # seconds of an operation, after which it is not repeated
_REPEATS = 20


@final
@dataclass(frozen=True, slots=True)
class Linear:
    """Seconds as a line over the multiplications of a forward pass."""

    start: float
    slope: float

    def seconds(self, work: float) -> float:
        """Return the seconds that so much work takes."""
        return self.start + self.slope * work


@final
@dataclass(frozen=True, slots=True)
class Speeds:
    """Seconds of each operation, and seconds to read or write a number in memory."""

    operations: Mapping[Operation, Linear]
    access: float


def probe(
    config: Any,
    shape: EncoderShape,
    batch: BatchShape,
    *,
    operations: Sequence[Operation],
    device: Device,
) -> Speeds:
    """Time operations on random weights and examples, in the run's precision and threads.

    Args:
        config: the encoder's configuration; it is changed.
        shape: the encoder.
        batch: the shape of a batch; on a CPU a large one is timed with fewer rows.
        operations: the operations to time.
        device: the device.
    """
    device.apply()
    if device.device.type == "cpu":
        share = min(1.0, _MOST / (2 * shape.layer_work(batch)))
        rows = max(1, round(batch.rows * share))
        batch = replace(batch, rows=rows, tokens=batch.tokens * rows / batch.rows)
    found: dict[Operation, list[float]] = {operation: [] for operation in operations}
    for layers in (1, 2):
        encoder = _encoder(config, layers)
        for operation in operations:
            found[operation].append(_seconds(operation, encoder, batch, device))
    work = shape.layer_work(batch)
    return Speeds(
        {name: _line(times[0], times[1], work) for name, times in found.items()}, _access(device)
    )


def _line(one: float, two: float, work: float) -> Linear:
    slope = max(two - one, 0.5 * one) / work  # noise must not make a layer cost nothing
    return Linear(max(0.0, two - 2 * slope * work), slope)


def _encoder(config: Any, layers: int) -> Encoder:
    config.num_hidden_layers, config.vocab_size = layers, _WORDS
    config.pad_token_id = 0
    with seeded(0, torch.device("cpu")):
        module: Any = build_module(config)
    if hasattr(module, "pooler"):
        module.pooler = None
    types = getattr(config, "type_vocab_size", 0) > 1
    return Encoder(module.eval(), "mean", config.hidden_size, 0.1, 0.02, types)


def _seconds(operation: Operation, encoder: Encoder, shape: BatchShape, device: Device) -> float:
    exact = operation in {"exact gradient", "product"}
    keep: Literal["lean", "fast"] = "lean" if device.keep == "lean" else "fast"
    learner = TransformerLearner(
        encoder,
        {"probe": HeadShape(2, regression=False)},
        device.device,
        autocast=device.autocast,
        curvature=Curvature("exact", keep) if exact else None,
    )
    theta = learner.theta(Stream.root(0).child("estimate"))
    few = replace(shape, rows=2, tokens=2 * shape.tokens / shape.rows)
    _once(operation, learner, theta, _table(few, device))  # warm-up
    table = _table(shape, device)
    times: list[float] = []
    while len(times) < _REPEATS and sum(times) < _ENOUGH:
        times.append(_once(operation, learner, theta, table))
    return median(times)


def _once(
    operation: Operation, learner: TransformerLearner, theta: torch.Tensor, table: TokenTable
) -> float:
    rows = np.arange(len(table))

    def batch(seed: int | None = 1) -> Batch:
        return table.batch(rows, task="probe", dropout_seed=seed)

    if operation == "forward":
        with torch.inference_mode():
            return _clock(lambda: learner.outputs(theta, batch(None)), learner.device)
    if operation != "product":
        return _clock(lambda: learner.gradient(theta, batch()), learner.device)
    support = batch()
    learner.passes.expect([support])
    vector = learner.gradient(theta, support)
    return _clock(lambda: learner.hvp(theta, support, vector), learner.device)


def _table(shape: BatchShape, device: Device) -> TokenTable:
    """Return examples of which one has the batch's width; the others share the other tokens."""
    rows, width = round(shape.rows), max(1, round(shape.width))
    lengths = np.full(rows, max(1, min(width, round(shape.tokens / shape.rows))), dtype=np.int32)
    lengths[0] = width
    ids = np.arange(lengths.sum(), dtype=np.int32) % _WORDS
    return TokenTable.build(
        Encoding(ids, lengths, lengths, 0),
        np.zeros(rows, dtype=np.int64),
        max_length=width,
        device=device.device,
    )


def _clock(work: Callable[[], object], device: torch.device) -> float:
    """Return the seconds of a piece of work; on one thread, without those of other programs."""
    if device.type == "cuda":
        begin, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
        torch.cuda.synchronize(device)
        begin.record()
        work()
        end.record()
        end.synchronize()
        return float(begin.elapsed_time(end)) / 1000
    clock = time.process_time if torch.get_num_threads() == 1 else time.perf_counter
    start = clock()
    work()
    return clock() - start


def _access(device: Device) -> float:
    """Return the seconds that reading or writing a number takes, in long passes over memory."""
    source = torch.ones(_FLOATS, device=device.device)

    def passes() -> None:
        torch.zeros_like(source).copy_(source).add_(source)

    _clock(passes, device.device)
    return _clock(passes, device.device) / (_ACCESSES * _FLOATS)
