"""Rates on a GPU: meta-steps, useful operations, how busy the device is, fine-tuning."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from itertools import cycle, islice
from typing import TYPE_CHECKING, Any

import torch
from torch._C._autograd import DeviceType
from torch.profiler import ProfilerActivity, profile

from metabench.engine.finetune import FineTuning
from metabench.spec.model.sections import FineTuneOptimizer
from perf import gradient
from perf.clock import time_spent
from perf.gpu_trainer import trainer_seconds
from perf.job import Job, Shape
from perf.peers import PeerMissingError
from perf.problem import TASK, episode, learner, require_compiled, theta

if TYPE_CHECKING:
    from metabench.learning import Batch, Episode
    from metabench.nn.learner import TransformerLearner

__all__ = ["busy", "fine_tuning", "first_order", "matrix_rate"]

Row = dict[str, float | str | bool | None]

_L6 = Shape(length=128, dropout=True, ragged=True, inner_lr=1e-3)
_BASE = _L6.model_copy(update={"layers": 12, "width": 768})
_TINY = Shape(
    layers=2, width=48, vocabulary=2000, batch=4, length=16, steps=2, dropout=True, ragged=True
)
_ROUNDS = 8
_DIFFERENT = 4  # episodes, of other rows and lengths


def first_order(job: Job, small: bool) -> Sequence[Row]:  # noqa: FBT001  (a part's signature)
    """Measure FOMAML and Reptile in bf16 on rows of real lengths, beside learn2learn."""
    rows: list[Row] = []
    rate = matrix_rate(job, 512 if small else 8192)
    for name, shape in {"tiny": _TINY}.items() if small else {"L6": _L6, "base": _BASE}.items():
        for method, theirs in (
            ("FOMAML", "learn2learn first order"),
            ("Reptile", "learn2learn Reptile"),
        ):
            asked = job.model_copy(update={"shape": shape, "bf16": not small})
            episodes = _episodes(asked)
            peer = _peer_seconds(asked.model_copy(update={"variant": theirs}), episodes)
            mine, compiled = (
                _seconds(
                    asked.model_copy(update={"variant": f"metabench {method}{more}"}), episodes
                )
                for more in ("", ", compiled")
            )
            useful = _operations(shape, episodes, query=method == "FOMAML") / mine
            rows.append(
                {"shape": name, "method": method, "ours a second": 1 / mine,
                 "learn2learn a second": 1 / peer if peer else None,
                 "times faster": peer / mine if peer else None,
                 "compiled a second": 1 / compiled, "compiled, times plain": mine / compiled,
                 "useful TFLOP/s": useful / 1e12, "of the matrix rate": useful / rate}
            )  # fmt: skip
    return rows


def busy(job: Job, small: bool) -> Sequence[Row]:  # noqa: FBT001  (a part's signature)
    """Return the share of the time in which a kernel runs, over some meta-gradients."""
    if not job.device.startswith("cuda"):
        return [{"not run": "the profiler sees kernels on a GPU only"}]
    rows: list[Row] = []
    for name, shape in {"tiny": _TINY}.items() if small else {"L6": _L6, "base": _BASE}.items():
        asked = job.model_copy(update={"shape": shape, "bf16": True, "variant": "metabench FOMAML"})
        work, episodes = gradient.build(asked), _episodes(asked)
        _all(work, episodes)
        with profile(activities=[ProfilerActivity.CUDA]) as profiler:
            _all(work, episodes)
            torch.cuda.synchronize()
        results: Any = profiler.profiler
        spans = sorted(
            (event.start_ns(), event.start_ns() + event.duration_ns())
            for event in results.kineto_results.events()
            if event.device_type() == DeviceType.CUDA
        )
        rows.append({"shape": name, "method": "FOMAML", "busy": _covered(spans)})
    return rows


def fine_tuning(job: Job, small: bool) -> Sequence[Row]:  # noqa: FBT001  (a part's signature)
    """Measure fine-tuning in bf16 on rows of real lengths, beside Trainer."""
    shape = _TINY if small else _L6
    device = torch.device(job.device)
    updates, warm = (4, 2) if small else (200, 20)
    batches = [
        batch for e in _episodes(job.model_copy(update={"shape": shape})) for batch in e.support
    ]
    mine, compiled = (
        _update_seconds(
            learner(shape, device, autocast=not small, compiled=how),
            batches,
            updates=updates,
            warm=warm,
        )
        for how in (False, True)
    )
    peer = trainer_seconds(shape, batches, device, updates=updates, warm=warm, bf16=not small)
    rows = float(shape.batch)
    return [{"ours, examples/s": rows / mine, "compiled, examples/s": rows / compiled,
             "Trainer, examples/s": rows / peer, "times faster": peer / mine,
             "compiled, times plain": mine / compiled}]  # fmt: skip


def _update_seconds(
    own: TransformerLearner, batches: Sequence[Batch], *, updates: int, warm: int
) -> float:
    """Return the seconds of one update of our fine-tuning, set-up taken out."""
    start = theta(own)

    def run(count: int) -> float:
        training = FineTuning(own, TASK, FineTuneOptimizer(), count)
        begun = time.perf_counter()
        for _ in training.run(start, islice(cycle(batches), count)):
            pass
        _synchronize(own.device)
        return time.perf_counter() - begun

    run(warm)
    found = (run(updates + warm) - run(warm)) / updates
    require_compiled(own)
    return found


def matrix_rate(job: Job, size: int) -> float:
    """Return the operations a second of bf16 matrix products of random numbers."""
    device = torch.device(job.device)
    generator = torch.Generator(device).manual_seed(0)
    kind = torch.bfloat16 if device.type == "cuda" else torch.float32
    a, b = (torch.randn(size, size, generator=generator, device=device).to(kind) for _ in "ab")

    def work() -> None:
        for _ in range(10):
            a @ b

    work()
    spent = time_spent(work, device=device)
    return 10 * 2 * size**3 / spent.get("device_seconds", spent["wall_seconds"])


def _episodes(job: Job) -> list[Episode]:
    device = torch.device(job.device)
    return [episode(job.shape, device, number) for number in range(_DIFFERENT)]


def _seconds(job: Job, episodes: Sequence[Episode]) -> float:
    """Return the seconds of one meta-gradient, after each episode was gone through once."""
    work = gradient.build(job)
    _all(work, episodes)
    rounds = list(islice(cycle(episodes), _ROUNDS))
    spent = time_spent(lambda: _all(work, rounds), device=torch.device(job.device))
    return spent["wall_seconds"] / len(rounds)


def _peer_seconds(job: Job, episodes: Sequence[Episode]) -> float | None:
    """Return the same of a library; None where it is not there."""
    try:
        return _seconds(job, episodes)
    except PeerMissingError:
        return None


def _all(work: Callable[[Episode], object], episodes: Sequence[Episode]) -> None:
    for each in episodes:
        work(each)


def _operations(shape: Shape, episodes: Sequence[Episode], *, query: bool) -> float:
    """Return the operations of a meta-gradient that real tokens need: six a weight and token.

    Attention's products of a row are counted at the row's own length; embeddings need none.
    """
    total = 0.0
    for each in episodes:
        batches: Sequence[Batch] = (*each.support, *(each.query if query else ()))
        for batch in batches:
            lengths = batch.attention_mask.sum(1).double()
            weights = shape.layers * 12 * shape.width**2
            attention = shape.layers * 2 * shape.width * lengths.square().sum()
            total += float(6 * weights * lengths.sum() + 6 * attention)
    return total / len(episodes)


def _covered(spans: Sequence[tuple[int, int]]) -> float:
    """Return the share of the time from the first start to the last end that spans cover."""
    covered, end = 0, spans[0][0]
    for start, stop in spans:
        covered += max(stop - max(start, end), 0)
        end = max(end, stop)
    return covered / (end - spans[0][0])


def _synchronize(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)
