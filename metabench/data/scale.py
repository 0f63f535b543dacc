"""Standardized targets of a regression, and outputs converted back to the task's unit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self, final

import numpy as np
import torch

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt
    from torch import Tensor

__all__ = ["Scale"]


@final
@dataclass(frozen=True, slots=True)
class Scale:
    """The mean and the standard deviation of the training targets in use, in the task's unit.

    Args:
        mean: their mean.
        deviation: their standard deviation (of the population); 1 where they are all equal.
    """

    mean: float
    deviation: float

    @classmethod
    def of(cls, labels: Tensor) -> Self:
        """Return the scale of targets [examples]."""
        values = labels.double()
        deviation = float(values.std(correction=0))
        return cls(float(values.mean()), deviation if deviation > 0 else 1.0)

    def standardised(self, labels: Tensor) -> Tensor:
        """Return targets [examples] with mean 0 and standard deviation 1, float32."""
        return ((labels.double() - self.mean) / self.deviation).to(torch.float32)

    def in_unit(self, outputs: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
        """Return outputs [examples, 1] of a model in the task's unit."""
        return outputs.astype(np.float64) * self.deviation + self.mean

    def facts(self) -> Mapping[str, float]:
        """Return the constants by name, as a record holds them."""
        return {"mean": self.mean, "deviation": self.deviation}
