"""Hessian-vector products compared with double backward on a few examples."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, final

import torch

from metabench.errors import CurvatureError
from metabench.nn.curvature import Curvature

if TYPE_CHECKING:
    from torch import Tensor

    from metabench.learning import Batch, Episode
    from metabench.nn.learner import TransformerLearner

__all__ = ["Exactness"]

_BOUNDS = {"exact": 1e-4, "central": 5e-3, "forward": 5e-3}
_ROWS = 2
_INTERVAL = 50  # meta-steps


@final
@dataclass(frozen=True)
class Exactness:
    """Holds a learner's products against others.

    Args:
        learner: the learner of a meta cell; one without curvature has nothing to check.
    """

    learner: TransformerLearner

    def check(self, theta: Tensor, episode: Episode) -> None:
        """Compare once, before meta-training, on two examples, without and with dropout.

        The reference is double backward: without dropout through transformers' own module, with
        dropout through metabench's differentiable loss, which draws the same masks.

        Raises:
            CurvatureError: they differ by more than 1e-4 (exact) or 5e-3 (differences).
        """
        curvature = self.learner.curvature
        if curvature is None or not episode.support:
            return
        batch = _first_rows(episode.support[0])
        plain = replace(self.learner, packed=False, curvature=Curvature(), losses=[])
        errors = [self._error(theta, replace(batch, dropout_seed=None), plain)]
        if curvature.way == "exact":
            errors.append(self._error(theta, batch, None))
        bound = _BOUNDS[curvature.way]
        for error in torch.stack(errors).tolist():
            if not error <= bound:
                raise CurvatureError(
                    f"{curvature.way} second derivatives are off by {error:.1e} of their size on"
                    f" two examples, and may be by {bound:.0e}",
                    where=f"task {episode.task}",
                    hint='set curvature = "exact", or compute.precision = "fp32"',
                )

    def sample(self, step: int, theta: Tensor, episode: Episode) -> dict[str, Tensor]:
        """Return, every 50 meta-steps, how far a difference is from the exact product."""
        curvature = self.learner.curvature
        if curvature is None or curvature.way == "exact" or step % _INTERVAL:
            return {}
        exact = replace(self.learner, curvature=Curvature(keep="lean"), losses=[])
        batch = replace(episode.support[0], dropout_seed=None)
        return {"curvature_error": self._error(theta, batch, exact)}

    def _error(self, theta: Tensor, batch: Batch, other: TransformerLearner | None) -> Tensor:
        """Return the relative error of the product with the gradient.

        It uses a separate counter and separate losses: the check is not part of the method's cost.
        """
        learner = replace(self.learner, losses=[], counter=type(self.learner.counter)())
        vector = learner.gradient(theta, batch)
        if other is None:
            leaf = theta.clone().requires_grad_()
            loss = learner.loss(leaf, batch)
            (first,) = torch.autograd.grad(loss, leaf, create_graph=True)
            (expected,) = torch.autograd.grad((first * vector).sum(), leaf)
        else:
            expected = replace(other, counter=learner.counter).hvp(theta, batch, vector)
        found = learner.hvp(theta, batch, vector)
        scale = expected.norm()
        distance: Tensor = (found - expected).norm()
        return distance / torch.where(scale > 0, scale, torch.ones_like(scale))


def _first_rows(batch: Batch) -> Batch:
    """Return a batch of its first two examples."""
    part = slice(0, _ROWS)
    return replace(
        batch,
        input_ids=batch.input_ids[part],
        attention_mask=batch.attention_mask[part],
        token_type_ids=batch.token_type_ids[part],
        labels=batch.labels[part],
        tokens=None,
    )
