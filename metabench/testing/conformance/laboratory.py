"""One meta-gradient of an algorithm on a tiny model, and its problems."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, final

import torch
from torch import Tensor

from metabench.learning import Episode, MetaGradient
from metabench.nn.curvature import Curvature
from metabench.seeding import Stream
from metabench.testing.conformance.verdict import NotApplicableError
from metabench.testing.tiny import tiny_batch, tiny_learner

if TYPE_CHECKING:
    from metabench.api import AlgorithmOptions
    from metabench.learning import Algorithm, Blocks
    from metabench.nn.learner import TransformerLearner
    from metabench.testing.conformance.subject import Subject

__all__ = [
    "STREAM",
    "Trial",
    "complaint",
    "fewer_words",
    "learner_for",
    "require_usual",
    "same_bits",
    "trial",
    "wrong_shape",
    "wrong_value",
]

STREAM = Stream.root(20231123).child("conformance")
_BITS = {torch.float64: torch.int64, torch.float32: torch.int32, torch.bfloat16: torch.int16}


@final
@dataclass(frozen=True)
class Trial:
    """All that one call of ``meta_gradient`` needs."""

    algorithm: Algorithm[Any]
    learner: Any
    meta: Blocks
    episode: Episode

    def run(self) -> MetaGradient:
        """Return the algorithm's return value, unchecked."""
        return self.algorithm.meta_gradient(self.learner, self.meta, self.episode)

    def tensors(self) -> Mapping[str, Tensor]:
        """Return everything that is passed in, by a name to show."""
        return {
            **{f"block {name!r}": value for name, value in self.meta.items()},
            **{
                f"{side} batch {number}, {part}": getattr(batch, part)
                for side in ("support", "query")
                for number, batch in enumerate(getattr(self.episode, side))
                for part in ("input_ids", "attention_mask", "token_type_ids", "labels")
            },
        }


def learner_for(options: AlgorithmOptions, dtype: torch.dtype) -> TransformerLearner:
    """Return the learner that the engine would make for these options, but tiny."""
    way = options.uses_curvature()
    return tiny_learner(curvature=Curvature(way) if way else None, dtype=dtype)


def trial(
    subject: Subject,
    *,
    task: str = "three",
    rows: int = 4,
    dtype: torch.dtype = torch.float64,
    visit: int = 0,
) -> Trial:
    """Return a fresh algorithm before a fresh episode; equal arguments give equal numbers."""
    algorithm = subject.algorithm()
    shape = algorithm.options.episode_shape()
    learner = learner_for(algorithm.options, dtype)
    stream = STREAM.child(task, visit)
    batches = tuple(tiny_batch(task, stream.child(i), rows=rows) for i in range(shape.batches))
    episode = Episode(
        task=task,
        support=batches[: shape.support],
        query=batches[shape.support :],
        step=visit,
        total_steps=10,
        stream=stream,
    )
    theta = learner.theta(STREAM)
    meta = {name: block.clone() for name, block in algorithm.init(learner, theta).items()}
    return Trial(algorithm, learner, meta, episode)


def wrong_shape(found: Any, blocks: Blocks) -> str:
    """Return how directions are not those of ``blocks``, a half-sentence; empty where they are."""
    if not isinstance(found, MetaGradient):
        return f"meta_gradient returned {type(found).__name__}, not MetaGradient"
    unknown = [repr(name) for name in found.directions if name not in blocks]
    if unknown:
        return f"there is a direction for {', '.join(unknown)}, which is no block"
    wrong = (_unlike(name, found.directions.get(name), block) for name, block in blocks.items())
    return next(filter(None, wrong), "")


def _unlike(name: str, value: Any, block: Tensor) -> str:
    if not isinstance(value, Tensor):
        return f"the direction for block {name!r} is {type(value).__name__}, not a tensor"
    if (value.shape, value.dtype) == (block.shape, block.dtype):
        return ""
    return (
        f"the direction for block {name!r} is {value.dtype} {tuple(value.shape)},"
        f" the block {block.dtype} {tuple(block.shape)}"
    )


def wrong_value(found: MetaGradient) -> str:
    """Return which number is not finite, a half-sentence; empty where all are."""
    for name, value in found.directions.items():
        broken = int((~value.isfinite()).sum())
        if broken:
            return (
                f"{broken} of {value.numel()} numbers of the direction for {name!r} are not finite"
            )
    for name, scalar in found.scalars.items():
        if not torch.as_tensor(scalar).isfinite().all():
            return f"the scalar {name!r} is {float(scalar)}"
    return ""


def complaint(one: Trial) -> str:
    """Return the problem of a trial, or its exception; empty where there is none."""
    try:
        found = one.run()
    except Exception as error:  # noqa: BLE001  (whatever a plugin raises is what is wrong)
        return f"raised {type(error).__name__}: {' '.join(str(error).split())}"
    return wrong_shape(found, one.meta) or wrong_value(found)


def require_usual(subject: Subject) -> None:
    """Skip if the algorithm fails on the usual batch, which other checks report."""
    wrong = complaint(trial(subject))
    if wrong:
        raise NotApplicableError(f"already on four examples of three classes: {wrong}")


def same_bits(one: Tensor, other: Tensor) -> bool:
    """Return whether two tensors are equal to the bit; NaN is equal to itself."""
    if (one.shape, one.dtype) != (other.shape, other.dtype):
        return False
    kind = _BITS.get(one.dtype)
    one, other = one.detach().contiguous(), other.detach().contiguous()
    return (
        torch.equal(one, other) if kind is None else torch.equal(one.view(kind), other.view(kind))
    )


def fewer_words(episode: Episode, words: int) -> Episode:
    """Return the episode with so many distinct tokens, and with its vocabulary."""

    def fewer(batch: Any) -> Any:
        return replace(batch, input_ids=batch.input_ids % (words - 1) + batch.attention_mask)

    return replace(
        episode,
        support=tuple(map(fewer, episode.support)),
        query=tuple(map(fewer, episode.query)),
        vocabulary=torch.arange(words),
    )
