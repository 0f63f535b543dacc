"""The tables of a site."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from shlex import quote
from typing import TYPE_CHECKING

from metabench.leaderboard.families import tested_over
from metabench.quantities import listed, seconds_text
from metabench.report.figures.values import score_text
from metabench.report.site.data_table import Column, DataTable, Value
from metabench.report.tables.differences import difference_rows
from metabench.report.tables.table import tables
from metabench.results.score_lines import score_lines
from metabench.store.file_names import RESOLVED

if TYPE_CHECKING:
    from metabench.api.leaderboard import Difference, Leaderboard, LeaderboardColumn
    from metabench.report.site.benchmarks import Places, SiteBenchmark, SiteRun
    from metabench.store.records.provenance import Provenance

__all__ = ["difference_table", "mean_table", "run_table", "score_table"]


def mean_table(benchmarks: Sequence[SiteBenchmark], places: Places) -> DataTable:
    """Return the mean scores: one line per benchmark, method and column."""
    columns = (
        *_named(places),
        Column("task", "task", filtered=True, links=places.tasks),
        Column("part", "training set", filtered=True),
        Column("metric", "metric", filtered=True),
        Column("score", "score", first="descending"),
        Column("seeds", "meta seeds", first="descending"),
        Column("time", "wall time of a meta seed"),
    )
    rows = [row for each in benchmarks for row in _means(each)]
    note = (
        "Mean ± standard deviation over meta seeds; signs as in the leaderboard of the benchmark."
    )
    return DataTable("results", "Mean scores", columns, rows, note)


def _named(places: Places) -> tuple[Column, Column]:
    return (
        Column("benchmark", "benchmark", filtered=True, links=places.benchmarks),
        Column("method", "method", filtered=True, links=places.methods),
    )


def _means(benchmark: SiteBenchmark) -> Iterator[Sequence[Value]]:
    board = benchmark.report.leaderboard
    shown = [row for row in next(tables(board)).rows if row.kind == "method"]
    for row, texts in zip(board.rows, shown, strict=True):
        seconds = row.cost.device_seconds if row.cost else None
        for column, score, text in zip(board.columns, row.scores, texts.cells, strict=True):
            yield (
                benchmark.name,
                row.method,
                benchmark.tasks.get(column.name, column.title),
                _part(column),
                column.metric,
                (text.text, score.mean),
                (f"{score.n}/{score.planned}", score.n),
                ("-" if seconds is None else seconds_text(seconds), seconds),
            )


def _part(column: LeaderboardColumn) -> str:
    return column.label or "whole"


def score_table(benchmarks: Sequence[SiteBenchmark], places: Places) -> DataTable:
    """Return every score: one line per method, column, metric and seeds."""
    columns = (
        *_named(places),
        Column("task", "task", filtered=True, links=places.tasks),
        Column("part", "training set", filtered=True),
        Column("metric", "metric", filtered=True),
        Column("seed", "meta seed", filtered=True),
        Column("tuning", "fine-tuning seed"),
        Column("draw", "draw"),
        Column("score", "score", first="descending"),
        Column("status", "status", filtered=True),
        Column("time", "wall time"),
        Column("run", "run", filtered=True),
        Column("cell", "cell"),
    )
    rows = [row for each in benchmarks for row in _scores(each)]
    note = "On the scale of the metric; rerun one: metabench reproduce RUN/cells/CELL/result.json"
    return DataTable("scores", "Scores", columns, rows, note)


def _scores(benchmark: SiteBenchmark) -> Iterator[Sequence[Value]]:
    parts = {column.name: _part(column) for column in benchmark.report.leaderboard.columns}
    for line in score_lines(benchmark.collected):
        yield (
            benchmark.name,
            line.method,
            line.task,
            parts.get(line.column, "whole"),
            line.metric,
            (str(line.meta_seed), line.meta_seed),
            (str(line.finetune_seed), line.finetune_seed),
            ("-" if line.draw is None else str(line.draw), line.draw),
            ("-" if line.score is None else f"{line.score:.4f}", line.score),
            f"{line.status}{', single class' if line.collapsed else ''}",
            ("-" if line.wall_seconds is None else seconds_text(line.wall_seconds),
             line.wall_seconds),
            benchmark.origins.get(line.key, "-"),
            line.cell,
        )  # fmt: skip


def difference_table(benchmark: SiteBenchmark, places: Places) -> DataTable:
    """Return the differences of any two methods, or of each to the baselines."""
    columns = (
        Column("method", "method", filtered=True, links=places.methods),
        Column("minus", "minus", filtered=True, links=places.methods),
        Column("column", "column", filtered=True),
        Column("difference", "difference", first="descending"),
        Column("interval", "confidence interval"),
        Column("improvement", "probability of improvement", first="descending"),
        Column("p", "p-value"),
        Column("detectable", "minimum detectable effect"),
        Column("verdict", "verdict", filtered=True),
    )
    board = benchmark.pairs or benchmark.report.leaderboard
    rows = [_difference(each, texts) for each, texts in difference_rows(board)]
    return DataTable(
        "differences", _difference_title(benchmark), columns, rows, _paired(benchmark, board)
    )


def _difference_title(benchmark: SiteBenchmark) -> str:
    return "Differences of any two methods" if benchmark.pairs else "Differences to the baselines"


def _difference(each: Difference, texts: Sequence[str]) -> Sequence[Value]:
    method, minus, column, mean, interval, _, share, p, size, verdict = texts
    return (
        method,
        minus,
        column,
        (mean, each.mean),
        (interval, each.interval[0] if each.interval else None),
        (share, each.improvement),
        (p, each.p),
        (size, each.detectable),
        verdict,
    )


def _paired(benchmark: SiteBenchmark, board: Leaderboard) -> str:
    pairs = [
        (column, each)
        for row in board.rows
        for column, score in zip(board.columns, row.scores, strict=True)
        for each in score.differences
    ]
    over = tested_over(benchmark.collected.note, pairs)
    level = score_text(1 - board.alpha, percent=True).removesuffix(".0")
    interval = f"Paired by meta seed, with the {level} % Student t interval"
    if not over:
        return f"{interval}; there are too few meta seeds for p-values."
    return (
        f"{interval}; p-values of the exact sign-flip test, Holm-corrected over {listed(over)} of"
        " a pair of methods."
    )


def run_table(benchmarks: Sequence[SiteBenchmark], places: Places) -> DataTable:
    """Return who ran what: one line per run folder and method."""
    columns = (
        Column("run", "run", filtered=True),
        *_named(places),
        Column("done", "scores", first="descending"),
        Column("metabench", "metabench", filtered=True),
        Column("torch", "torch", filtered=True),
        Column("python", "Python"),
        Column("device", "device", filtered=True),
        Column("computed", "computed", first="descending"),
        Column("command", "rerun it with"),
    )
    rows = [
        _run(benchmark, run, method)
        for benchmark in benchmarks
        for run in benchmark.runs
        for method in run.collected.note.methods
    ]
    note = "A command reruns a method from the settings in the run folder, which it needs."
    return DataTable("runs", "Who ran what", columns, rows, note)


def _run(benchmark: SiteBenchmark, run: SiteRun, method: str) -> Sequence[Value]:
    uses = [use for use in run.collected.note.uses if use.method == method]
    done = [run.collected.results[use.key] for use in uses if use.key in run.collected.results]
    origins = [result.provenance for result in done]
    smoke = run.collected.note.smoke
    days = sorted({origin.ended[:10] for origin in origins if origin.ended})
    command = f"metabench run {quote(f'{run.name}/{RESOLVED}')} --only {quote(f'method={method}')}"
    return (
        run.name,
        benchmark.name,
        benchmark.merged_name(run, method),
        (f"{len(done)}/{len(uses)}", len(done)),
        _joined(origins, "metabench"),
        ", ".join(sorted({origin.versions.get("torch", "-") for origin in origins})) or "-",
        _joined(origins, "python"),
        _joined(origins, "device"),
        " to ".join(dict.fromkeys(days[:1] + days[-1:])) or "-",
        "-" if smoke else command,
    )


def _joined(origins: Sequence[Provenance], name: str) -> str:
    return ", ".join(sorted({str(getattr(origin, name)) for origin in origins})) or "-"
