"""Rows of JSON: one object a line, one array of objects, or one object of columns."""

from __future__ import annotations

import json
import re
from itertools import chain
from typing import TYPE_CHECKING, Any

from metabench.tasks.reading.flaw import Flaw, at_path
from metabench.tasks.reading.refusal import because, nearest, refused
from metabench.tasks.reading.text import text_lines

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from metabench.api.task import DataFile
    from metabench.tasks.reading.content import Content
    from metabench.tasks.reading.flaw import Record

__all__ = ["json_records", "rows_of_document"]

_BLANK = re.compile(r"[ \t\r\n]*")
_LISTS = ("data", "rows", "examples", "records", "items", "samples", "instances")


def json_records(file: DataFile, content: Content, wanted: Sequence[str]) -> Iterator[Record]:
    """Yield the rows of a JSON file; its first line determines its form.

    A row without the last requested column, the label, gets None if other rows have the column.
    """
    waiting: list[tuple[int, Flaw]] = []
    known = False
    for line, row in _objects(file, content, wanted):
        if isinstance(row, Flaw) and row.values is not None and not known:
            waiting.append((line, row))
            continue
        if not (known or isinstance(row, Flaw)):
            known = True
            yield from ((first, flaw.values or flaw) for first, flaw in waiting)
        yield line, (isinstance(row, Flaw) and row.values) or row
    if not known:
        yield from waiting


def _objects(file: DataFile, content: Content, wanted: Sequence[str]) -> Iterator[Record]:
    lines = enumerate(text_lines(file, content), start=1)
    first = next(((number, line) for number, line in lines if line.strip()), None)
    if first is None:
        return
    if _is_document(first[1], wanted):
        rest = "".join(line for _, line in lines)
        yield from _document(file, "\n" * (first[0] - 1) + first[1] + rest, wanted)
        return
    for number, line in chain([first], lines):
        if line.strip():
            yield number, _of_line(file, line, wanted)


def _is_document(line: str, wanted: Sequence[str]) -> bool:
    """Return whether a value that starts in this line continues in others, or is no row."""
    if line.lstrip().startswith("["):
        return True
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return line.strip() == "{" or line.rstrip().endswith((",", "[", "{"))
    if not isinstance(value, dict) or rows_of_document(value) is None:
        return False
    return not _holds(value, wanted) or any(
        isinstance(value.get(name), list | dict) for name in wanted
    )


def _document(file: DataFile, text: str, wanted: Sequence[str]) -> Iterator[Record]:
    start = _BLANK.match(text).end()  # type: ignore[union-attr]
    if text[start] == "[":
        yield from _elements(file, text, start + 1, wanted)
        return
    value = _parsed(file, text)
    rows = None if isinstance(value, Flaw) else rows_of_document(value)
    if isinstance(value, Flaw):
        raise refused(file, value.what, line=text.count("\n", 0, start) + 1)
    if rows is None:
        yield 1, _wanted(file, value, wanted)
        return
    yield from ((number, _wanted(file, row, wanted)) for number, row in enumerate(rows, start=1))


def _elements(file: DataFile, text: str, place: int, wanted: Sequence[str]) -> Iterator[Record]:
    """Yield the objects of an array one by one, each with the line that it begins in."""
    decoder = json.JSONDecoder(object_pairs_hook=_distinct)
    line, counted, comma = 1, 0, False
    while True:
        place = _BLANK.match(text, place).end()  # type: ignore[union-attr]
        line, counted = line + text.count("\n", counted, place), place
        if text[place : place + 1] == "]" and not comma:
            break
        try:
            value, place = decoder.raw_decode(text, place)
        except (ValueError, RecursionError) as error:
            raise refused(file, _worded(file, error), line=line) from error
        yield line, _wanted(file, value, wanted)
        place = _BLANK.match(text, place).end()  # type: ignore[union-attr]
        comma = text[place : place + 1] == ","
        if not comma and text[place : place + 1] != "]":
            raise refused(file, "is not JSON: expecting ',' or ']' after a value", line=line)
        place += comma
    if text[place + 1 :].strip():
        raise refused(file, "is not JSON: extra data after the array", line=line)


def rows_of_document(value: Any) -> list[Any] | None:
    """Return the rows of an object of columns, as pandas writes it, or of one list; else None."""
    if not isinstance(value, dict) or not value:
        return None
    nested = (value[name] for name in _LISTS if isinstance(value.get(name), dict))
    inner: dict[str, Any] = next(nested, {})
    if any(isinstance(inner.get(name), list) for name in _LISTS):
        value = inner
    rows = next((value[name] for name in _LISTS if isinstance(value.get(name), list)), None)
    if rows is not None:
        names = value.get("columns")
        return (
            [dict(zip(names, row, strict=False)) for row in rows]
            if isinstance(names, list)
            else rows
        )
    columns = list(value.values())
    if all(isinstance(column, dict) for column in columns):
        return [{name: value[name].get(row) for name in value} for row in columns[0]]
    lists = all(isinstance(column, list) for column in columns)
    whole = zip(*columns, strict=False) if lists else ()
    return [dict(zip(value, row, strict=False)) for row in whole] if lists else None


def _of_line(file: DataFile, text: str, wanted: Sequence[str]) -> tuple[Any, ...] | Flaw:
    value = _parsed(file, text)
    return value if isinstance(value, Flaw) else _wanted(file, value, wanted)


def _parsed(file: DataFile, text: str) -> Any:
    try:
        return json.loads(text, object_pairs_hook=_distinct)
    except (ValueError, RecursionError) as error:
        return Flaw(_worded(file, error))


def _worded(file: DataFile, error: ValueError | RecursionError) -> str:
    if isinstance(error, RecursionError):
        return "is nested too deeply"
    return f"is not JSON{because(file, getattr(error, 'msg', error))}"


def _holds(value: dict[str, Any], wanted: Sequence[str]) -> bool:
    return all(name in value or name.partition(".")[0] in value for name in wanted)


def _wanted(file: DataFile, value: Any, wanted: Sequence[str]) -> tuple[Any, ...] | Flaw:
    if not isinstance(value, dict):
        return Flaw('is not a JSON object; each row has to be one, such as {"label": "yes"}')
    if not _holds(value, wanted):
        lost = next(name for name in wanted if not _holds(value, [name]))
        held = lost == wanted[-1] and wanted[:-1]
        values = _wanted(file, value, held) if held else None
        rest = (*values, None) if isinstance(values, tuple) else None
        return Flaw(f"no column {lost!r}{nearest(file, lost, value)}", rest)
    return tuple([value[name] if name in value else at_path(value, name) for name in wanted])


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key appears twice")
    return found
