"""The descriptor of an adaptation, its options and its cost; import-light."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

from metabench.api.algorithm import AlgorithmOptions
from metabench.api.options import Options

__all__ = ["AdaptationCost", "AdaptationInfo", "AdaptationOptions"]


@final
@dataclass(frozen=True, slots=True)
class AdaptationCost:
    """The evaluations of an adaptation, for estimates only.

    Args:
        gradients: gradients of a batch.
        passes: forward passes through all training examples.
    """

    gradients: float = 0.0
    passes: float = 0.0


class AdaptationOptions(Options):
    """Options of an adaptation; they also determine its cost."""

    def cost(self, algorithm: AlgorithmOptions | None = None) -> AdaptationCost:
        """Return the evaluations; one forward pass through the training examples by default.

        ``algorithm`` are the options of the method's algorithm if its inner loop is taken.
        """
        del algorithm
        return AdaptationCost(passes=1.0)


@final
@dataclass(frozen=True, slots=True)
class AdaptationInfo:
    """A cheap descriptor of an adaptation.

    Args:
        name: its name in benchmark files.
        target: ``package.module:Class`` of the `metabench.learning.Adaptation`; None for
            fine-tuning, which the engine does as ``[finetune]`` sets it.
        options: the model of its options; every field has a default and a docstring.
        summary: one line.
        references: its sources.
        regression: whether it fits targets that are numbers.
        inner_loop: whether it takes the algorithm's inner loop (`AlgorithmInfo.inner_loop`).
        revision: raise it when numbers change for a reason outside the module of ``target``.
    """

    name: str
    target: str | None
    options: type[AdaptationOptions]
    summary: str
    references: tuple[str, ...] = ()
    regression: bool = True
    inner_loop: bool = False
    revision: int = 1
