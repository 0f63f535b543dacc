"""A small run that every command can be tried on, made once for all tests and their processes."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from kit.benchmark import JOINT, PLAIN, benchmark, method
from kit.watched import Watched

__all__ = ["COMMANDS", "example_run", "words"]

BENCHMARK = benchmark(
    "tiny",
    *(PLAIN, JOINT, method("Broken", "maml", inner_steps=40, inner_lr=100.0)),
    tasks={"target": ["embedded/grammar"]},
    meta={"steps": 1, "tasks_per_step": 1},
    finetune={"epochs": 0.05},
    compare={"baselines": ["Plain"]},
)

COMMANDS = {
    "status": ("status", "{run}"),
    "status --json": ("status", "{run}", "--json"),
    "verify": ("verify", "{run}"),
    "compare": ("compare", "{run}"),
    "compare html": ("compare", "{run}", "--format", "html"),
    "compare json": ("compare", "{run}", "--format", "json"),
    "advise": ("advise", "{run}", "--baseline", "Plain"),
    "merge": ("merge", "{run}", "runs/../{run}"),
    "show": ("show", "{cell}", "--runs", "runs"),
    "logs": ("logs", "{cell}", "--runs", "runs"),
    "logs --scalars": ("logs", "{cell}", "--scalars", "--runs", "runs"),
    "site": ("site", "{run}", "-o", "pages"),
    "export records": ("export", "records", "{run}", "copy"),
    "export glue": ("export", "glue", "{run}", "--method", "Plain", "-o", "x.zip"),
    "review": ("review", "{run}", "--rerun", "0"),
    "reproduce": ("reproduce", "{run}/cells/{cell}/result.json"),
    "export model": ("export", "model", "{cell}", "model", "--runs", "runs"),
    "score --write": ("score", "{run}", "--write"),
    "run": ("run", "tiny.toml", "--runs", "runs"),
    "run --force": ("run", "tiny.toml", "--runs", "runs", "--force", "--only", "method=Plain"),
}
"""Every command that reads a run folder; those that write come last."""


def words(name: str, cell: str) -> list[str]:
    """Return the words of a command; ``cell`` is the folder of one of the run's cells."""
    return [word.format(run="runs/tiny", cell=cell) for word in COMMANDS[name]]


def example_run(place: Path, watched: Watched) -> Path:
    """Return a folder with a run that metabench wrote, and let a process import what reads it.

    The first of several processes makes it.
    """
    folder, begun = place / "example", place / f"example-{os.getpid()}"
    if not folder.exists():
        begun.mkdir()
        (begun / "tiny.toml").write_text(BENCHMARK)
        made = watched.run(begun, "run", "tiny.toml", "--runs", "runs", allowed=begun)
        assert made.code == 1, made.said  # one method fails, so that there is a failure.json
        _arm(begun)
        try:
            begun.rename(folder)
        except OSError:  # another process was faster
            assert folder.exists()
    cell = next(path.name for path in (folder / "runs/tiny/cells").glob("adapt-plain-*"))
    for name in ("status", "verify", "compare html", "show", "logs"):
        watched.warm(folder, *words(name, cell))
    watched.warm(folder, *words("run", cell), "--dry-run")
    return folder


def _arm(folder: Path) -> None:
    """Make a repository of it that leaves a file ``PWNED`` where git is asked without care."""
    hook = folder / ".git" / "watch"
    for arguments in (("init",), ("add", "tiny.toml"), ("config", "core.fsmonitor", ".git/watch")):
        git = ["git", "-C", str(folder), *arguments]
        subprocess.run(git, check=True, capture_output=True)
    hook.write_text("#!/bin/sh\ntouch PWNED\n")
    hook.chmod(0o755)
