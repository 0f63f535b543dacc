"""The other libraries: fetched into a folder outside the project, loaded where one is measured."""

from __future__ import annotations

import importlib
import subprocess
import sys
import tarfile
from pathlib import Path
from types import ModuleType
from typing import Any

__all__ = ["VERSIONS", "PeerMissingError", "fetch", "load", "versions"]

VERSIONS = {"learn2learn": "0.2.0", "higher": "0.2.1", "torchopt": "0.7.3"}
_L2L = f"learn2learn-{VERSIONS['learn2learn']}"
_SUPPORT = ("optree", "graphviz")  # what torchopt imports


class PeerMissingError(Exception):
    """A library is not there; the message says why."""


def fetch(folder: Path) -> list[str]:
    """Fetch what is missing with pip; return what could not be had, and why.

    learn2learn does not build on Python 3.11, so that its source is unpacked and not installed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    site = folder / "site"
    problems = []
    if not (site / "higher").is_dir() or not (site / "torchopt").is_dir():
        pins = [f"{name}=={VERSIONS[name]}" for name in ("higher", "torchopt")]
        problems += _pip("install", "--target", str(site), "--no-deps", *pins, *_SUPPORT)
    if not (folder / _L2L).is_dir():
        problems += _pip(
            "download", "--no-deps", "--no-binary", "learn2learn", "--dest", str(folder),
            f"learn2learn=={VERSIONS['learn2learn']}",
        )  # fmt: skip
        archive = folder / f"{_L2L}.tar.gz"
        if archive.exists():
            with tarfile.open(archive) as file:
                file.extractall(folder, filter="data")
    return problems


def versions(folder: Path | None) -> dict[str, str]:
    """Return the versions of the libraries that are there."""
    if folder is None:
        return {}
    places = {name: folder / "site" / name for name in ("higher", "torchopt")}
    places["learn2learn"] = folder / _L2L
    return {name: VERSIONS[name] for name, place in places.items() if place.is_dir()}


def load(name: str, folder: Path | None) -> Any:
    """Return a library: ``higher``, ``torchopt``, or learn2learn's module of MAML alone.

    Raises:
        PeerMissingError: it is not there, or cannot be imported.
    """
    if folder is None or name not in versions(folder):
        raise PeerMissingError(f"{name} {VERSIONS[name]} is not in {folder}")
    try:
        if name == "learn2learn":
            return _learn2learn(folder / _L2L / "learn2learn")
        sys.path.insert(0, str(folder / "site"))
        return importlib.import_module(name)
    except ImportError as error:
        raise PeerMissingError(f"{name} cannot be imported: {error}") from error


def _learn2learn(root: Path) -> ModuleType:
    """Import ``algorithms/maml.py`` without what the packages around it import."""
    for name, place in (("learn2learn", root), ("learn2learn.algorithms", root / "algorithms")):
        package = ModuleType(name)
        package.__path__ = [str(place)]
        sys.modules[name] = package
    return importlib.import_module("learn2learn.algorithms.maml")


def _pip(*words: str) -> list[str]:
    command = [sys.executable, "-m", "pip", *words, "--quiet", "--disable-pip-version-check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode == 0:
        return []
    last = (done.stderr.strip().splitlines() or ["no message"])[-1]
    return [f"pip {words[0]}: {last}"]
