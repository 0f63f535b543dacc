"""For authors of plugins: a real but tiny model, batches and episodes to try mathematics on."""

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
