"""Stage 3 by a plugin's adaptation, in the place of fine-tuning."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from metabench.engine.boundary import Boundary
from metabench.engine.evaluate import in_order_of_length
from metabench.engine.step import require_finite
from metabench.errors import PluginError
from metabench.learning import Target

if TYPE_CHECKING:
    from torch import Tensor

    from metabench.data.tokens import TokenTable
    from metabench.learning import Adaptation, Batch
    from metabench.nn.learner import TransformerLearner
    from metabench.seeding import Stream

__all__ = ["adapted", "target_of"]


def target_of(
    learner: TransformerLearner,
    table: TokenTable,
    *,
    task: str,
    stream: Stream,
    inner_loop: Callable[[Tensor], Tensor] | None = None,
) -> Target:
    """Return the training examples of a task as an adaptation sees them."""
    head = learner.heads[task]

    def examples() -> Iterator[Batch]:
        return in_order_of_length(table, task=task)

    return Target(task, head.outputs, head.regression, examples, stream, inner_loop)


def adapted(
    adaptation: Adaptation[Any],
    learner: TransformerLearner,
    theta: Tensor,
    target: Target,
    *,
    provider: str,
) -> Tensor:
    """Return theta [P] as the adaptation leaves it, checked.

    Raises:
        PluginError: the adaptation raised, wrote to theta, or returned something else.
        DivergedError: a number of it is not finite.
    """
    boundary, writes = Boundary(provider), theta._version  # noqa: SLF001  (torch counts writes)
    with boundary:
        found: Any = adaptation.adapt(learner, theta, target)
    if theta._version != writes:  # noqa: SLF001
        raise PluginError(
            "adapt wrote to theta",
            where=f"{provider}, task {target.task}",
            hint="write to a clone; `metabench plugins check` lists other problems",
        )
    left = boundary.theta(found, theta, method="adapt").detach()
    what = "the norm of the adapted parameters"
    require_finite(left.norm().item(), what, stage="adapt", step=1, task=target.task, by=provider)
    return left
