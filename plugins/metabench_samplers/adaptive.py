"""Adaptive task sampling: the tasks with the highest losses are drawn most."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import final

from typing_extensions import override

from metabench.learning import SampledTask, State, TaskSampler
from metabench_samplers.options import AdaptiveOptions

__all__ = ["Adaptive"]


@final
class Adaptive(TaskSampler[AdaptiveOptions]):
    r"""Draw a task the more often, the less its loss has fallen since it was first drawn.

    .. math::
        r_i = \bar L_i / L_i^{(0)}, \qquad
        p(T_i) = (1 - \varepsilon) \, r_i^\alpha / \textstyle\sum_j r_j^\alpha + \varepsilon / n

    The mean loss is moved along at each draw, :math:`\bar L_i \leftarrow m \bar L_i + (1 - m) L_i`,
    beginning at the first loss; a task that was never drawn has r = 1, as at its first draw. Ratios
    have no unit, so that cross-entropies and squared errors compare.

    Source: r is the inverse training rate of Chen et al. 2018, GradNorm, section 3.1, and alpha its
    power there.
    Differs: GradNorm sets the sizes of the tasks' gradients by it, here it sets how often a task is
    drawn; losses are averaged over draws, and a share of the draws is uniform.
    """

    @override
    def probabilities(
        self, step: int, tasks: Sequence[SampledTask], state: State
    ) -> Mapping[str, float]:
        """Return the probabilities by the losses so far; uniform before there are any."""
        ratios = {task.name: _ratio(state, task.name) for task in tasks}
        largest = max(ratios.values()) or 1.0
        weights = {name: (ratio / largest) ** self.options.power for name, ratio in ratios.items()}
        total = sum(sorted(weights.values()))
        share = self.options.uniform_share if total > 0 else 1.0
        return {
            name: share / len(tasks) + (1 - share) * weight / (total or 1.0)
            for name, weight in weights.items()
        }

    @override
    def update(self, state: State, losses: Mapping[str, float]) -> State:
        """Return the state with the drawn tasks' means moved, and their first losses noted."""
        memory, changed = self.options.memory, dict(state)
        for task, loss in losses.items():
            changed.setdefault(f"first/{task}", loss)
            before = changed.get(f"mean/{task}", loss)
            changed[f"mean/{task}"] = memory * before + (1 - memory) * loss
        return changed


def _ratio(state: State, task: str) -> float:
    """Return r, at most a million; where the first loss is zero, nothing is left to learn."""
    first = state.get(f"first/{task}", 1.0)
    return min(max(0.0, state.get(f"mean/{task}", 1.0) / first), 1e6) if first > 0 else 0.0
