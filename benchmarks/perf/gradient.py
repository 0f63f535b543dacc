"""One task's meta-gradient: every variant on one problem."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import torch
from safetensors.torch import save_file
from torch import Tensor

from perf import ours, theirs
from perf.clock import peak_bytes, time_spent
from perf.peers import load
from perf.problem import classifier, episode, short

if TYPE_CHECKING:
    from metabench.learning import Episode
    from perf.job import Job

__all__ = ["OURS", "PEERS", "build", "measure"]

PEERS = (
    "unrolled", "learn2learn", "higher", "torchopt", "learn2learn first order",
    "learn2learn Reptile", "transformers gradient",
)  # fmt: skip
OURS = tuple(f"metabench {method}" for method in ours.METHODS)
_OWN = {"unrolled": theirs.unrolled, "transformers": theirs.fine_tuning}
_SECOND_ORDER = {"unrolled", "learn2learn", "higher", "torchopt"}


def measure(job: Job) -> dict[str, float]:
    """Warm up on one inner step, then measure; leave the meta-gradient where the job says."""
    device = torch.device(job.device)
    work = build(job)
    episodes = [episode(job.shape, device, number) for number in range(job.shape.tasks)]
    work(short(episodes[0]))
    found: list[Sequence[Tensor]] = []

    def all_tasks() -> None:
        found.append(_mean(work, episodes))

    numbers: dict[str, float] = {}
    if job.kind == "time":
        numbers = time_spent(all_tasks, device=device)
    elif device.type == "cuda":  # where watching costs nothing
        peak = peak_bytes(
            lambda: numbers.update(time_spent(all_tasks, device=device)), device=device
        )
        numbers["peak_bytes"] = peak
    else:
        numbers["peak_bytes"] = peak_bytes(all_tasks, device=device)
    if job.gradient is not None:
        save_file({"gradient": theirs.flat(found[0]).float().cpu()}, job.gradient)
    return numbers


def build(job: Job) -> Callable[[Episode], Sequence[Tensor]]:
    """Return a variant as a function from an episode to tensors that are [P] in all.

    Raises:
        PeerMissingError: the library that it needs is not there.
        KeyError: there is no such variant.
    """
    if job.variant.startswith("metabench "):
        vector = ours.build(job, job.variant.removeprefix("metabench "))
        return lambda whole: [vector(whole)]
    rule = _peer(job)
    device = torch.device(job.device)
    attention = "eager" if job.variant in _SECOND_ORDER else "sdpa"
    model = classifier(job.shape, device, attention=attention)

    def work(whole: Episode) -> Sequence[Tensor]:
        with torch.autocast(device.type, dtype=torch.bfloat16, enabled=job.bf16):
            return rule(model, whole, job.shape.inner_lr)

    return work


def _peer(job: Job) -> theirs.MetaGradientOf:
    name = job.variant.partition(" ")[0]
    if name in _OWN:
        return _OWN[name]
    library = load(name, job.peers)
    if name != "learn2learn":
        return {"higher": theirs.higher, "torchopt": theirs.torchopt}[name](library)
    if job.variant.endswith("Reptile"):
        return theirs.learn2learn_reptile(library)
    return theirs.learn2learn(library, first_order=job.variant.endswith("first order"))


def _mean(
    work: Callable[[Episode], Sequence[Tensor]], episodes: Sequence[Episode]
) -> Sequence[Tensor]:
    """Return the mean over the episodes; only one of them is alive beside the sum."""
    total = [part.detach() for part in work(episodes[0])]
    for each in episodes[1:]:
        for part, more in zip(total, work(each), strict=True):
            part.add_(more)
    if len(episodes) > 1:
        for part in total:
            part.div_(len(episodes))
    return total
