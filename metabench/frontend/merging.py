"""Runs merged with the origin of every number: what agrees, what differs, what was edited."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, final

from metabench.results.profile import environment
from metabench.results.repeats import same_numbers
from metabench.results.score_lines import ScoreLine, score_lines

if TYPE_CHECKING:
    from metabench.results.collect import Collected
    from metabench.store.records.cell import Result
    from metabench.store.run_folder import Store

__all__ = ["Differing", "Execution", "MergedLine", "MergedRuns", "RunShare", "merge_runs"]


@final
@dataclass(frozen=True, slots=True)
class Execution:
    """One execution of a cell that several runs have.

    Args:
        run: the run folder.
        ended: when it was done, ISO time in UTC.
        scores: by metric, on the metric's own scale; empty for a cell that is not evaluated.
        losses: the first and the last loss.
        environment: versions, device and settings on which its bits depend.
        counts: whether its scores are those of the merged runs.
    """

    run: str
    ended: str
    scores: Mapping[str, float]
    losses: Mapping[str, float]
    environment: Mapping[str, str]
    counts: bool


@final
@dataclass(frozen=True, slots=True)
class Differing:
    """A cell that runs computed with different numbers; nothing is averaged.

    Args:
        cell: its name.
        key: its key.
        executions: by the time when they were done; the first counts.
        differs: names of the facts of the environments that are not equal.
    """

    cell: str
    key: str
    executions: tuple[Execution, ...]
    differs: tuple[str, ...]


@final
@dataclass(frozen=True, slots=True)
class RunShare:
    """What a run folder brings.

    Args:
        run: the run folder.
        cells: cells that are done.
        alone: of them, those that no other run has.
        same: those that another run has with the same numbers, and none with others.
        differing: those that another run has with other numbers.
        damaged: records that were edited or are damaged, one sentence each; they do not count.
    """

    run: str
    cells: int
    alone: int
    same: int
    differing: int
    damaged: tuple[str, ...]


@final
@dataclass(frozen=True, slots=True)
class MergedLine:
    """A score with the run folders that have it.

    Args:
        line: the score with versions, device and time.
        run: the run folder that it comes from; empty where there is no score.
        also: run folders that have the cell with the same numbers.
    """

    line: ScoreLine
    run: str
    also: tuple[str, ...]


@final
@dataclass(frozen=True, slots=True)
class MergedRuns:
    """Runs merged.

    Args:
        runs: what each brings.
        lines: every planned score.
        differing: the cells with different numbers.
    """

    runs: tuple[RunShare, ...]
    lines: tuple[MergedLine, ...]
    differing: tuple[Differing, ...]

    @property
    def damaged(self) -> int:
        """How many records do not count because they were edited or are damaged."""
        return sum(len(run.damaged) for run in self.runs)


def merge_runs(stores: Sequence[Store]) -> MergedRuns:
    """Return several runs merged; writes nothing.

    Raises:
        MetabenchError: a folder is not a run folder, or the runs cannot be compared.
    """
    from metabench.results.collect import collect
    from metabench.results.merge import merge
    from metabench.store.run_folder import reading_many

    with reading_many():
        collected = [collect(store) for store in stores]
    merged = merge(collected)
    names = [str(store.folder) for store in stores]
    return MergedRuns(
        tuple(_share(at, names, collected) for at in range(len(collected))),
        tuple(_lines(merged, names, collected)),
        tuple(_differing(merged, names, collected)),
    )


def _share(at: int, names: Sequence[str], runs: Sequence[Collected]) -> RunShare:
    run = runs[at]
    others = [other.results for number, other in enumerate(runs) if number != at]
    alone = same = differing = 0
    for key, result in run.results.items():
        known = [results[key] for results in others if key in results]
        if not known:
            alone += 1
        elif all(same_numbers(result, other) for other in known):
            same += 1
        else:
            differing += 1
    return RunShare(names[at], len(run.results), alone, same, differing, run.damage)


def _lines(
    merged: Collected, names: Sequence[str], runs: Sequence[Collected]
) -> Iterator[MergedLine]:
    for line in score_lines(merged):
        shown = merged.results.get(line.key)
        having = [
            name
            for name, run in zip(names, runs, strict=True)
            if shown is not None
            and line.key in run.results
            and same_numbers(run.results[line.key], shown)
        ]
        origin = _origin(shown, line.key, names, runs)
        yield MergedLine(line, origin, tuple(name for name in having if name != origin))


def _origin(shown: Result | None, key: str, names: Sequence[str], runs: Sequence[Collected]) -> str:
    pairs = zip(names, runs, strict=True)
    found = (name for name, run in pairs if shown is not None and run.results.get(key) is shown)
    return next(found, "")


def _differing(
    merged: Collected, names: Sequence[str], runs: Sequence[Collected]
) -> Iterator[Differing]:
    for key, shown in sorted(merged.results.items(), key=lambda pair: pair[1].name):
        pairs = zip(names, runs, strict=True)
        having = [(name, run.results[key]) for name, run in pairs if key in run.results]
        if all(same_numbers(shown, result) for _, result in having):
            continue
        executions = sorted(
            (_execution(name, result, counts=result is shown) for name, result in having),
            key=lambda one: (not one.counts, one.ended, one.run),
        )
        facts = dict.fromkeys(name for one in executions for name in one.environment)
        yield Differing(
            shown.name,
            key,
            tuple(executions),
            tuple(
                fact for fact in facts if len({one.environment.get(fact) for one in executions}) > 1
            ),
        )


def _execution(name: str, result: Result, *, counts: bool) -> Execution:
    where = result.provenance
    return Execution(
        name, where.ended, dict(result.scores), dict(result.losses), environment(where), counts
    )
