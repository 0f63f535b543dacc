"""The options of the built-in launchers, as ``--launcher-set`` gives them."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from metabench.api import Options

__all__ = ["LocalOptions", "RayOptions", "SlurmOptions"]


class LocalOptions(Options):
    """Options of ``local``."""

    gpus: Annotated[tuple[int, ...], Field(max_length=64)] = ()
    """Numbers of the GPUs that agents get by turns, one each, in ``CUDA_VISIBLE_DEVICES``; without
    any, all agents see what this process sees."""


class RayOptions(Options):
    """Options of ``ray``."""

    address: str = "auto"
    """The cluster, as ``HOST:PORT``; ``auto`` is the one that this machine is a node of."""
    agents: Annotated[int, Field(ge=0, le=10_000)] = 0
    """Agents at a time; 0 is what ``--jobs`` says."""
    cpus: Annotated[float, Field(ge=0, le=1024)] = 1.0
    """Processor cores that Ray sets aside for each agent; at least ``compute.threads``."""
    gpus: Annotated[float, Field(ge=0, le=64)] = 0.0
    """GPUs that Ray sets aside for each agent; ``0.5`` puts two agents on one."""
    shared_folder: bool = True
    """Whether all nodes see the run folder; else checkpoints and results travel through Ray."""
    variables: tuple[str, ...] = ("HF_HOME", "HF_HUB_OFFLINE", "OMP_NUM_THREADS")
    """Environment variables that agents take over from this command, where it has them; all others
    are those of the node."""


class SlurmOptions(Options):
    """Options of ``slurm``; those without a value are left to the cluster's defaults."""

    jobs: Annotated[int, Field(ge=0, le=10_000)] = 0
    """Jobs at a time, each of which runs one cell after another; 0 is what ``--jobs`` says."""
    partition: str = ""
    """The partition (``sbatch --partition``)."""
    account: str = ""
    """The account that is charged."""
    qos: str = ""
    """The quality of service."""
    time: str = ""
    """The time limit of a job, such as ``04:00:00``; another job resumes its cell."""
    cpus: Annotated[int, Field(ge=1, le=1024)] = 1
    """Processor cores of each job; at least ``compute.threads``."""
    memory: str = ""
    """Memory of each job, such as ``16G``."""
    gpus: Annotated[int, Field(ge=0, le=64)] = 0
    """GPUs of each job."""
    notice: Annotated[int, Field(ge=1, le=3600)] = 60
    """Seconds before the time limit at which a job saves its cell."""
    arguments: tuple[str, ...] = ()
    """Further arguments of ``sbatch``, such as ``["--constraint=a100"]``."""
    setup: str = ""
    """Lines of shell that each job runs first, such as ``module load cuda``."""
    poll_seconds: Annotated[float, Field(ge=0.2, le=600)] = 10.0
    """Seconds from one question to Slurm which jobs are there to the next."""
