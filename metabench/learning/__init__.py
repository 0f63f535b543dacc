"""What a plugin's mathematics is written in. Loads torch."""

from metabench.learning.algorithm import Algorithm, Blocks, MetaGradient
from metabench.learning.batch import Batch
from metabench.learning.episode import Episode
from metabench.learning.inner_loop import inner_path
from metabench.learning.learner import Learner
from metabench.learning.sampler import SampledTask, Schedule, State, TaskSampler

__all__ = [
    "Algorithm",
    "Batch",
    "Blocks",
    "Episode",
    "Learner",
    "MetaGradient",
    "SampledTask",
    "Schedule",
    "State",
    "TaskSampler",
    "inner_path",
]
