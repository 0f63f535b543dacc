"""The git checkout around the working folder, queried without running any of its programs.

A repository's configuration can make ``git status`` run a file-system monitor, hooks, the clean
filters of its files, and the transport of a partial clone. Each is switched off.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from functools import cache

__all__ = ["checkout"]

_SECONDS = 5
_SETTINGS = (
    "core.fsmonitor=false",
    f"core.hooksPath={os.devnull}",
    "safe.bareRepository=explicit",
)
_ENVIRONMENT = {
    "GIT_ALLOW_PROTOCOL": "none",  # nothing is fetched
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_OPTIONAL_LOCKS": "0",  # the index is not written
    "GIT_PAGER": "cat",
    "GIT_TERMINAL_PROMPT": "0",
    "LC_ALL": "C",
}
_NONE_FOUND = 1
_PROGRAMS = (".clean", ".smudge", ".process")


@cache
def checkout() -> tuple[str | None, bool | None]:
    """Return commit and dirtiness of the working folder; None where git does not know them.

    Files are compared as stored, without filters.
    """
    commit = _git("rev-parse", "--verify", "--quiet", "HEAD")
    if not commit:
        return None, None
    off = _filters_off()
    if off is None:
        return commit, None
    arguments = ("--porcelain", "--untracked-files=no", "--ignore-submodules=dirty", "--no-renames")
    changed = _git("status", *arguments, settings=off)
    return commit, None if changed is None else bool(changed)


def _filters_off() -> tuple[str, ...] | None:
    """Return the settings that take every filter's programs away; None where that cannot be."""
    listed = _git("config", "--null", "--name-only", "--get-regexp", r"^filter\.", none="")
    if listed is None:
        return None
    names = {name.rpartition(".")[0] for name in listed.split("\0") if name.endswith(_PROGRAMS)}
    if any("=" in name for name in names):  # git -c would take it for the end of the name
        return None
    off = [f"{name}{program}=" for name in sorted(names) for program in _PROGRAMS]
    return (*off, *(f"{name}.required=false" for name in sorted(names)))


def _git(*arguments: str, settings: tuple[str, ...] = (), none: str | None = None) -> str | None:
    """Return git's output, ``none`` where it finds nothing, None where it fails."""
    chosen = [word for setting in (*_SETTINGS, *settings) for word in ("-c", setting)]
    try:
        done = subprocess.run(  # noqa: S603  (fixed arguments)
            ["git", "--no-pager", *chosen, *arguments],  # noqa: S607  (the user's own git)
            capture_output=True,
            check=False,
            env=_environment(os.environ),  # noqa: TID251  (handed on, less what steers git)
            stdin=subprocess.DEVNULL,
            timeout=_SECONDS,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    if done.returncode:
        return none if done.returncode == _NONE_FOUND else None
    return os.fsdecode(done.stdout).strip()


def _environment(ours: Mapping[str, str]) -> dict[str, str]:
    kept = {name: value for name, value in ours.items() if not name.startswith("GIT_")}
    return {**kept, **_ENVIRONMENT}
