"""A cell that was run twice: whether it came to the same, and whether it had to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from typing import TYPE_CHECKING

from metabench.results.profile import changed, same_environment

if TYPE_CHECKING:
    from metabench.store.records.cell import Result

__all__ = ["nondeterministic", "repeat_notes", "same_numbers"]

_MOST_SHOWN = 3


def same_numbers(one: Result, other: Result) -> bool:
    """Return whether two results of a cell have the same files, losses, draws and scores.

    Recomputed scores are ignored: the files decide.
    """
    rescored = one.rescoring is not None or other.rescoring is not None
    return _numbers(one, scored=not rescored) == _numbers(other, scored=not rescored)


def nondeterministic(runs: Sequence[Mapping[str, Result]]) -> tuple[str, ...]:
    """Return the names of the cells that differ from themselves in one execution environment."""
    flagged = {
        result.name for results in runs for result in results.values() if result.nondeterministic
    }
    pairs = _different(runs)
    apart = {one.name for one, two in pairs if same_environment(one.provenance, two.provenance)}
    return tuple(sorted(flagged | apart))


def repeat_notes(runs: Sequence[Mapping[str, Result]]) -> Iterator[str]:
    """Yield the notes on cells that were run more than once, one sentence each."""
    flagged = nondeterministic(runs)
    if flagged:
        more = f" and {len(flagged) - 1} more" * (len(flagged) > 1)
        yield (
            f"NONDETERMINISTIC: {flagged[0]}{more} gave other numbers when run again on the same"
            " machine profile; both results are kept, one is shown"
        )
    differ = {
        one.name: _said(one, other) for one, other in _different(runs) if one.name not in flagged
    }
    if differ:
        were = "1 cell was" if len(differ) == 1 else f"{len(differ)} cells were"
        rest = len(differ) - _MOST_SHOWN
        shown = [*list(differ.values())[:_MOST_SHOWN], *([f"{rest} more"] if rest > 0 else [])]
        yield (
            f"TWICE: {were} run more than once and gave other scores; the first to be done counts,"
            f" nothing is averaged: {'; '.join(shown)}"
        )


def _said(one: Result, other: Result) -> str:
    """Return a cell's numbers in both executions, and what differs between the environments."""
    first, later = sorted([one, other], key=lambda result: result.provenance.ended)
    scores = [
        f"{name} {first.scores[name]:.4f}, then {later.scores[name]:.4f}"
        for name in first.scores
        if name in later.scores and later.scores[name] != first.scores[name]
    ]
    places = changed(first.provenance, later.provenance)
    rest = len(places) - _MOST_SHOWN
    shown = [*places[:_MOST_SHOWN], *([f"{rest} more"] if rest > 0 else [])]
    return f"{one.name}: {', '.join(scores) or 'other parameters'} ({', '.join(shown)})"


def _different(runs: Sequence[Mapping[str, Result]]) -> Iterator[tuple[Result, Result]]:
    known: dict[str, list[Result]] = {}
    for results in runs:
        for key, result in results.items():
            known.setdefault(key, []).append(result)
    for several in known.values():
        for one, other in combinations(several, 2):
            if not same_numbers(one, other):
                yield one, other


def _numbers(result: Result, *, scored: bool) -> tuple[object, ...]:
    files = sorted((file.path, file.sha256) for file in (*result.files, *result.left_out))
    scores = dict(result.scores) if scored else {}
    return files, scores, dict(result.losses), dict(result.draws), result.steps
