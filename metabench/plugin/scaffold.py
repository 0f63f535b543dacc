"""The files of a new plugin's package, from templates."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import final

from metabench.errors import UsageError

__all__ = ["KINDS", "PackageName", "package_files"]

KINDS = ("algorithm", "sampler", "task", "metric", "renderer", "observer")
"""The kinds of plugins that there are hooks for, and templates."""

_TEMPLATES = Path(__file__).parent / "templates"
_SUFFIX = ".template"
_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_LONGEST = 60
_HOLDS = {
    "algorithm": ("algorithm.py", "options and descriptor; loads in no time", "the mathematics"),
    "sampler": ("sampler.py", "options and descriptor; loads in no time", "the distribution"),
    "task": ("train.jsonl", "the task's card: labels, metrics, licence", "rows to train on"),
    "metric": ("metric.py", "descriptor; loads in no time", "the score"),
    "renderer": ("renderer.py", "descriptor; loads in no time", "the format"),
    "observer": ("__init__.py", "one function per event", "one function per event"),
}


@final
@dataclass(frozen=True, slots=True)
class PackageName:
    """What a plugin is called in a benchmark file, and what its package is called after that.

    >>> PackageName("clipped-fomaml").package
    'metabench_clipped_fomaml'
    >>> PackageName("clipped-fomaml").title
    'ClippedFomaml'
    """

    name: str

    def __post_init__(self) -> None:
        """Refuse what cannot name a distribution, an entry point and a module at once.

        Raises:
            UsageError: the name is not lower-case words joined by hyphens.
        """
        if len(self.name) > _LONGEST or not _NAME.fullmatch(self.name):
            raise UsageError(
                f"{self.name!r} cannot be the name of a plugin",
                hint="use lower-case words of letters and digits joined by hyphens,"
                " such as clipped-fomaml",
            )

    @property
    def distribution(self) -> str:
        """What pip calls it."""
        return f"metabench-{self.name.removeprefix('metabench-')}"

    @property
    def package(self) -> str:
        """What Python calls it."""
        return self.distribution.replace("-", "_")

    @property
    def title(self) -> str:
        """What its class is called."""
        return "".join(word.capitalize() for word in self.name.split("-"))

    @property
    def words(self) -> str:
        """What a leaderboard calls it."""
        return self.name.replace("-", " ").capitalize()


def package_files(called: PackageName, kind: str) -> Mapping[str, str]:
    """Return the text of each file of a new package, by its path in the folder."""
    heavy, light, holds = _HOLDS[kind]
    values = {
        "article": "An" if kind[0] in "aeiou" else "A",
        "distribution": called.distribution,
        "function": called.package.removeprefix("metabench_"),
        "heavy": f"{called.package}/{heavy}",
        "holds": holds,
        "kind": kind,
        "light": light,
        "name": called.name,
        "package": called.package,
        "title": called.title,
        "words": called.words,
    }
    return {
        _target(path, folder, called): Template(path.read_text(encoding="utf-8")).substitute(values)
        for folder in (_TEMPLATES / "every", _TEMPLATES / kind)
        for path in sorted(folder.rglob(f"*{_SUFFIX}"))
    }


def _target(path: Path, folder: Path, called: PackageName) -> str:
    inside = path.relative_to(folder).as_posix().removesuffix(_SUFFIX)
    return inside.replace("test_PACKAGE", "test_plugin").replace("PACKAGE", called.package)
