"""Which tests run a function: found by coverage, kept for each test file as it is."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, final

from mutants.changes import ROOT, Mutant

__all__ = ["Guards", "test_files"]

_PAGES = (
    "docs/test_equations.py", "docs/test_paper_page.py", "docs/test_reference.py",
    "docs/test_statistics_page.py",
)  # fmt: skip
_FILES = (
    *(
        f"unit/{package}/**/test_*.py"
        for package in (
            "data", "engine", "leaderboard", "metabench_adaptations", "metabench_samplers",
            "metrics", "nn", "plan", "results", "session/cell", "session/replay", "store", "tasks",
        )
    ),
    "unit/session/test_*.py", "unit/test_*.py", "numerics/test_*.py", *_PAGES,
)  # fmt: skip
"""Where the tests are that may notice a change: mirrors, laws and pages, not commands."""

_NOT_TRIED = {
    "tests/numerics/test_compiled_layers.py",  # compile for half a minute each
    "tests/numerics/test_mutants.py",  # starts this tool
}
_COMMANDS = 60.0  # seconds of a file that tries commands
_LONG = 2.0  # seconds of a test that comes after the others


def test_files() -> list[str]:
    """Return the test files that may notice a change."""
    return [
        str(file.relative_to(ROOT))
        for pattern in _FILES
        for file in sorted((ROOT / "tests").glob(pattern))
        if str(file.relative_to(ROOT)) not in _NOT_TRIED
    ]


@final
class Guards:
    """What is known of test files, kept in a folder.

    Args:
        folder: one file for each test file.

    Attributes:
        refused: the tests that were seen to fail without a change, so that they notice none.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self._running: Mapping[str, list[tuple[str, bool]]] | None = None
        self._seconds: dict[str, float] = {}
        self.refused: set[str] = set()

    def missing(self) -> list[str]:
        """Return the test files of which nothing is known as they are now.

        They are those that changed, and those that ran a module that did.
        """
        modules = {file: self._known(file).get("modules") for file in test_files()}
        now = {path: _digest(path) for known in modules.values() for path in known or ()}
        return [
            file
            for file, known in modules.items()
            if known is None or any(now[path] != known[path] for path in known)
        ]

    def keep(self, file: str, found: Mapping[str, Any]) -> None:
        """Keep what a test file runs."""
        tests = found.get("tests", {}).values()
        ran = {name.partition(":")[0] for one in tests for name in (*one["setup"], *one["call"])}
        modules = {path: _digest(path) for path in sorted(ran)}
        text = json.dumps({**found, "modules": modules})
        self._place(file).write_text(text, encoding="utf-8")

    def of(self, mutant: Mutant, *, seconds: float) -> list[str]:
        """Return the tests that can notice a change, file by file, the best first.

        Those of the mirror are always among them; of others that together take longer than
        ``seconds``, the slowest are left out. Where no test runs the function in its own process,
        it is the file of that name that tries commands, if there is one.
        """
        path = Path(mutant.path)
        mirror = f"tests/unit/{'/'.join([*path.parts[1:-1], f'test_{path.stem}'])}"
        found = {
            name: mine
            for name, mine in self._of(mutant).items()
            if name in self._seconds and name not in self.refused
        }
        parts: dict[tuple[bool, bool, bool, str], list[str]] = defaultdict(list)
        spent = 0.0
        for name in sorted(found, key=self._seconds.__getitem__):
            took, near = self._seconds[name], name.startswith(mirror)
            spent += 0.0 if near else took
            if near or spent <= seconds:
                part = not near, took > _LONG, not found[name], name.partition("::")[0]
                parts[part].append(name)
        order = sorted(parts, key=lambda part: (*part[:3], self.took(parts[part])))
        chosen = [name for part in order for name in parts[part]]
        commands = sorted((ROOT / "tests" / "integration").glob(f"test_{path.stem}.py"))
        found_files = [str(file.relative_to(ROOT)) for file in commands]
        return chosen or [name for name in found_files if name not in self.refused]

    def took(self, tests: Sequence[str]) -> float:
        """Return the seconds that tests took on the unchanged code."""
        return sum(self._seconds.get(name, _COMMANDS) for name in tests)

    def _of(self, mutant: Mutant) -> dict[str, bool]:
        """Return the tests that run a function, and whether it is run in their own call."""
        if self._running is None:
            self._running = self._read()
        place = f"{mutant.path}:{mutant.function}"
        if mutant.function:
            return dict(self._running.get(place, ()))
        within = [name for name in self._running if name.startswith(place)]  # of the module
        pages = {name: True for name in self._seconds if name.startswith("tests/docs")}
        return pages | {test: own for name in within for test, own in self._running[name]}

    def _read(self) -> Mapping[str, list[tuple[str, bool]]]:
        running: dict[str, list[tuple[str, bool]]] = defaultdict(list)
        for file in test_files():
            tests = self._known(file).get("tests", {})
            shared = {name for one in tests.values() for name in one["setup"]}
            for test, one in tests.items():
                self._seconds[test] = one["seconds"]
                for name in shared.difference(one["call"]):  # what fixtures run
                    running[name].append((test, False))
                for name in one["call"]:
                    running[name].append((test, True))
        return running

    def _known(self, file: str) -> Mapping[str, Any]:
        place = self._place(file)
        found: dict[str, Any] = {}
        if place.exists():
            found = json.loads(place.read_text(encoding="utf-8"))
        return found

    def _place(self, file: str) -> Path:
        return self._folder / f"{Path(file).stem}-{_digest(file)}.json"


def _digest(path: str) -> str:
    """Return what a file is known by as long as it is as it is; nothing of one that is gone."""
    file = ROOT / path
    data = file.read_bytes() if file.exists() else b""
    return hashlib.sha256(path.encode() + data).hexdigest()[:16]
