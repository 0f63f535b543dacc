"""The meta-gradient by metabench's own classes, as the engine calls them for an episode."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from metabench.nn.curvature import Curvature
from metabench.nn.episode_view import view
from metabench_algorithms.maml import Maml
from metabench_algorithms.options import MamlOptions, ReptileOptions
from metabench_algorithms.reptile import Reptile
from perf.problem import learner, require_compiled, theta

if TYPE_CHECKING:
    from metabench.learning import Algorithm, Episode
    from metabench.nn.learner import TransformerLearner
    from perf.job import Job

__all__ = ["METHODS", "algorithm", "build", "curvature", "direction", "unrolled_loss"]

METHODS = (
    "exact/fast", "exact/auto", "exact/lean", "central", "forward", "FOMAML", "Reptile", "gradient",
)  # fmt: skip


def build(job: Job, method: str) -> Callable[[Episode], Tensor]:
    """Return a function from an episode to the method's direction for theta, [P].

    A method's name may end in ``, compiled``.
    """
    device = torch.device(job.device)
    method, _, more = method.partition(", ")
    own = learner(
        job.shape,
        device,
        curvature=curvature(job, method),
        autocast=job.bf16,
        compiled=more == "compiled",
    )
    start = theta(own)
    if method == "gradient":
        return lambda episode: _gradient(own, start, episode)

    def work(episode: Episode) -> Tensor:
        rule = algorithm(method, steps=len(episode.support), inner_lr=job.shape.inner_lr)
        return direction(own, rule, start, episode)

    return work


def direction(
    own: TransformerLearner, rule: Algorithm[Any], start: Tensor, episode: Episode
) -> Tensor:
    """Return an algorithm's direction for theta, through the view that the engine takes."""
    part = view(own, episode, sparse=rule.follows_gradients)
    found = rule.meta_gradient(part.learner, {"theta": part.take(start)}, part.episode)
    own.drain_losses()
    require_compiled(own)
    return part.put(found.directions["theta"])


def algorithm(method: str, *, steps: int, inner_lr: float) -> Algorithm[Any]:
    """Return the algorithm that a method's name stands for."""
    if method == "Reptile":
        return Reptile(ReptileOptions(inner_steps=steps, inner_lr=inner_lr))
    second = method != "FOMAML"
    return Maml(MamlOptions(inner_steps=steps, inner_lr=inner_lr, second_order=second))


def curvature(job: Job, method: str) -> Curvature | None:
    """Return how a method makes Hessian-vector products; None where it makes none."""
    memory = int(job.memory_gib * 2**30)
    ways = {
        "exact/fast": Curvature("exact", "fast"),
        "exact/auto": Curvature("exact", "auto", memory),
        "exact/lean": Curvature("exact", "lean"),
        "central": Curvature("central"),
        "forward": Curvature("forward"),
    }
    return ways.get(method)


def unrolled_loss(
    own: TransformerLearner, start: Tensor, episode: Episode, inner_lr: float
) -> Tensor:
    """Backpropagate through an inner loop over our own loss: our masks, not our passes."""
    leaf = start.clone().requires_grad_()
    fast: Tensor = leaf
    for batch in episode.support:
        (found,) = torch.autograd.grad(own.loss(fast, batch), fast, create_graph=True)
        fast = fast - inner_lr * found
    (result,) = torch.autograd.grad(own.loss(fast, episode.query[0]), leaf)
    return result


def _gradient(own: TransformerLearner, start: Tensor, episode: Episode) -> Tensor:
    found = own.gradient(start, episode.query[0])
    own.drain_losses()
    require_compiled(own)
    return found
