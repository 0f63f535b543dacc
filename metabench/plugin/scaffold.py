"""The files of a new plugin's package, from templates."""

from __future__ import annotations

import ast
import builtins
import keyword
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import final

from metabench.errors import UsageError

__all__ = ["KINDS", "PackageName", "package_files"]

KINDS = (
    "algorithm", "sampler", "adaptation", "task", "metric", "renderer", "observer", "launcher",
)  # fmt: skip
"""The kinds of plugins that there are hooks for, and templates."""

_TEMPLATES = Path(__file__).parent / "templates"
_SUFFIX = ".template"
_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_LONGEST = 50  # a scalar that is named after it and a bit has at most 64 letters
_HOLDS = {
    "algorithm": ("algorithm.py", "options and descriptor; loads in no time", "the mathematics"),
    "sampler": ("sampler.py", "options and descriptor; loads in no time", "the distribution"),
    "adaptation": (
        "adaptation.py",
        "options and descriptor; loads in no time",
        "what happens on a target",
    ),
    "task": ("train.jsonl", "the task's card: labels, metrics, licence", "examples to train on"),
    "metric": ("metric.py", "descriptor; loads in no time", "the score"),
    "renderer": ("renderer.py", "descriptor; loads in no time", "the format"),
    "observer": ("__init__.py", "one function per event", "one function per event"),
    "launcher": ("launcher.py", "options and descriptor; loads in no time", "agents and lines"),
}


@final
@dataclass(frozen=True, slots=True)
class PackageName:
    """A plugin's name in benchmark files, and the names derived from it.

    >>> PackageName("clipped-fomaml").package
    'metabench_clipped_fomaml'
    >>> PackageName("clipped-fomaml").title
    'ClippedFomaml'
    """

    name: str

    def __post_init__(self) -> None:
        """Refuse names that do not fit a distribution, an entry point, a module and a class.

        Raises:
            UsageError: the name is not lower-case words joined by hyphens, or is reserved by
                Python.
        """
        if len(self.name) > _LONGEST or not _NAME.fullmatch(self.name):
            meant = re.sub(r"[^a-z0-9]+", "-", self.name.lower()).strip("-")
            such = meant[:_LONGEST] if _NAME.fullmatch(meant[:_LONGEST]) else "clipped-fomaml"
            raise UsageError(
                f"{self.name!r} cannot be the name of a plugin",
                hint="use lower-case words of letters and digits joined by hyphens,"
                f" such as {such}",
            )
        if any(
            keyword.iskeyword(word) or hasattr(builtins, word)
            for word in (self.function, self.title)
        ):
            raise self.taken()

    @property
    def distribution(self) -> str:
        """The name of its distribution."""
        return f"metabench-{self.name.removeprefix('metabench-')}"

    @property
    def package(self) -> str:
        """The name of its package."""
        return self.distribution.replace("-", "_")

    @property
    def title(self) -> str:
        """The name of its class."""
        return "".join(word.capitalize() for word in self.name.split("-"))

    @property
    def function(self) -> str:
        """The name of its function."""
        return self.package.removeprefix("metabench_")

    def taken(self) -> UsageError:
        """Return the error for a name that clashes with one in its code."""
        return UsageError(
            f"{self.name!r} cannot be the name of a plugin: the word means something already",
            hint=f"choose another name, such as my-{self.name}",
        )

    @property
    def words(self) -> str:
        """Its name in a leaderboard."""
        return self.name.replace("-", " ").capitalize()


def package_files(called: PackageName, kind: str) -> Mapping[str, str]:
    """Return the text of each file of a new package, by its path in the folder.

    Raises:
        UsageError: its class or function would be called like something else that its code names.
    """
    heavy, light, holds = _HOLDS[kind]
    values = {
        "article": "An" if kind[0] in "aeiou" else "A",
        "distribution": called.distribution,
        "function": called.function,
        "heavy": f"{called.package}/{heavy}",
        "holds": holds,
        "kind": kind,
        "light": light,
        "name": called.name,
        "package": called.package,
        "title": called.title,
        "words": called.words,
    }
    files = {
        _target(path, folder, called): Template(path.read_text(encoding="utf-8")).substitute(values)
        for folder in (_TEMPLATES / "every", _TEMPLATES / kind)
        for path in sorted(folder.rglob(f"*{_SUFFIX}"))
    }
    for name, text in files.items():
        if name.endswith(".py"):
            bound = _bound(ast.parse(text))
            if len(bound) > len(set(bound)):
                raise called.taken()
    return files


def _bound(module: ast.Module) -> list[str]:
    """Return the names that a module defines and imports; each is there once in a sound one."""
    imports = (node for node in ast.walk(module) if isinstance(node, ast.Import | ast.ImportFrom))
    names = [alias.asname or alias.name for node in imports for alias in node.names]
    defined = [n.name for n in module.body if isinstance(n, ast.ClassDef | ast.FunctionDef)]
    return [*names, *defined]


def _target(path: Path, folder: Path, called: PackageName) -> str:
    inside = path.relative_to(folder).as_posix().removesuffix(_SUFFIX)
    return inside.replace("test_PACKAGE", "test_plugin").replace("PACKAGE", called.package)
