"""The settings that read a given file of records, and the reason for each."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, final

from metabench.api.task import DataFile
from metabench.errors import DataError
from metabench.tasks.overlap import count_overlap
from metabench.tasks.own.classes import canonical_label, is_number
from metabench.tasks.own.read import read_rows
from metabench.tasks.own.rows import ReadRules
from metabench.tasks.parquet_size import refuse_large_table
from metabench.tasks.reading.columnar import arrow_batches
from metabench.tasks.reading.content import open_content
from metabench.tasks.reading.formats import format_of
from metabench.tasks.reading.objects import rows_of_document
from metabench.tasks.reading.refusal import nearest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence


__all__ = ["Guess", "guess_file", "repeated_rows"]

_SAMPLE_BYTES = 4 * 1024**2
_SAMPLE_ROWS = 2000
_DELIMITERS: Final = (",", ";", "\t", "|")
_MARKS: Final[Mapping[bytes, str]] = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
_LABELS: Final = (
    "label", "labels", "class", "category", "choices", "choice", "accept", "target", "gold",
    "sentiment", "stars", "rating", "score", "intent", "topic", "y", "klasse", "kategorie",
    "bewertung",
)  # fmt: skip
_PAIRS: Final = (
    ("sentence1", "sentence2"), ("premise", "hypothesis"), ("question1", "question2"),
    ("text_a", "text_b"), ("text1", "text2"), ("question", "answer"), ("query", "passage"),
)  # fmt: skip
_MOST_CLASSES = 50
_MOST_WHOLE_CLASSES = 20


@final
@dataclass(frozen=True, slots=True)
class Guess:
    """The most likely settings of a file.

    Args:
        settings: values of ``[[tasks.define]]`` by key.
        reasons: the reason for each, by key.
    """

    settings: Mapping[str, Any]
    reasons: Mapping[str, str] = field(default_factory=dict)


def guess_file(path: str) -> Guess:
    """Return how a file is read, and which of its columns are text and label.

    Raises:
        DataError: it cannot be read, or no column looks like a text or a label.
    """
    settings: dict[str, Any] = {}
    reasons: dict[str, str] = {}
    form = format_of(path)
    if form is None:
        settings["format"] = form = "csv"
        reasons["format"] = "the file's name does not show it"
    columns = _columns(DataFile(path=path, format=form), settings, reasons)
    label = _label(columns)
    texts = _texts(columns, label)
    if label is None or not texts:
        raise DataError(
            f"no column looks like a {'label' if label is None else 'text'}"
            f"{nearest(DataFile(path=path, format=form), '', columns)}",
            where=path,
            hint="start from `metabench init --template own-csv` and name the columns yourself",
        )
    lengths = [len(str(value)) for value in columns[texts[0]]]
    settings |= {"text": texts, "label": label}
    reasons["text"] = f"{sum(lengths) / max(1, len(lengths)):.0f} characters on average"
    found = [str(value) for value in columns[label] if not _is_missing(value)]
    if label in found and form in {"csv", "tsv"}:
        raise DataError(
            f"its first line names no columns: {label!r} is a label of other rows",
            where=path,
            hint="add a first line, such as text,label",
        )
    _describe_labels(found, len(columns[label]), settings, reasons)
    return Guess(settings, reasons)


def _describe_labels(
    values: Sequence[str], rows: int, settings: dict[str, Any], reasons: dict[str, str]
) -> None:
    """Add notes on the labels of that many examples: missing ones, or numbers as measurements."""
    reasons["label"] = f"{len({canonical_label(value) for value in values}):,} distinct values"
    if len(values) < rows:
        settings["unlabelled"] = "drop"
        reasons["unlabelled"] = f"{rows - len(values):,} of the first {rows:,} have no label"
    decimal = _decimal(values)
    if not _measures([value.replace(decimal, ".") for value in values]):
        return
    settings["kind"] = "regression"
    reasons["kind"] = "the labels are numbers, more or finer than classes are"
    if decimal != ".":
        settings["decimal"] = decimal
        reasons["decimal"] = f"as in {values[0]}"


def repeated_rows(guess: Guess, train: str, scored: str) -> tuple[int, int]:
    """Return how many examples of the evaluation file are in the training file, and its size.

    Raises:
        DataError: a file cannot be read with the guessed settings, or one of its rows is bad.
    """
    found = guess.settings
    ways = {key: found[key] for key in ("delimiter", "encoding", "decimal") if key in found}
    rules = ReadRules(tuple(found["text"]), found["label"], numbers=found.get("kind") is not None)
    parts = []
    for path in (train, scored):
        form = found.get("format") or format_of(path) or "csv"
        file = DataFile(path=path, format=form, **ways)
        rows = read_rows(file, rules)
        rows.check(file, drop=True)
        parts.append(rows.keys)
    return count_overlap(*parts).both, len(parts[1])


def _columns(
    file: DataFile, settings: dict[str, Any], reasons: dict[str, str]
) -> Mapping[str, list[Any]]:
    """Return the first values of each column."""
    with open_content(file) as content:
        data = content.read(_SAMPLE_BYTES) if file.format in {"csv", "tsv"} else content.whole()
    if file.format in {"parquet", "arrow"}:
        return _table_columns(file, data)
    if file.format == "jsonl":
        return _json_columns(file, data)
    text = _decoded(data, settings, reasons)
    default = "\t" if file.format == "tsv" else ","
    delimiter = _delimiter(text, default)
    if delimiter != default:
        settings["delimiter"] = delimiter
        reasons["delimiter"] = "it parts every line into as many fields"
    header, *rows = _rows(text, delimiter)
    names = [name for name in header if name.strip()]
    return {
        name: [row[place] for row in rows[:_SAMPLE_ROWS] if len(row) > place]
        for place, name in enumerate(header)
        if name in names
    }


def _decoded(data: bytes, settings: dict[str, Any], reasons: dict[str, str]) -> str:
    encoding = next((name for mark, name in _MARKS.items() if data.startswith(mark)), None)
    if encoding is None:
        cut = data.rpartition(b"\n")[0] or data  # a letter may be cut at the end of the sample
        try:
            return cut.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            encoding = "cp1252"
            reasons["encoding"] = f"byte {error.start + 1} is not UTF-8"
    settings["encoding"] = encoding
    reasons.setdefault("encoding", "its byte-order mark")
    return data.decode(encoding, errors="replace").removeprefix("\ufeff")


def _delimiter(text: str, default: str) -> str:
    def fields(sign: str) -> tuple[bool, int, bool]:
        widths = [len(row) for row in _rows("\n".join(text.splitlines()[:200]), sign)]
        return widths[0] > 1 and len(set(widths[:-1] or widths)) == 1, widths[0], sign == default

    return max(_DELIMITERS, key=fields)


def _rows(text: str, delimiter: str) -> list[list[str]]:
    try:
        found = [row for row in csv.reader(io.StringIO(text), delimiter=delimiter) if row]
    except csv.Error:
        found = []
    return found or [[""]]


def _json_columns(file: DataFile, data: bytes) -> Mapping[str, list[Any]]:
    try:
        return _of_objects(_json_rows(data.decode("utf-8-sig").strip()))
    except (ValueError, RecursionError) as error:
        raise DataError(
            f"is not JSON: {error}", where=file.path, hint="correct the file"
        ) from error


def _of_objects(rows: Sequence[Any]) -> Mapping[str, list[Any]]:
    flat = [dict(_flat(row)) for row in rows[:_SAMPLE_ROWS] if isinstance(row, dict)]
    names = dict.fromkeys(name for row in flat for name in row)
    return {name: [row.get(name) for row in flat] for name in names}


def _json_rows(text: str) -> list[Any]:
    """Return the records of an array, of a document with one array, or of lines."""
    try:
        whole = json.loads(text)
    except ValueError:
        return [json.loads(line) for line in text.split("\n") if line.strip()]
    return whole if isinstance(whole, list) else rows_of_document(whole) or [whole]


def _flat(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the values of nested objects and lists by their dotted names."""
    items: Any = value.items() if isinstance(value, dict) else enumerate(value)
    for key, inner in items:
        name = f"{path}.{key}" if path else str(key)
        if isinstance(inner, dict | list):
            yield from _flat(inner, name)
        else:
            yield name, inner


def _table_columns(file: DataFile, data: bytes) -> Mapping[str, list[Any]]:
    """Return the first values of each column of a Parquet or Arrow file."""
    import pyarrow as pa  # noqa: PLC0415  (only these formats need it)
    import pyarrow.parquet as pq  # noqa: PLC0415

    try:
        if file.format == "parquet":
            refuse_large_table(data, where=file.path)
            batches = pq.ParquetFile(pa.BufferReader(data)).iter_batches(batch_size=_SAMPLE_ROWS)
            batch = next(batches, None)
        else:
            batch = next(arrow_batches(data), None)
        return _of_objects([] if batch is None else batch.slice(0, _SAMPLE_ROWS).to_pylist())
    except (pa.ArrowException, OSError, ValueError, OverflowError) as error:
        raise DataError(
            f"is not readable as {file.format}: {error}", where=file.path, hint="copy it again"
        ) from error


def _label(columns: Mapping[str, Sequence[Any]]) -> str | None:
    """Return the column that is called like a label, else the one with the fewest values."""
    counts = {
        name: len({str(value) for value in values if not _is_missing(value)})
        for name, values in columns.items()
    }
    named = {_last_word(name): name for name, count in reversed(counts.items()) if count > 1}
    found = next((named[word] for word in _LABELS if word in named), None)
    if found is not None:
        return found
    few = {
        name: count
        for name, count in counts.items()
        if 1 < count <= min(_MOST_CLASSES, max(2, len(columns[name]) // 2))
    }
    constant = next((name for name in columns if _last_word(name) in _LABELS), None)
    return min(few, key=lambda name: few[name], default=constant)


def _last_word(name: str) -> str:
    """Return the last part of a dotted name that is no place in a list."""
    return next(
        (part for part in reversed(name.split(".")) if not part.isdecimal()), name
    ).casefold()


def _is_missing(value: Any) -> bool:
    return value is None or value == "" or value != value  # noqa: PLR0124  (NaN alone)


def _texts(columns: Mapping[str, Sequence[Any]], label: str | None) -> list[str]:
    named = {name.casefold(): name for name in columns}
    for pair in _PAIRS:
        if all(word in named for word in pair):
            return [named[word] for word in pair]
    lengths = {
        name: sum(map(len, values)) / len(values)
        for name, values in columns.items()
        if name != label and values and all(isinstance(value, str) for value in values)
    }
    longest = max(lengths, key=lambda name: lengths[name], default=None)
    return [] if longest is None else [longest]


def _decimal(values: Sequence[str]) -> str:
    commas = [value for value in values if "," in value and is_number(value.replace(",", "."))]
    return "," if commas and all("." not in value for value in values) else "."


def _measures(values: Sequence[str]) -> bool:
    if not values or not all(map(is_number, values)):
        return False
    distinct = {canonical_label(value) for value in values}
    whole = all(value.removeprefix("-").isdigit() for value in distinct)
    return len(distinct) > (_MOST_WHOLE_CLASSES if whole else 2)
