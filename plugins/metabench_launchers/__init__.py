"""The built-in launchers: where the agents run that do the cells of a run. Never loads torch.

Modules and packages, in the order in which data passes through:

    options: the options of the launchers
    local: processes of this machine
    ray_actors: actors of a Ray cluster
    slurm: jobs of a Slurm cluster
"""

from __future__ import annotations

from metabench.api import LauncherInfo, hookimpl
from metabench_launchers.options import LocalOptions, RayOptions, SlurmOptions

__all__ = ["METABENCH_API", "metabench_launchers"]

METABENCH_API = 1


@hookimpl
def metabench_launchers() -> list[LauncherInfo]:
    """Provide ``local``, ``ray`` and ``slurm``."""
    return [
        LauncherInfo(
            name="local",
            target="metabench_launchers.local:Local",
            options=LocalOptions,
            summary="processes of this machine, as many as --jobs sets (the default)",
        ),
        LauncherInfo(
            name="ray",
            target="metabench_launchers.ray_actors:Ray",
            options=RayOptions,
            summary="actors of a Ray cluster (metabench[ray])",
        ),
        LauncherInfo(
            name="slurm",
            target="metabench_launchers.slurm:Slurm",
            options=SlurmOptions,
            summary="jobs of a Slurm cluster whose nodes see the run folder",
        ),
    ]
