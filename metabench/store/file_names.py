"""The names of the files and folders of a run folder, defined only here."""

from __future__ import annotations

import re

__all__ = [
    "AGAIN",
    "AGENTS",
    "CACHE",
    "CANCEL",
    "CELL",
    "CELLS",
    "CHECKPOINT",
    "CHECKPOINTS",
    "EARLIER",
    "FAILURE",
    "HARDWARE",
    "LOCK",
    "LOG",
    "METRICS",
    "OUTPUT",
    "PARAMETERS",
    "PREDICTIONS",
    "PROCESSES",
    "RESOLVED",
    "RESULT",
    "RUN",
    "SMOKE_SUFFIX",
    "SPEC",
    "STATE",
    "SUMS",
    "TEMPORARY",
    "is_ours",
    "is_step",
    "set_aside",
    "step_name",
]

RUN, SPEC, RESOLVED = "run.json", "spec.toml", "resolved.toml"
"""Of a run: its request, its original benchmark file, and the same with all defaults."""
HARDWARE = "hardware.json"
"""Of a run that wants one kind: the first processor and GPU."""
OUTPUT = "output.txt"
"""Of a run without a terminal: what its command prints."""
CELLS, PROCESSES, LOCK = "cells", "processes", "LOCK"
"""Of a run: a folder for each cell, the lock files of the processes that work on it, its own."""
CELL, RESULT, FAILURE = "cell.json", "result.json", "failure.json"
"""The records of a cell: its description, its result, its failure."""
LOG, METRICS = "log.txt", "metrics.jsonl"
"""The files of a running cell: its log, and the scalars of its steps."""
PARAMETERS, PREDICTIONS = "parameters.safetensors", "predictions.parquet"
"""The output of a pretrain or meta cell, and of a fine-tune cell."""
CHECKPOINTS, EARLIER = "checkpoints", "earlier"
"""Folders in that of a cell: its checkpoints, and older results that have other numbers."""
STATE, CHECKPOINT, SUMS = "state.safetensors", "checkpoint.json", "SHA256SUMS"
"""The files of a checkpoint: tensors, their record, the sha256 of both."""
CANCEL = "CANCEL"
"""Among the lock files of the processes: the request that all of them stop."""
AGENTS = "agents"
"""Of a run: the launchers' files of their agents."""
CACHE = ".cache"
"""Next to the run folders: encoded examples."""
SMOKE_SUFFIX = ".smoke"
"""How the folder of a smoke run ends, after the name of its benchmark."""
AGAIN = ".again-"
"""How the folder of a cell begins, before its name, while a cell that is done is run again."""

TEMPORARY = re.compile(r"\..+\.[0-9]+-[0-9a-f]+\.(tmp|old)|\.step-[0-9]+\.[0-9]+\.tmp")
"""Temporary names of files being written or set aside; the last form is that of 0.1."""
_SET_ASIDE = re.compile(r"\.(.+)\.[0-9]+-[0-9a-f]+\.old")
_NUMBERED = re.compile(r"step-[0-9]+|[0-9]+")
_OURS = {
    CELL, RESULT, FAILURE, LOG, METRICS, PARAMETERS, PREDICTIONS, CHECKPOINTS, EARLIER, STATE,
    CHECKPOINT, SUMS, LOCK,
}  # fmt: skip


def is_ours(name: str) -> bool:
    """Return whether metabench may have written a file or folder of this name for a cell."""
    return name in _OURS or bool(_NUMBERED.fullmatch(name) or TEMPORARY.fullmatch(name))


def is_step(name: str) -> bool:
    """Return whether a folder is called as that of a checkpoint is."""
    return name.startswith("step-") and name[5:].isdecimal()


def set_aside(name: str) -> str | None:
    """Return the name that a folder had before it was set aside; None where it was not.

    >>> set_aside(".a.12-0f.old")
    'a'
    """
    found = _SET_ASIDE.fullmatch(name)
    return found[1] if found else None


def step_name(step: int) -> str:
    """Return the name of a checkpoint's folder."""
    return f"step-{step:09d}"
