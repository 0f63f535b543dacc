"""The examples of a file: by whole columns where it is regular, else row by row."""

from __future__ import annotations

from functools import lru_cache, partial
from itertools import compress
from operator import not_
from typing import TYPE_CHECKING, Any, final

from metabench.limits import MOST_ROWS
from metabench.tasks.own.rows import OwnRows
from metabench.tasks.own.values import (
    LARGEST_NUMBER,
    UNLABELLED,
    label_number,
    label_word,
    text_problem,
)
from metabench.tasks.reading.columnar import arrow_columns
from metabench.tasks.reading.columns import (
    FEWEST_BYTES,
    MOST_BYTES,
    Columns,
    Irregular,
    holds_nul,
    is_float,
    is_text,
)
from metabench.tasks.reading.content import content_hash, open_content
from metabench.tasks.reading.flaw import Flaw
from metabench.tasks.reading.records import records
from metabench.tasks.reading.refusal import MOST_SHOWN, quoted, refused
from metabench.tasks.reading.regular import separated_columns

if TYPE_CHECKING:
    from collections.abc import Sequence

    from metabench.api.task import DataFile
    from metabench.tasks.own.rows import ReadRules

__all__ = ["read_rows", "rows_by_columns", "rows_one_by_one"]

_TEXT_FILES = {"csv": FEWEST_BYTES, "tsv": FEWEST_BYTES}
_MOST_DIGITS = 9  # of the place of a class
_COLUMNS = {
    "csv": separated_columns, "tsv": separated_columns,
    "parquet": arrow_columns, "arrow": arrow_columns,
}  # fmt: skip


def read_rows(file: DataFile, rules: ReadRules) -> OwnRows:
    """Return the examples of a file; the last readings are cached by content.

    Raises:
        DataError: the file cannot be read to its end.
    """
    return _read(file, rules, content_hash(file))


@lru_cache(maxsize=4)
def _read(file: DataFile, rules: ReadRules, sha256: str) -> OwnRows:
    found = rows_by_columns(file, rules, sha256, fewest=_TEXT_FILES.get(file.format, 0))
    return found if found is not None else rows_one_by_one(file, rules, sha256)


def rows_by_columns(
    file: DataFile, rules: ReadRules, sha256: str, *, fewest: int = 0
) -> OwnRows | None:
    """Return the examples of a regular file; None for others, which are read row by row.

    Args:
        file: the file.
        rules: the columns to read, and their types.
        sha256: the hash of its content.
        fewest: the smallest size in bytes; smaller files return None.
    """
    read = _COLUMNS.get(file.format)
    if read is None:
        return None
    try:
        with open_content(file) as content:
            data = content.whole(MOST_BYTES + 1)
            if content.digest() != sha256 or not fewest <= len(data) <= MOST_BYTES:
                return None
            return _of_columns(file, rules, read(file, data, rules.wanted))
    except Exception:  # noqa: BLE001  (whatever it is, the rows one by one show it in our words)
        return None


def _of_columns(file: DataFile, rules: ReadRules, columns: Columns) -> OwnRows:
    labels = _Labels(file, rules)
    texts: tuple[list[str], ...] = tuple([] for _ in rules.text)
    found: list[Any] = []
    for *parts, last in columns.batches:
        for column, part in zip(texts, parts, strict=True):
            column.extend(_texts(part, empty=rules.empty_texts))
        found += labels.of_column(last, columns.names)
        if len(found) > MOST_ROWS:
            raise Irregular
    lines = columns.lines(len(found))
    unlabelled: list[tuple[int, str]] = []
    if None in found:
        kept = [label is not None for label in found]
        unlabelled = [(line, UNLABELLED) for line in compress(lines, map(not_, kept))]
        texts = tuple(list(compress(column, kept)) for column in texts)
        lines, found = list(compress(lines, kept)), list(compress(found, kept))
    return OwnRows(
        texts,
        found,
        lines,
        unlabelled=unlabelled,
        spellings=frozenset(labels.spellings),
    )


def _texts(column: Any, *, empty: bool) -> list[str]:
    """Return the texts of an Arrow column, each of which has to be one."""
    if not is_text(column.type) or column.null_count:
        raise Irregular
    texts: list[str] = column.to_pylist()
    full = all(text.strip() or not text for text in texts) if empty else all(map(str.strip, texts))
    if not full or holds_nul(column):
        raise Irregular
    return texts


def rows_one_by_one(file: DataFile, rules: ReadRules, sha256: str) -> OwnRows:
    """Return the examples of a file with the problems of bad rows, read row by row.

    Raises:
        DataError: the file cannot be read to its end.
    """
    reading = _Reading(file, rules)
    with open_content(file) as content:
        for line, values in records(file, content, rules.wanted):
            reading.add(line, values)
        if content.digest() != sha256:
            raise refused(file, "changed while it was read", hint="run the same command again")
    return reading.rows()


@final
class _Labels:
    """The values of a file's labels; each distinct label is parsed once.

    ``spellings`` are labels that have several Unicode forms.
    """

    def __init__(self, file: DataFile, rules: ReadRules) -> None:
        self.spellings: set[str] = set()
        self._rules = rules
        self._decimal = file.decimal or "."
        self._quote = partial(quoted, file)
        self._words: dict[tuple[type, Any], tuple[str, Any]] = {}

    def read(self, label: Any) -> tuple[str, Any]:
        """Return the problem of a label ("" for none) and its value."""
        if self._rules.numbers:
            return label_number(label, self._quote, decimal=self._decimal)
        try:
            return self._words.get((type(label), label)) or self._word(label)
        except TypeError:  # a list is no key
            return label_word(label, self._quote)

    def of_column(self, column: Any, names: Sequence[str]) -> list[Any]:
        """Return the values of an Arrow column, None for each empty label.

        Raises:
            Irregular: a label is bad.
        """
        if self._rules.label_hidden:
            return [""] * len(column)
        if self._rules.numbers and is_float(column.type) and not names:
            return _numbers(column)
        import numpy as np  # noqa: PLC0415  (where pyarrow is, it is)

        column = column.dictionary_encode()
        values, declared = [*column.dictionary.to_pylist(), None], dict(enumerate(names))
        empty = column.null_count > 0
        places = column.indices.to_pylist() if empty else np.from_dlpack(column.indices)
        codes = np.array([-1 if place is None else place for place in places]) if empty else places
        known = np.full(len(values), None, dtype=object)
        for code in np.flatnonzero(np.bincount(codes + 1)) - 1:
            what, word = self.read(declared.get(values[code], values[code]))
            if what not in {"", UNLABELLED}:
                raise Irregular
            known[code] = None if what else word
        found: list[Any] = known[codes].tolist()
        return found

    def _word(self, label: Any) -> tuple[str, Any]:
        what, word = label_word(label, self._quote)
        names = self._rules.names
        digits = word.isascii() and word.isdigit() and len(word) <= _MOST_DIGITS
        if names and not what and digits and int(word) < len(names):
            word = names[int(word)]
        if isinstance(label, str) and not label.isascii():
            self.spellings.add(label)
        self._words[type(label), label] = what, word
        return what, word


def _numbers(column: Any) -> list[Any]:
    """Return the numbers of an Arrow column, None where there is none."""
    import numpy as np  # noqa: PLC0415  (where pyarrow is, it is)

    numbers: list[Any] = column.to_pylist()
    values = np.array(numbers, dtype=np.float64)
    if (np.abs(values) > LARGEST_NUMBER).any():
        raise Irregular
    for place in np.flatnonzero(np.isnan(values)):
        numbers[place] = None
    return numbers


@final
class _Reading:
    """Rows as they come, parted into good ones, bad ones and those without a label."""

    def __init__(self, file: DataFile, rules: ReadRules) -> None:
        self._rules = rules
        self._quote = partial(quoted, file)
        self._read_label = _Labels(file, rules)
        self._texts: tuple[list[str], ...] = tuple([] for _ in rules.text)
        self._labels: list[Any] = []
        self._lines: list[int] = []
        self._flaws: list[tuple[int, str]] = []
        self._bad = 0
        self._unlabelled: list[tuple[int, str]] = []

    def add(self, line: int, values: tuple[Any, ...] | Flaw) -> None:
        what, label = (values.what, None) if isinstance(values, Flaw) else self._checked(values)
        if what == UNLABELLED:
            self._unlabelled.append((line, what))
        elif what or isinstance(values, Flaw):
            self._bad += 1
            self._flaws += [(line, what)] * (len(self._flaws) < MOST_SHOWN)
        else:
            for column, text in zip(self._texts, values, strict=False):
                column.append(text)
            self._labels.append(label)
            self._lines.append(line)

    def rows(self) -> OwnRows:
        return OwnRows(
            self._texts, self._labels, self._lines, tuple(self._flaws), self._bad,
            self._unlabelled, frozenset(self._read_label.spellings),
        )  # fmt: skip

    def _checked(self, values: tuple[Any, ...]) -> tuple[str, Any]:
        """Return the problem of a row ("" for none) and its label."""
        for name, value in zip(self._rules.text, values, strict=False):
            if type(value) is str and value.isascii() and value.strip() and "\0" not in value:
                continue
            empty = value == "" and self._rules.empty_texts
            problem = "" if empty else text_problem(value, self._quote)
            if problem:
                return f"the text in column {name!r} {problem}", None
        return ("", "") if self._rules.label_hidden else self._read_label.read(values[-1])
