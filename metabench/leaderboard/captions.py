"""The captions: the sentences under a leaderboard."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from metabench.api.leaderboard import Difference, Leaderboard, LeaderboardColumn, LeaderboardRow
from metabench.leaderboard.budgets import unequal_budgets
from metabench.leaderboard.columns import averaged_means
from metabench.leaderboard.conclusion.gaps import floor_places, saturated_columns
from metabench.leaderboard.conclusion.wording import best_mean
from metabench.leaderboard.families import p_values_omitted, shown_differences, tested_over
from metabench.leaderboard.origins import mixed_origins
from metabench.leaderboard.statistics.summary import FEWEST_PAIRS
from metabench.quantities import listed, named, percent, plural, shortened, span
from metabench.results.collect import Collected
from metabench.store.records.cell import BEYOND
from metabench.store.records.splits import fit_notes
from metabench.tasks.overlap import overlap_note

__all__ = ["captions"]


def captions(collected: Collected, board: Leaderboard) -> tuple[str, ...]:
    """Return the sentences, most important first.

    Args:
        collected: the values.
        board: their leaderboard; its captions are ignored.
    """
    note = collected.note
    differences = list(shown_differences(board))
    found = [
        *note.notes,
        *collected.notes,
        *_overlaps(collected),
        *fit_notes(split for result in collected.results.values() for split in result.splits),
        *_missing_classes(collected),
        *_part(collected),
        *_changed(note.overrides),
        *_drift(collected),
        *_mixed(collected),
        *_budgets(collected),
        *_beyond(collected),
        *_metrics(board.columns),
        *_average(collected, board.columns),
        *_spread(collected),
        *_draws(collected, board.rows),
        *_intervals(differences, confidence=1 - board.alpha),
        *filter(None, [p_values_omitted(note, differences, alpha=board.alpha)]),
        *_families(collected, board, differences),
        *_marks(board),
        *_references(collected, board),
        *_gaps(board.rows, board.columns),
        *_collapsed(board.rows),
    ]
    return tuple(dict.fromkeys(found))


def _changed(overrides: Sequence[str]) -> Iterator[str]:
    if overrides:
        yield f"changed on the command line: {', '.join(map(shortened, overrides))}"


def _mixed(collected: Collected) -> Iterator[str]:
    found = mixed_origins(collected)
    if found:
        yield f"MIXED: the cells were not computed alike: {'; '.join(found)}"


def _drift(collected: Collected) -> Iterator[str]:
    """Yield the cells that resumed in another environment, and the differences."""
    drifted = [result for result in collected.results.values() if result.drift]
    if drifted:
        what = dict.fromkeys(text for result in drifted for text in result.drift)
        yield (
            f"DRIFT: {', '.join(result.name for result in drifted)} resumed from a checkpoint of"
            f" another machine or other versions ({', '.join(what)}): the same command need not"
            " give the same numbers"
        )


def _budgets(collected: Collected) -> Iterator[str]:
    if found := unequal_budgets(collected):
        yield f"BUDGET: meta-training differs between methods: {'; '.join(found)}"


def _beyond(collected: Collected) -> Iterator[str]:
    """Yield which cells have noted meta-steps that an algorithm did not solve to its tolerance."""
    cells: dict[str, list[str]] = {}
    for result in collected.results.values():
        for note in result.notes:
            if note.startswith(f"{BEYOND}: "):
                cells.setdefault(note, []).append(result.name)
    for note, names in cells.items():
        yield f"{note} ({listed(sorted(names))})"


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
    """Yield for each column the number of evaluation examples that are also training examples.

    Notes of the plan on a whole task are not repeated.
    """
    note = collected.note
    for column in note.columns:
        entries = [entry for (_, name), entry in collected.entries.items() if name == column.name]
        worst = max(entries, key=lambda entry: entry.shared, default=None)
        said = any(line.startswith(f"OVERLAP: {column.task}: ") for line in note.notes)
        if worst is not None and worst.shared and not said:
            name = f"{column.title} {column.label}".strip()
            yield overlap_note(name, both=worst.shared, scored=worst.scored_rows)


def _missing_classes(collected: Collected) -> Iterator[str]:
    """Yield which classes the training examples of a fine-tuning lack, in some or all seeds."""
    for column in collected.note.columns:
        found = [
            split
            for key in dict.fromkeys(
                use.key for use in collected.note.uses if use.column == column.name
            )
            if key in collected.results
            for split in collected.results[key].splits
            if split.part == "train"
        ]
        lost = dict.fromkeys(name for split in found for name in split.missing)
        said = any(line.startswith(f"UNSEEN: {column.task}: ") for line in collected.note.notes)
        if lost and not (said and not column.label):
            some = "" if all(split.missing for split in found) else " with some seeds"
            name = f"{column.title} {column.label}".strip()
            yield f"UNSEEN: {name}: no training example has class {listed([*lost])}{some}"


def _metrics(columns: Sequence[LeaderboardColumn]) -> Iterator[str]:
    titles: dict[str, list[str]] = {}
    for column in columns:
        if column.role != "average":
            how = ["times 100"] * column.percent + ["lower is better"] * column.error
            metric = f"{', '.join([column.metric, *how])}{',' * bool(how)}"
            known = titles.setdefault(metric, [])
            known.extend([column.title] * (column.title not in known))
    if titles:
        shown = [f"{metric} for {', '.join(names)}" for metric, names in titles.items()]
        yield f"scores: {'; '.join(shown)}"


def _average(collected: Collected, columns: Sequence[LeaderboardColumn]) -> Iterator[str]:
    for column in columns:
        if column.role == "average":
            means = averaged_means(collected.note, columns)
            entered = f'; {means} (compare.average = "glue")' if means else ", one metric each"
            yield f"average: {column.metric}, by seed first{entered}"


def _spread(collected: Collected) -> Iterator[str]:
    planned, nested = collected.seed_counts
    if not planned:
        return
    inner = (
        "with one fine-tuning seed each"
        if nested == [1]
        else f"each the mean of {span(nested)} fine-tuning seeds"
    )
    if planned == [1]:
        yield f"one meta seed, {inner}: no deviation, no interval"
    else:
        yield (
            f"mean ± standard deviation over {plural(planned, 'meta seed')}, {inner};"
            " (2/3): scores of 2 of 3 seeds"
        )


def _draws(collected: Collected, rows: Sequence[LeaderboardRow]) -> Iterator[str]:
    counts = sorted({len(score.draws) for row in rows for score in row.scores if score.draws})
    if counts:
        over = f"each meta seed's score is the mean over {plural(counts, 'draw')}"
        spread = "; d4.3: standard deviation over draws is 4.3" * (counts[-1] > 1)
        yield f"shots: {over} of the training set{spread}"
    elif any(use.draw is not None for use in collected.note.uses):
        yield "shots: each meta seed has a separate draw of the training set; ± is over both"


def _intervals(
    differences: Sequence[tuple[LeaderboardColumn, Difference]], *, confidence: float
) -> Iterator[str]:
    pairs = sorted({difference.n for _, difference in differences})
    if not pairs or pairs[-1] == 1:
        return
    yield (
        f"differences: paired by meta seed, n = {span(pairs)}; in brackets the"
        f" {percent(confidence)} % Student t confidence interval; *: it excludes 0, not corrected"
        " for the number of comparisons"
    )
    if pairs[0] < FEWEST_PAIRS:
        yield "fewer than 3 pairs: no interval, no p-value, no mark"
    if any(d.interval is None and d.n >= FEWEST_PAIRS for _, d in differences):
        yield "no interval, no p-value: the difference is identical in all seeds"


def _families(
    collected: Collected,
    board: Leaderboard,
    differences: Sequence[tuple[LeaderboardColumn, Difference]],
) -> Iterator[str]:
    """Yield the families of comparisons, and the familywise error rate of the table."""
    tested = tested_over(collected.note, differences)
    if not tested:
        return
    lead = f"p-values: exact sign-flip test, Holm-corrected over {listed(tested)}"
    if collected.note.family == "table":
        yield lead
        return
    families = len(tested) * sum(row.method != one for one in board.baselines for row in board.rows)
    chance = percent(round(1 - (1 - board.alpha) ** families, 2))
    yield (
        f"{lead}, for each method against each baseline separately; with {families} such families"
        f" the chance of at least one false verdict in this table is up to {chance} %"
        ' (compare.family = "table" corrects over all)'
    )


def _marks(board: Leaderboard) -> Iterator[str]:
    columns = [[row.scores[index] for row in board.rows] for index in range(len(board.columns))]
    marked = [scores for scores in columns if any(score.best for score in scores)]
    if not marked:
        return
    most = max(sum(score.mean is not None for score in scores) for scores in marked)
    best = best_mean(board.columns)
    if any(score.close for scores in marked for score in scores):
        chosen = "" if most == 2 else f", by the studentized range of {most} methods"  # noqa: PLR2004  (a pair is a t test)
        yield (
            f"≈: not significantly worse than the column's {best} (paired t test at"
            f" {board.alpha:g}{chosen})"
        )
    if any(not any(score.worse for score in scores) for scores in marked):
        yield (
            "a column without ≈ or a significantly worse method: these seeds do not separate any"
            f" method from the {best}"
        )


def _references(collected: Collected, board: Leaderboard) -> Iterator[str]:
    if board.references:
        yield (
            "majority class: the most frequent class of the training examples, or their mean;"
            " chance: guesses with the frequencies of the training labels"
        )
    elif any(result.scores and result.files for result in collected.results.values()):
        yield "majority class, chance: not in the records, which an earlier metabench wrote"
    if found := floor_places(board):
        yield f"FLOOR: not significantly better than the majority class: {'; '.join(found)}"
    if found := saturated_columns(board):
        yield f"SATURATED: every method reaches the top of the scale on {named(found)}"


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
            f"c1/8: 1 of 8 runs predicts a single class (collapsed; {count} in all); they count,"
            " and intervals are too narrow there"
        )
