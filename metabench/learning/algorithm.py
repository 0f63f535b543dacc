"""The contract of a meta-learning algorithm: from episodes to a direction for theta."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, Generic, TypeVar, final

from jaxtyping import Float
from torch import Tensor

from metabench.api.algorithm import AlgorithmOptions

if TYPE_CHECKING:
    from metabench.learning.episode import Episode
    from metabench.learning.learner import Learner

__all__ = ["Algorithm", "Blocks", "MetaGradient"]

OptionsT = TypeVar("OptionsT", bound=AlgorithmOptions)

Blocks = Mapping[str, Tensor]
"""Named blocks of meta-parameters; ``theta`` [P] is always among them."""


@final
@dataclass(frozen=True, slots=True)
class MetaGradient:
    """One episode's result: a direction to descend for each block, and scalars to log."""

    directions: Blocks
    scalars: Mapping[str, float | Tensor] = field(default_factory=dict)


class Algorithm(ABC, Generic[OptionsT]):
    """A meta-learning algorithm, with its options and no other state.

    The outer optimizer descends along what ``combine`` returns, so a direction points uphill, like
    a gradient.
    """

    follows_gradients: ClassVar[bool] = False
    """Whether every direction is zero where the gradients of all batches of the episode are zero.

    If so, the engine omits the parts of theta that an episode cannot touch (embeddings of words
    that do not occur in it, heads of other tasks) and fills them with zeros; blocks of theta's
    shape are cut alike. It saves time and memory and changes no number.
    """

    def __init__(self, options: OptionsT) -> None:
        self.options = options

    def init(self, learner: Learner, theta: Float[Tensor, " P"]) -> Blocks:
        """Return the blocks of meta-parameters at the start; just theta unless there are more.

        A block of theta's shape is one number for each parameter and is treated as theta is: heads
        of tasks that were not drawn stay as they are (ADR 0011).
        """
        del learner
        return {"theta": theta}

    def initial_state(self, learner: Learner) -> Blocks:
        """Return the state that the first ``combine`` is given; empty unless there is one."""
        del learner
        return {}

    def learning_rates(self, outer_lr: float) -> Mapping[str, float]:
        """Return the outer learning rate of each block; ``outer_lr`` where none is named."""
        return {"theta": outer_lr}

    def direction_scales(self) -> Mapping[str, float]:
        """Return the size of each block's direction in gradients; 1 where none is named.

        A displacement by k steps of size alpha is alpha * k gradients long. Adam divides by it, so
        that its epsilon meets numbers of a gradient's size; SGD does not (ADR 0018).
        """
        return {}

    @abstractmethod
    def meta_gradient(self, learner: Learner, meta: Blocks, episode: Episode) -> MetaGradient:
        """Return one episode's direction for every block; write to nothing that is passed in."""

    def combine(
        self, directions: Iterable[Blocks], episodes: Sequence[Episode], state: Blocks
    ) -> tuple[Blocks, Blocks]:
        """Return the meta-batch's direction for every block, and the state to keep.

        The default is a running mean, so that only one direction is alive at a time. In theta and
        blocks of its shape, the engine then divides a head's slice by the number of its task's
        episodes, not of all episodes.

        Differs: Dou et al. 2019 sum MAML's gradients and average Reptile's; under Adam the scale
        does not matter, and both are averaged here.
        """
        total: dict[str, Tensor] = {}
        for direction in directions:
            for name, value in direction.items():
                total[name] = value.clone() if name not in total else total[name].add_(value)
        return {name: value / len(episodes) for name, value in total.items()}, state

    def initialisation(self, learner: Learner, meta: Blocks) -> Float[Tensor, " P"]:
        """Return the theta that fine-tuning starts from."""
        del learner
        return meta["theta"]
