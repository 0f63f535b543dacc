"""Weights & Biases: a run per cell; offline unless ``WANDB_MODE=online`` is set."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, final

from metabench_trackers.ledger import identity
from metabench_trackers.tracked import Step, TrackedCell, TrackedRun, settings

__all__ = ["tracker"]


def tracker(run: TrackedRun) -> Wandb:
    """Return the tracker of a run folder."""
    environment = os.environ  # noqa: TID251  (wandb's settings, which the user has set)
    environment.setdefault("WANDB_DATA_DIR", str(run.place.path))
    environment.setdefault("WANDB_ERROR_REPORTING", "false")
    online = environment.get("WANDB_MODE") in {"online", "shared"}
    return Wandb(run, online=online, project=environment.get("WANDB_PROJECT", "metabench"))


@final
class Wandb:
    """Runs of Weights & Biases, below ``RUN/wandb`` or sent to the server.

    Args:
        run: the run folder.
        online: whether the user asked for the server.
        project: name of the project.
    """

    def __init__(self, run: TrackedRun, *, online: bool, project: str) -> None:
        self._wandb: Any = import_module("wandb")
        self._run, self._project = run, project
        self.live = online
        self.to = f"online {project}" if online else f"offline {project}"

    def open(self, cell: TrackedCell) -> WandbRun:
        """Return the run of a cell.

        Offline, an incomplete run is replaced; online, it is resumed.
        """
        made = self._init(
            cell.key, cell.name, group=cell.group, job_type=str(cell.facts["stage"]),
            config={**cell.facts, **settings(cell)}, tags=[cell.method] if cell.method else [],
        )  # fmt: skip
        return WandbRun(made)

    def leaderboard(self, files: Sequence[Path]) -> None:
        """Send the leaderboard as an artifact of a run of this name."""
        benchmark = self._run.benchmark
        made = self._init("leaderboard", "leaderboard", group=benchmark, job_type="leaderboard")
        artifact = self._wandb.Artifact("leaderboard", type="leaderboard")
        for file in files:
            artifact.add_file(str(file))
        made.log_artifact(artifact)
        made.finish()

    def close(self) -> None:
        """End the service of wandb."""
        self._wandb.teardown()

    def _init(self, cell: str, name: str, **more: Any) -> Any:
        unique = f"{identity(self._run.place)} {cell}"
        number = hashlib.sha256(unique.encode()).hexdigest()[:16]
        for folder in () if self.live else self._run.place.path.glob(f"offline-run-*-{number}"):
            self._run.place.remove(folder.name)
        return self._wandb.init(
            project=self._project, id=number, name=name, dir=str(self._run.folder),
            mode="online" if self.live else "offline", resume="allow" if self.live else None,
            reinit="create_new", settings=self._settings(), **more,
        )  # fmt: skip

    def _settings(self) -> Any:
        """Return the settings with which a run records no host, user, path, code or output."""
        return self._wandb.Settings(
            console="off", silent=True, save_code=False, disable_code=True, disable_git=True,
            disable_job_creation=True, host="-", x_disable_machine_info=True, x_disable_meta=True,
            x_disable_stats=True,
        )  # fmt: skip


@final
class WandbRun:
    """A cell's run."""

    def __init__(self, made: Any) -> None:
        self._made = made
        self.last = max(made.starting_step - 1, 0) if made.resumed else 0

    def log(self, steps: Sequence[Step]) -> None:
        """Send steps."""
        for step in steps:
            self._made.log(dict(step.scalars), step=step.number)

    def finish(self, status: str, scores: Mapping[str, float]) -> None:
        """Send the scores as the run's summary, and end the run."""
        self._made.summary.update({
            "status": status, **{f"score/{name}": value for name, value in scores.items()},
        })  # fmt: skip
        self._made.finish(exit_code=int(status != "ok"))
