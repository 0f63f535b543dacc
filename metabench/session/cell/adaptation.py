"""An adaptation in the place of fine-tuning, with the method's inner loop where it takes that."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from metabench.api.algorithm import EpisodeShape
from metabench.data.episodes import EpisodeSource
from metabench.engine.adaptation import adapted, target_of
from metabench.engine.boundary import Boundary
from metabench.engine.parameters import learned_blocks
from metabench.plan.cell import MetaWork
from metabench.plugin.target import load_target
from metabench.session.cell.provided import made, provider
from metabench.store.file_names import PARAMETERS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from torch import Tensor

    from metabench.data.tokens import TokenTable
    from metabench.learning import Batch
    from metabench.nn.learner import TransformerLearner
    from metabench.plan.cell import FineTuneWork, Provided
    from metabench.seeding import Stream
    from metabench.session.cell.context import WorkerContext

__all__ = ["adapted_theta"]


def adapted_theta(
    work: FineTuneWork,
    learner: TransformerLearner,
    theta: Tensor,
    train: TokenTable,
    *,
    context: WorkerContext,
    stream: Stream,
) -> Tensor:
    """Return theta [P] after the adaptation of a cell; ``theta`` is not modified.

    Raises:
        PluginError: the adaptation, or the inner loop, raised or returned something else.
        StoreError: the initialisation lacks what its inner loop has learned.
    """
    if work.adaptation is None:
        raise TypeError("a cell without an adaptation is fine-tuned")
    task = work.task.card.name
    loop = None
    if work.inner is not None:
        loop = partial(
            _inner_loop,
            work.inner,
            learner=learner,
            blocks=_blocks(work, learner, theta, context),
            support=_support(work, work.inner, train, stream),
        )
    target = target_of(learner, train, task=task, stream=stream, inner_loop=loop)
    adaptation = made(work.adaptation, work.adaptation.options)
    return adapted(adaptation, learner, theta, target, provider=provider(work.adaptation))


def _inner_loop(
    part: Provided,
    theta: Tensor,
    *,
    learner: TransformerLearner,
    blocks: Mapping[str, Tensor],
    support: Sequence[Batch],
) -> Tensor:
    function = load_target(part.target)
    boundary = Boundary(provider(part))
    with boundary:
        found: Any = function(part.options, learner, {**blocks, "theta": theta}, support)
    return boundary.theta(found, theta, method="its inner loop")


def _support(
    work: FineTuneWork, part: Provided, train: TokenTable, stream: Stream
) -> Sequence[Batch]:
    """Return the support batches of an episode of all training examples, without query batches."""
    options: Any = part.options
    whole = options.episode_shape()
    shape = EpisodeShape(support=whole.support, query=0, passes=whole.passes)
    task = work.task.card.name
    source = EpisodeSource(
        {task: train}, shape=shape, batch_size=work.settings.batch_size, stream=stream
    )
    return source.episode(task, visit=0, step=0, total_steps=1).support


def _blocks(
    work: FineTuneWork, learner: TransformerLearner, theta: Tensor, context: WorkerContext
) -> Mapping[str, Tensor]:
    """Return the blocks that meta-training ended with, for theta's layout here."""
    if work.initialisation is None:
        raise TypeError("an inner loop belongs to an initialisation")
    cell = context.assignment.cells[work.initialisation]
    if not isinstance(cell.work, MetaWork):
        raise TypeError(f"{cell.name} is not a meta cell")
    algorithm = made(cell.work.algorithm, cell.work.algorithm.options)
    with Boundary(provider(cell.work.algorithm)):
        start = algorithm.init(learner, theta)
    path = context.store.cell_folder(cell.folder) / PARAMETERS
    values = context.parameters(work.initialisation)
    return learned_blocks(values, start, learner.layout, path=path)
