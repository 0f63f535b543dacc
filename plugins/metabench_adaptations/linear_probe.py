"""The linear probe: a regularised linear model on the features of a frozen encoder."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, final

import torch
from jaxtyping import Float
from sklearn.linear_model import LogisticRegression, Ridge
from torch import Tensor
from typing_extensions import override

from metabench.errors import DivergedError
from metabench.learning import Adaptation
from metabench_adaptations.options import LinearProbeOptions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from metabench.learning import Learner, Target

__all__ = ["LinearProbe"]

_TOLERANCE = 1e-8
"""Of the gradient: with scikit-learn's 1e-4, probabilities are up to 0.01 off."""


@final
class LinearProbe(Adaptation[LinearProbeOptions]):
    r"""Logistic regression on features f(x) for classes, ridge regression for numbers.

    .. math::
        \min_{w, b}\; C \sum_i -\log \mathrm{softmax}(w f(x_i) + b)_{y_i}
        + \tfrac{1}{2} \lVert w \rVert^2, \qquad
        \min_{w, b}\; \sum_i (w \cdot f(x_i) + b - y_i)^2 + \alpha \lVert w \rVert^2

    With two classes, w and b are those of the second class, and zero for the first.

    Source: Alain and Bengio 2016, for linear classifiers of frozen features; Tian et al. 2020, for
    logistic regression in few-shot learning; solved by scikit-learn.
    Differs: features are neither normalised nor standardised.
    """

    @override
    def adapt(
        self, learner: Learner, theta: Float[Tensor, " P"], target: Target
    ) -> Float[Tensor, " P"]:
        features, labels = target.features(learner, theta)
        if target.regression:
            return target.with_head(learner, theta, *self._ridge(features, labels))
        known: list[int] = labels.unique().tolist()
        head = self._logistic(features, labels, known)
        return target.with_head(learner, theta, *head, known=known)

    def _logistic(
        self, features: Tensor, labels: Tensor, known: Sequence[int]
    ) -> tuple[Tensor, Tensor]:
        weights = features.new_zeros(len(known), features.shape[1])
        biases = features.new_zeros(len(known))
        most = self.options.max_iter
        if len(known) > 1:
            model: Any = LogisticRegression(
                C=self.options.c, tol=_TOLERANCE, max_iter=most, solver="newton-cg"
            ).fit(features.numpy(), labels.numpy())
            if model.n_iter_.max() >= most:
                raise DivergedError(
                    f"logistic regression has not converged after {most:,} iterations",
                    where="adaptation linear-probe",
                    hint="lower its option c, or raise max_iter",
                )
            rows = slice(1, None) if len(known) == 2 else slice(None)  # noqa: PLR2004  (of two, one)
            weights[rows] = torch.from_numpy(model.coef_)
            biases[rows] = torch.from_numpy(model.intercept_)
        return weights, biases

    def _ridge(self, features: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        model: Any = Ridge(alpha=self.options.alpha).fit(features.numpy(), labels.double().numpy())
        return torch.from_numpy(model.coef_)[None], features.new_tensor([model.intercept_])
