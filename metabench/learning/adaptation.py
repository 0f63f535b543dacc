"""The contract of an adaptation: from an initialisation and a target's examples to a model."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar, final

import torch
from jaxtyping import Float, Shaped
from torch import Tensor

from metabench.api.adaptation import AdaptationOptions

if TYPE_CHECKING:
    from metabench.learning.batch import Batch
    from metabench.learning.learner import Learner
    from metabench.seeding import Stream

__all__ = ["Adaptation", "Target"]

OptionsT = TypeVar("OptionsT", bound=AdaptationOptions)

_NEVER = 100.0
"""How far the output of a class without an example is below that of one that has some."""


@final
@dataclass(frozen=True, slots=True)
class Target:
    """The training examples of a target task.

    Args:
        task: its name.
        outputs: outputs of its head: the classes, or 1 for a regression task.
        regression: whether its labels are numbers.
        examples: yields all training examples once, in batches of similar length, without dropout.
        stream: for all random numbers of an adaptation.
        inner_loop: from theta to where the algorithm's inner loop leads on support batches of the
            examples; None where the adaptation does not declare that it takes it.
    """

    task: str
    outputs: int
    regression: bool
    examples: Callable[[], Iterator[Batch]]
    stream: Stream
    inner_loop: Callable[[Tensor], Tensor] | None = None

    def features(
        self, learner: Learner, theta: Float[Tensor, " P"]
    ) -> tuple[Float[Tensor, "examples width"], Shaped[Tensor, " examples"]]:
        """Return the features of all examples, in float64, and their labels; both on the CPU."""
        features, labels = [], []
        with torch.inference_mode():
            for batch in self.examples():
                features.append(learner.features(theta, batch).to("cpu", torch.float64))
                labels.append(batch.labels.to("cpu"))
            return torch.cat(features), torch.cat(labels)

    def with_head(
        self,
        learner: Learner,
        theta: Float[Tensor, " P"],
        weights: Float[Tensor, "known width"],
        biases: Float[Tensor, " known"],
        *,
        known: Sequence[int] = (0,),
    ) -> Float[Tensor, " P"]:
        """Return theta with the head of a linear model of features.

        A class without a training example gets the weights of the first that has some, and a bias
        100 lower, so that it is never predicted, and every output is finite.

        Args:
            learner: knows the place of the head.
            theta: the parameters; it is not written to.
            weights: a row for each class with an example, or one for numbers.
            biases: one for each row.
            known: the numbers of these classes.
        """
        every = weights[:1].repeat(self.outputs, 1)
        shifts = (biases[:1] - _NEVER).repeat(self.outputs)
        every[list(known)], shifts[list(known)] = weights, biases
        found = theta.clone()
        found[learner.spans(self.task)["head"]] = torch.cat([every.flatten(), shifts]).to(theta)
        return found


class Adaptation(ABC, Generic[OptionsT]):
    """What happens on a target task, with its options and no other state."""

    def __init__(self, options: OptionsT) -> None:
        self.options = options

    @abstractmethod
    def adapt(
        self, learner: Learner, theta: Float[Tensor, " P"], target: Target
    ) -> Float[Tensor, " P"]:
        """Return theta with the encoder and the head to predict with; write to no argument.

        Predictions are the head's outputs, so a linear classifier on features is a head.
        """
