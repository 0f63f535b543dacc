"""The process of a tracker: ``python -m metabench_trackers NAME RUN``; stdin names cells."""

from __future__ import annotations

import os
import sys
from contextlib import closing
from importlib import import_module
from pathlib import Path

from metabench_trackers.follower import follow
from metabench_trackers.place import Place
from metabench_trackers.redaction import one_line
from metabench_trackers.tracked import PROBLEM, TrackedRun

_TRACKERS = {"wandb": "metabench_trackers.wandb_runs", "mlflow": "metabench_trackers.mlflow_runs"}


def main(name: str, folder: str) -> int:
    """Follow a run folder to its end; return the exit code."""
    os.nice(10)  # cells come first
    with closing(Place(Path(folder), name)) as place:
        place.remove(PROBLEM)
        try:
            with place.alone():
                run = TrackedRun(Path(folder), place)
                follow(import_module(_TRACKERS[name]).tracker(run), run, sys.stdin.fileno())
        except Exception as error:  # noqa: BLE001  (the observer reports it)
            place.write(PROBLEM, one_line(error))
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
