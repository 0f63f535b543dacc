"""What a reader has to know: the sentences under a leaderboard."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from metabench.api.leaderboard import LeaderboardColumn, LeaderboardRow
from metabench.results.collect import Collected
from metabench.tasks.overlap import overlap_note

__all__ = ["captions"]

_ENOUGH_PAIRS = 3


def captions(
    collected: Collected,
    rows: Sequence[LeaderboardRow],
    columns: Sequence[LeaderboardColumn],
    *,
    baselines: Sequence[str],
) -> tuple[str, ...]:
    """Return the sentences, most important first."""
    note = collected.note
    found = [
        *note.notes,
        *_overlaps(collected),
        *_part(collected),
        *([f"changed on the command line: {', '.join(note.overrides)}"] * bool(note.overrides)),
        *_metrics(columns),
        *_spread(collected),
        *_intervals(rows, baselines, confidence=1 - note.alpha),
        *_gaps(rows, columns),
        *_collapsed(rows),
    ]
    return tuple(dict.fromkeys(found))


def _part(collected: Collected) -> Iterator[str]:
    entries = collected.entries.values()
    missing = sum(entry.missing for entry in entries)
    if collected.note.only and missing:
        asked = ", ".join(collected.note.only)
        yield (
            f"PART: the run was last asked only for {asked}; {missing} of"
            f" {sum(entry.runs for entry in entries)} scores have not been run"
        )


def _overlaps(collected: Collected) -> Iterator[str]:
    """Yield for each column how many scored rows stand among those trained on.

    What planning has said of a whole task already is not said again.
    """
    note = collected.note
    for column in note.columns:
        entries = [entry for (_, name), entry in collected.entries.items() if name == column.name]
        worst = max(entries, key=lambda entry: entry.shared, default=None)
        said = any(line.startswith(f"OVERLAP: {column.task}: ") for line in note.notes)
        if worst is not None and worst.shared and not said:
            name = f"{column.title} {column.label}".strip()
            yield overlap_note(name, both=worst.shared, scored=worst.scored_rows)


def _metrics(columns: Sequence[LeaderboardColumn]) -> Iterator[str]:
    titles: dict[tuple[str, bool], list[str]] = {}
    for column in columns:
        if column.role != "average":
            named = titles.setdefault((column.metric, column.percent), [])
            named.extend([column.title] * (column.title not in named))
    if titles:
        shown = [
            f"{metric}{', times 100,' if percent else ''} for {', '.join(names)}"
            for (metric, percent), names in titles.items()
        ]
        yield f"scores: {'; '.join(shown)}"
    if any(column.role == "average" for column in columns):
        count = sum(column.role == "target" for column in columns)
        yield f"average: mean of the {count} targets, by seed first"


def _spread(collected: Collected) -> Iterator[str]:
    entries = collected.entries.values()
    planned = sorted({entry.planned for entry in entries if entry.planned})
    nested = sorted({entry.runs // entry.planned for entry in entries if entry.planned})
    if not planned:
        return
    seeds = f"{planned[0]} meta seeds" if len(planned) == 1 else "the meta seeds"
    inner = "" if nested == [1] else f", each the mean of {_range(nested)} fine-tuning seeds"
    if planned == [1]:
        yield f"one meta seed{inner}: no deviation, no interval"
    else:
        yield f"mean ± standard deviation over {seeds}{inner}; (2/3): scores of 2 of 3 seeds"


def _intervals(
    rows: Sequence[LeaderboardRow], baselines: Sequence[str], *, confidence: float
) -> Iterator[str]:
    pairs = {
        difference.n for row in rows for score in row.scores for difference in score.differences
    }
    if not baselines or not pairs or max(pairs) == 1:
        return
    counted = f"n = {_range(sorted(pairs))}"
    yield (
        f"differences: paired by meta seed, {counted}; in brackets the {_percent(confidence)} %"
        " Student t interval; *: it excludes 0, not adjusted for the number of comparisons"
    )
    if min(pairs) < _ENOUGH_PAIRS:
        yield "fewer than 3 pairs say little: such an interval is very wide, or there is none"


def _gaps(rows: Sequence[LeaderboardRow], columns: Sequence[LeaderboardColumn]) -> Iterator[str]:
    for index, column in enumerate(columns):
        name = f"{column.title} {column.label}".strip()
        reasons: dict[str, list[str]] = {}
        for row in rows:
            score = row.scores[index]
            if score.detail and column.role != "average":
                reasons.setdefault(f"{score.status}: {score.detail}", []).append(row.method)
        for reason, methods in reasons.items():
            who = "" if len(methods) == len(rows) else f" ({', '.join(methods)})"
            yield f"{name}{who}: {reason}"


def _collapsed(rows: Sequence[LeaderboardRow]) -> Iterator[str]:
    count = sum(score.collapsed for row in rows for score in row.scores)
    if count:
        yield (
            f"c1, c2, …: so many runs gave every row the same class ({count} in all); they count"
        )


def _range(numbers: Sequence[int]) -> str:
    low, high = min(numbers), max(numbers)
    return str(low) if low == high else f"{low} to {high}"


def _percent(share: float) -> str:
    return f"{100 * share:.3g}"
