"""The process that makes one measurement: a job on its input, its numbers on its output.

``python -m perf.worker < job.json``
"""

from __future__ import annotations

import importlib
import json
import sys
from typing import TYPE_CHECKING

import torch

from perf.job import Job
from perf.peers import PeerMissingError

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["MODULES", "work_on"]

MODULES = {
    "gradient": "perf.gradient",
    "means": "perf.gradient",
    "growth": "perf.gradient",
    "rows": "perf.rows",
    "finetuning": "perf.finetuning",
    "encoding": "perf.encoding",
    "steady": "perf.steady",
}
"""Which module's ``measure`` makes a part's measurements."""


def work_on(job: Job) -> dict[str, object]:
    """Return ``numbers``, or ``skipped`` and why."""
    torch.set_num_threads(job.threads)
    measure: Callable[[Job], dict[str, float]] = importlib.import_module(MODULES[job.part]).measure
    try:
        return {"numbers": measure(job)}
    except PeerMissingError as error:
        return {"skipped": str(error)}


if __name__ == "__main__":
    answer = work_on(Job.model_validate_json(sys.stdin.read()))
    sys.stdout.write("\n" + json.dumps(answer) + "\n")
