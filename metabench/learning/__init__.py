"""The types that a plugin's mathematics is written with. Loads torch.

Modules and packages, in the order in which data passes through:

    batch: a batch of encoded examples with its dropout seed
    episode: one task's batches for one meta-update
    learner: what an algorithm can evaluate: loss, gradient, HVP and features at a flat vector
    inner_loop: the inner loop of gradient-based meta-learners
    algorithm: the interface of an algorithm: from episodes to a meta-gradient
    sampler: the interface of a task sampler: from a step to the tasks of its meta-batch
    adaptation: the interface of an adaptation: from an initialisation to a model of a target
"""

from metabench.learning.adaptation import Adaptation, Target
from metabench.learning.algorithm import Algorithm, Blocks, MetaGradient
from metabench.learning.batch import Batch
from metabench.learning.episode import Episode
from metabench.learning.inner_loop import inner_path
from metabench.learning.learner import Learner
from metabench.learning.sampler import SampledTask, Schedule, State, TaskSampler

__all__ = [
    "Adaptation",
    "Algorithm",
    "Batch",
    "Blocks",
    "Episode",
    "Learner",
    "MetaGradient",
    "SampledTask",
    "Schedule",
    "State",
    "Target",
    "TaskSampler",
    "inner_path",
]
