"""Read the files of published numbers that a benchmark names; a mistake has its file and line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from metabench.errors import SpecError
from metabench.spec.mistakes.problems import check
from metabench.spec.model.reported import PublishedFile, PublishedRow, PublishedTable, Reported
from metabench.spec.reading.read import read_document
from metabench.spec.reading.shipped import shipped_folder
from metabench.suggest import suggest

if TYPE_CHECKING:
    from metabench.spec.mistakes.document import Document
    from metabench.spec.mistakes.locate import KeyPath
    from metabench.spec.model.comparison import CompareSpec, PublishedSpec

__all__ = ["find_published", "load_published", "read_published"]

_PERCENT = 100


def load_published(compare: CompareSpec, document: Document) -> tuple[Reported, ...]:
    """Return the tables that a benchmark file names, each once, in the order in which it does.

    Raises:
        SpecError: a file is not there or not valid, or lacks a table.
    """
    found: dict[tuple[Path, str], Reported] = {}
    problems = []
    for index, asked in enumerate(compare.sources):
        place: KeyPath = ("compare", "published", index)
        path = find_published(asked.file, beside=document.path)
        if path is None:
            what = (
                f"{asked.file!r} is neither next to the benchmark file nor shipped with metabench"
            )
            problems.append(document.problem(place, what))
            continue
        source = read_published(path)
        tables = {table.name: table for table in source.tables}
        for number, name in enumerate(asked.tables):
            if name not in tables:
                what = f"there is no table {name!r} in {asked.file!r}{suggest(name, tables)}"
                problems.append(document.problem((*place, "tables", number), what))
        found |= {(path, name): Reported(source, table) for name, table in _wanted(asked, source)}
    if problems:
        raise SpecError(problems)
    return tuple(found.values())


def find_published(file: str, *, beside: Path) -> Path | None:
    """Return the path of a file of published numbers: next to a benchmark file, else shipped."""
    shipped = shipped_folder()
    folders = [beside.parent, *([shipped] if shipped is not None else [])]
    return next((folder / file for folder in folders if _is_there(folder / file)), None)


def read_published(path: Path) -> PublishedFile:
    """Return a file of published numbers as a value.

    Raises:
        SpecError: it cannot be read or is not valid; carries all its problems.
    """
    document = read_document(path)
    value, findings = check(PublishedFile, document.data)
    if value is not None:
        findings = list(_findings(value))
    if value is None or findings:
        problems = [document.problem(place, what) for place, what in findings]
        raise SpecError(sorted(problems, key=lambda problem: problem.line))
    return value


def _is_there(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # a name that no file can have
        return False


def _wanted(asked: PublishedSpec, source: PublishedFile) -> Iterator[tuple[str, PublishedTable]]:
    for table in source.tables:
        if not asked.tables or table.name in asked.tables:
            yield table.name, table


def _findings(source: PublishedFile) -> Iterator[tuple[KeyPath, str]]:
    yield from _twice([table.name for table in source.tables], ("tables",), "name")
    for index, table in enumerate(source.tables):
        place: KeyPath = ("tables", index)
        yield from _twice([row.method for row in table.rows], (*place, "rows"), "method")
        yield from _twice([column.name for column in table.columns], (*place, "columns"), "name")
        for number, row in enumerate(table.rows):
            below = (*place, "rows", number)
            yield from (((*below, *path), what) for path, what in _in_row(row, table))


def _twice(names: list[str], place: KeyPath, key: str) -> Iterator[tuple[KeyPath, str]]:
    seen = Counter[str]()
    for index, name in enumerate(names):
        if name in seen:
            yield (*place, index, key), f"{name!r} appears twice"
        seen[name] += 1


def _in_row(row: PublishedRow, table: PublishedTable) -> Iterator[tuple[KeyPath, str]]:
    if row.labels and len(row.labels) != len(table.stubs):
        yield ("labels",), f"has {_some(len(row.labels))} for the stubs {', '.join(table.stubs)}"
    columns = {column.name: column for column in table.columns}
    for name, printed in row.scores.items():
        column = columns.get(name)
        if column is None:
            yield ("scores", name), f"there is no column {name!r}{suggest(name, columns)}"
            continue
        values = printed if isinstance(printed, tuple) else (printed,)
        if len(values) != len(column.metrics):
            what = f"has {_some(len(values))} for the metrics {', '.join(column.metrics)}"
            yield ("scores", name), what
        for value in values:
            if column.percent and abs(value) > _PERCENT:
                yield ("scores", name), f"must be between -100 and 100, got {value:g}"


def _some(count: int) -> str:
    return "1 entry" if count == 1 else f"{count} entries"
