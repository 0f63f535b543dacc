"""For authors of plugins: a tiny but real model, batches and episodes, and the conformance kit.

Modules and packages, in the order in which data passes through:

    quadratic: a learner whose losses are quadratics, with meta-gradients in closed form
    tiny: a two-layer BERT in float64 with random weights, and random examples for it
    conformance: checks of plugins, for pytest and for `metabench plugins check`
"""

from metabench.testing.quadratic import QuadraticLearner
from metabench.testing.tiny import TINY_HEADS, TinyEpisodes, tiny_batch, tiny_episode, tiny_learner

__all__ = [
    "TINY_HEADS",
    "QuadraticLearner",
    "TinyEpisodes",
    "tiny_batch",
    "tiny_episode",
    "tiny_learner",
]
