"""PCGrad: joint training without the parts of gradients that conflict with other tasks'."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, final

import torch
from jaxtyping import Float
from torch import Tensor
from typing_extensions import override

from metabench.learning import Algorithm, MetaGradient
from metabench_algorithms.options import PcGradOptions

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from metabench.learning import Blocks, Episode, Learner
    from metabench.seeding import Stream

__all__ = ["PcGrad"]


@final
class PcGrad(Algorithm[PcGradOptions]):
    r"""Joint training along projected gradients.

    Of each drawn task i, with :math:`g_i` the sum of its episodes' gradients, and of the others j
    in random order:

    .. math::
        g_i^{PC} \leftarrow g_i^{PC} - \frac{\min(0, g_i^{PC} \cdot g_j)}{\lVert g_j \rVert^2} g_j

    beginning with :math:`g_i^{PC} = g_i`; the direction is the sum over tasks by the number of
    episodes. Tasks share the encoder, and so it is the encoder's part of a gradient that is
    projected; a head's is left as it is.

    Source: Yu et al. 2020, algorithm 1.
    Differs: a task that was drawn twice counts twice, so that without conflicts this is joint
    training.
    """

    follows_gradients: ClassVar[bool] = True

    @override
    def initial_state(self, learner: Learner) -> Blocks:
        encoder = learner.spans()["encoder"]
        return {"encoder": torch.tensor([encoder.start, encoder.stop])}

    @override
    def meta_gradient(self, learner: Learner, meta: Blocks, episode: Episode) -> MetaGradient:
        return MetaGradient({"theta": learner.gradient(meta["theta"], episode.query[0])})

    @override
    def combine(
        self, directions: Iterable[Blocks], episodes: Sequence[Episode], state: Blocks
    ) -> tuple[Blocks, Blocks]:
        gradients: dict[str, Tensor] = {}
        streams: dict[str, Stream] = {}
        for episode, direction in zip(episodes, directions, strict=True):
            task, gradient = episode.task, direction["theta"]
            gradients[task] = gradients[task] + gradient if task in gradients else gradient
            streams.setdefault(task, episode.stream.child("order"))

        start, stop = state["encoder"].tolist()
        shared = {task: gradient[start:stop] for task, gradient in gradients.items()}
        total = sum(gradients.values(), torch.zeros_like(direction["theta"]))
        total[start:stop] = 0
        for task, stream in streams.items():
            total[start:stop] += _projected(task, shared, stream)
        return {"theta": total / len(episodes)}, state


def _projected(
    task: str, gradients: Mapping[str, Float[Tensor, " S"]], stream: Stream
) -> Float[Tensor, " S"]:
    """Return a task's gradient with conflicting components projected out, in the stream's order."""
    others = sorted(set(gradients) - {task})
    found = gradients[task].clone()
    for place in stream.numpy().permutation(len(others)):
        other = gradients[others[int(place)]]
        conflict = torch.clamp(found @ other, max=0.0)
        found -= conflict / (other @ other).clamp(min=torch.finfo(other.dtype).tiny) * other
    return found
