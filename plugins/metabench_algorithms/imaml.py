"""iMAML: the gradient of where a proximal inner problem ends, without a path to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, final

import torch
from jaxtyping import Float
from torch import Tensor
from typing_extensions import override

from metabench.learning import Algorithm, MetaGradient
from metabench_algorithms.options import ImamlOptions

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from metabench.learning import Blocks, Episode, Learner

__all__ = ["Imaml", "conjugate_gradient"]


@final
class Imaml(Algorithm[ImamlOptions]):
    r"""Implicit MAML: the meta-gradient by implicit differentiation of a regularized inner problem.

    .. math::
        \varphi^* = \arg\min_\varphi L_S(\varphi) + \tfrac{\lambda}{2} \lVert\varphi-\theta\rVert^2,
        \qquad
        \nabla_\theta L_Q(\varphi^*)
        = \bigl(I + \tfrac{1}{\lambda} \nabla^2 L_S(\varphi^*)\bigr)^{-1} \nabla L_Q(\varphi^*)

    The first is solved by gradient steps, the second by conjugate gradients with one Hessian-vector
    product per iteration; :math:`L_S` is the mean over the support batches. The variable is
    :math:`d = \varphi - \theta`, from 0: as a difference it would lose its digits in fp32.

    Source: Rajeswaran et al. 2019, equation 3 and lemma 1; algorithms 1 and 2.
    Differs: the options set the numbers of inner steps and iterations instead of accuracies; the
    residuals of both are logged. A target is fine-tuned in full, without the pull to theta, unless
    the adaptation ``inner`` takes these steps on it.
    """

    follows_gradients: ClassVar[bool] = True

    @override
    def meta_gradient(self, learner: Learner, meta: Blocks, episode: Episode) -> MetaGradient:
        theta, strength, left = meta["theta"], self.options.proximal, []
        moved, phi = torch.zeros_like(theta), theta
        for _ in range(self.options.inner_steps):
            pull = _mean([learner.gradient(phi, batch) for batch in episode.support])
            slope = pull + strength * moved
            left.append(slope.norm())
            moved = moved - self.options.inner_lr * slope
            phi = theta + moved

        def product(vector: Float[Tensor, " P"]) -> Float[Tensor, " P"]:
            curved = _mean([learner.hvp(phi, batch, vector) for batch in episode.support])
            return vector + curved / strength

        v = learner.gradient(phi, episode.query[0])
        solution, residual = conjugate_gradient(product, v, steps=self.options.cg_steps)
        scalars = {"cg_residual": residual, "proximal_residual": _share(left[-1], left[0])}
        return MetaGradient({"theta": solution}, scalars)


def conjugate_gradient(
    product: Callable[[Tensor], Tensor], right: Float[Tensor, " P"], *, steps: int
) -> tuple[Float[Tensor, " P"], Float[Tensor, ""]]:
    """Return x [P] with product(x) near ``right``, and the residual relative to ``right``.

    It starts at ``right``, the result of zero steps, and stops at the first direction without
    positive curvature: lambda is too small there for the inner problem to be convex. It takes one
    product more than it has steps.

    Source: Hestenes and Stiefel 1952, section 3; the stop is that of Steihaug 1983.
    """
    x = right
    residual = direction = right - product(x)
    size = residual @ residual
    convex = torch.ones_like(size, dtype=torch.bool)
    for _ in range(steps):
        image = product(direction)
        curvature = direction @ image
        convex = convex & (curvature > 0)
        step = torch.where(convex, size / curvature, 0.0)
        x = x + step * direction
        residual = residual - step * image
        before, size = size, residual @ residual
        direction = residual + torch.where(convex, size / before, 0.0) * direction
    return x, _share(size.sqrt(), right.norm())


def _share(part: Tensor, whole: Tensor) -> Tensor:
    return part / torch.where(whole > 0, whole, torch.ones_like(whole))


def _mean(vectors: Sequence[Tensor]) -> Tensor:
    return torch.stack(tuple(vectors)).mean(0)
