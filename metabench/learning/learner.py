"""The questions that an algorithm can ask about the model, as a function of one flat vector."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, runtime_checkable

from jaxtyping import Float
from torch import Tensor

if TYPE_CHECKING:
    from collections.abc import Mapping

    from metabench.learning.batch import Batch

__all__ = ["Learner"]


@runtime_checkable
class Learner(Protocol):
    """The model as a function of theta, one contiguous vector [P]: the encoder, then each head.

    No method writes to its arguments.
    """

    def loss(self, theta: Float[Tensor, " P"], batch: Batch) -> Float[Tensor, ""]:
        """Return the batch's mean loss, differentiable in theta (twice for second order)."""
        ...

    def features(self, theta: Float[Tensor, " P"], batch: Batch) -> Float[Tensor, "batch width"]:
        """Return the input of the heads, differentiable in theta."""
        ...

    def gradient(
        self, theta: Float[Tensor, " P"], batch: Batch, span: slice | None = None
    ) -> Float[Tensor, " P"]:
        """Return the gradient of the loss, zero outside ``span``: the caller's own, to write to."""
        ...

    def hvp(
        self, theta: Float[Tensor, " P"], batch: Batch, vector: Float[Tensor, " P"]
    ) -> Float[Tensor, " P"]:
        """Return the Hessian of the loss at theta times ``vector``."""
        ...

    def spans(self, task: str | None = None) -> Mapping[str, slice]:
        """Return named slices of theta: ``encoder``, each layer, and the task's ``head``.

        A head is its weights [outputs, width of the features], row by row, and then its biases.
        """
        ...
