"""What each test runs: by coverage."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from time import perf_counter, process_time
from typing import TYPE_CHECKING, Any, final

from mutants.changes import functions

if TYPE_CHECKING:
    import pytest

__all__ = ["Covered", "functions_run"]


def functions_run(data: Any, places: Mapping[str, str]) -> dict[str, set[str]]:
    """Return the functions that ran in each context, such as ``metabench/nn/body.py:Body.run``.

    Args:
        data: what coverage has measured.
        places: for each file its path from the root.
    """
    ran: dict[str, set[str]] = defaultdict(set)
    for path, module in places.items():
        within = functions(ast.parse(Path(path).read_bytes()))
        for line, contexts in data.contexts_by_lineno(path).items():
            if line in within:
                for context in contexts:
                    ran[context].add(f"{module}:{within[line]}")
    return ran


@final
class Covered:
    """Has coverage tell tests apart, and keeps the CPU time of each and whether it passed.

    Args:
        places: for each file its path from the root.
    """

    def __init__(self, places: Mapping[str, str]) -> None:
        import coverage  # noqa: PLC0415  (only here)

        self._places = places
        self._coverage = coverage.Coverage(data_file=None, config_file=False, include=list(places))
        self._seconds: dict[str, float] = {}
        self._failed: set[str] = set()
        self._began, self._all = 0.0, perf_counter()
        self._coverage.start()

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        """Begin with a test."""
        self._coverage.switch_context(f"{nodeid}\tsetup")
        self._began = process_time()

    def pytest_runtest_call(self, item: pytest.Item) -> None:
        """Tell what a test calls from what its fixtures do."""
        self._coverage.switch_context(item.nodeid)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep how a test went."""
        self._seconds[report.nodeid] = process_time() - self._began
        if not report.passed:
            self._failed.add(report.nodeid)

    def found(self) -> dict[str, Any]:
        """Return all that is known of the tests."""
        self._coverage.stop()
        ran = functions_run(self._coverage.get_data(), self._places)
        tests = {
            name: {
                "seconds": round(seconds, 3),
                "call": sorted(ran[name]),
                "setup": sorted(ran[f"{name}\tsetup"]),
            }
            for name, seconds in self._seconds.items()
            if name not in self._failed
        }
        took = round(perf_counter() - self._all, 3)
        return {"seconds": took, "tests": tests, "failed": sorted(self._failed)}
