"""Verdicts on changes: what was noticed, by a test that passes without the change."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from time import perf_counter
from typing import Any, final

from mutants.changes import Mutant
from mutants.guards import Guards
from mutants.process import Copy

__all__ = ["OPEN", "Verdicts"]

OPEN = {"survived", "unguarded"}


@final
class Verdicts:
    """What is known of changes, kept in a folder.

    Args:
        folder: one file for each change.
        known: the outcome of changes that are not tried, by their names.
        retry: whether to try again what no test noticed.
    """

    def __init__(self, folder: Path, known: Mapping[str, str], *, retry: bool = False) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder, self._known, self._retry = folder, known, retry

    def of(self, mutant: Mutant) -> dict[str, Any]:
        """Return what is known of a change; nothing where it is still to be tried."""
        if mutant.name in self._known:
            return {"outcome": self._known[mutant.name]}
        place = self._folder / f"{mutant.digest}.json"
        found = json.loads(place.read_text(encoding="utf-8")) if place.exists() else {}
        return {} if found.get("outcome") == "timed out" else found

    def wanting(self, mutant: Mutant) -> bool:
        """Return whether a change is to be tried."""
        found = self.of(mutant)
        return not found or (self._retry and found["outcome"] in OPEN)

    def judge(self, copy: Copy, mutant: Mutant, guards: Guards, *, seconds: float) -> None:
        """Try a change and keep the verdict.

        It is noticed where its tests fail, or never end, and the same ones pass without it. A test
        that fails without it is refused, here and for all further changes, and named.
        """
        began, refused = perf_counter(), set[str]()
        while True:
            outcome, by = _tried(copy, mutant, guards, seconds)
            if outcome:
                break
            refused.add(by)
            guards.refused.add(by)
        found = {
            "outcome": outcome, "by": by, "seconds": round(perf_counter() - began, 2),
            "name": mutant.name, "refused": sorted(refused),
        }  # fmt: skip
        place = self._folder / f"{mutant.digest}.json"
        place.write_text(json.dumps(found), encoding="utf-8")


def _tried(copy: Copy, mutant: Mutant, guards: Guards, seconds: float) -> tuple[str, str]:
    """Return the outcome and what noticed it; no outcome, and the test to refuse."""
    tests = guards.of(mutant, seconds=seconds)
    if not tests:
        return "unguarded", ""
    tried = copy.test(mutant, tests, seconds=guards.took(tests))
    if tried.passed:
        return "survived", ""
    until = tests.index(tried.failed) + 1 if tried.failed in tests else len(tests)
    same = copy.unchanged(tried, tests[:until], seconds=guards.took(tests[:until]))
    if same.failed:
        return "", same.failed if same.failed in tests else same.failed.partition("::")[0]
    ended = "no end" if tried.code is None else f"exit code {tried.code}"
    return ("noticed", tried.failed or ended) if same.passed else ("timed out", "")
