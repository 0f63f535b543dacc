"""The pages of a site, by file name."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from metabench.report.formats.csv_text import render_long_csv
from metabench.report.formats.html import report_values
from metabench.report.site.benchmarks import places_of
from metabench.report.site.tables import difference_table, mean_table, run_table, score_table
from metabench.report.template import render_page
from metabench.results.score_lines import score_lines

if TYPE_CHECKING:
    from metabench.api.report import Sheet
    from metabench.report.site.benchmarks import Places, SiteBenchmark
    from metabench.report.site.data_table import DataTable

__all__ = ["site_files"]

_STYLES, _SCRIPTS = ("page.css", "site.css"), ("page.js", "site.js")


def site_files(benchmarks: Sequence[SiteBenchmark]) -> Iterator[tuple[str, str]]:
    """Yield name and text of each file; the same results give the same texts.

    Args:
        benchmarks: the benchmarks, in the order of the site.
    """
    places = places_of(benchmarks)
    means, runs = mean_table(benchmarks, places), run_table(benchmarks, places)
    yield "index.html", _index(benchmarks, places, (means, runs))
    scores = score_table(benchmarks, places)
    yield "scores.html", _tables("Every score", "", [scores])
    lines = (line for each in benchmarks for line in score_lines(each.collected))
    yield "scores.csv", render_long_csv(lines)
    for each in benchmarks:
        yield places.benchmarks[each.name], _benchmark(each, places)
    for name, page in places.methods.items():
        shown = [_lines_of(table, "method", name) for table in (means, runs)]
        yield page, _tables(name, "method", shown, _settings(benchmarks, name))
    for name, page in places.tasks.items():
        yield (
            page,
            _tables(name, "task", [_lines_of(means, "task", name)], _cards(benchmarks, name)),
        )


def _index(benchmarks: Sequence[SiteBenchmark], places: Places, tables: Sequence[DataTable]) -> str:
    return _page(
        "site_index.html",
        tables=tables,
        benchmarks=[(places.benchmarks[each.name], *_counts(each)) for each in benchmarks],
        methods=places.methods,
        tasks=places.tasks,
    )


def _counts(benchmark: SiteBenchmark) -> tuple[str, Sequence[str]]:
    """Return the name of a benchmark and its other texts in the list."""
    board, note = benchmark.report.leaderboard, benchmark.collected.note
    done = f"{len(benchmark.collected.results):,} of {len(note.cells):,}"
    counts = (len(board.rows), len(note.columns), len(benchmark.runs))
    return benchmark.name, (*map(str, counts), done, " ".join(board.conclusion[:1]))


def _benchmark(benchmark: SiteBenchmark, places: Places) -> str:
    tables = [difference_table(benchmark, places), run_table([benchmark], places)]
    shown = [table for table in tables if table.rows]
    values = report_values(benchmark.report)
    contents = (*values["contents"], *((each.name, each.title) for each in shown))
    return _page("site_benchmark.html", tables=shown, **{**values, "contents": contents})


def _tables(
    title: str, kind: str, tables: Sequence[DataTable], sheets: Sequence[Sheet] = ()
) -> str:
    shown = [table for table in tables if table.rows]
    return _page("site_tables.html", title=title, lead=kind, tables=shown, sheets=sheets)


def _lines_of(table: DataTable, column: str, name: str) -> DataTable:
    at = [each.name for each in table.columns].index(column)
    columns = (*table.columns[:at], *table.columns[at + 1 :])
    rows = [(*row[:at], *row[at + 1 :]) for row in table.rows if row[at] == name]
    return replace(table, columns=columns, rows=rows)


def _settings(benchmarks: Sequence[SiteBenchmark], method: str) -> Sequence[Sheet]:
    """Return algorithm, sampler and options of a method, one table a benchmark."""
    return [
        replace(sheet, title=f"Settings in {benchmark.name}", rows=rows)
        for benchmark in benchmarks
        for sheet in benchmark.report.sheets
        if sheet.name.startswith("methods")
        if (rows := tuple(row for row in sheet.rows if row[0] == method))
    ]


def _cards(benchmarks: Sequence[SiteBenchmark], task: str) -> Sequence[Sheet]:
    """Return the facts of a task, one table a benchmark; their lines begin with the columns."""
    found = []
    for benchmark in benchmarks:
        named = [column.task == task for column in benchmark.collected.note.columns]
        for sheet in benchmark.report.sheets:
            rows = tuple(row for row, ours in zip(sheet.rows, named, strict=False) if ours)
            if sheet.name == "tasks" and rows:
                found.append(replace(sheet, title=f"Examples in {benchmark.name}", rows=rows))
    return found


def _page(template: str, **values: Any) -> str:
    return render_page(template, styles=_STYLES, scripts=_SCRIPTS, **values)
