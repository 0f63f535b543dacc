"""The files of each split in a dataset's folder, by the rules of the datasets library.

The data card (README.md) comes first; then split names in the names of folders, then in the names
of files; otherwise all files are training data. Only names are read.
"""

from __future__ import annotations

import re
from collections import Counter
from functools import lru_cache
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final

from metabench.tasks.reading.formats import format_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from metabench.api.task import FileFormat

__all__ = ["has_magic", "matching", "named_splits", "one_format"]

_KEYWORDS: Final[Mapping[str, tuple[str, ...]]] = {
    "train": ("train", "training"),
    "validation": ("validation", "valid", "dev", "val"),
    "test": ("test", "testing", "eval", "evaluation"),
}
_SEPARATORS: Final = "[-._ 0-9]"
_IN_FOLDERS: Final = ("**/{0}/**", "**/{0}{1}*/**", "**/*{1}{0}/**", "**/*{1}{0}{1}*/**")
_IN_FILES: Final = ("**/{0}{1}*", "**/*{1}{0}{1}*")
_SHARD: Final = re.compile(r"data/(?P<split>.+)-\d{5}-of-\d{5}[^/]*\.[^/]*")
_IGNORED: Final = {
    "README.md", "config.json", "dataset_info.json", "dataset_infos.json", "dummy_data.zip",
    "dataset_dict.json",
}  # fmt: skip
_PREFERRED: Final = (".parquet", ".arrow", ".jsonl", ".json", ".csv")


def named_splits(names: Sequence[str]) -> Mapping[str, tuple[str, ...]]:
    """Return the files of each split by the names of folders and files alone.

    Source: the rules that the datasets library documents as "Structure your repository".

    >>> named_splits(["data/train.csv", "data/dev.csv", "README.md"])
    {'train': ('data/train.csv',), 'validation': ('data/dev.csv',)}
    """
    shards = [match for match in map(_SHARD.fullmatch, sorted(names)) if match]
    shards = [match for match in shards if _is_asked(match.string, "data/*")]
    if shards:
        splits = {match["split"] for match in shards}
        order = [
            *(name for name in _KEYWORDS if name in splits),
            *sorted(splits - _KEYWORDS.keys()),
        ]
        return {
            split: tuple(match.string for match in shards if match["split"] == split)
            for split in order
        }
    for patterns in (_IN_FOLDERS, _IN_FILES):
        found = {split: tuple(_by_keyword(names, split, patterns)) for split in _KEYWORDS}
        if any(found.values()):
            return {split: files for split, files in found.items() if files}
    everything = matching(names, "**")
    return {"train": everything} if everything else {}


def _by_keyword(names: Sequence[str], split: str, patterns: Iterable[str]) -> Iterator[str]:
    every = [pattern.format(word, _SEPARATORS) for word in _KEYWORDS[split] for pattern in patterns]
    return iter(dict.fromkeys(name for pattern in every for name in matching(names, pattern)))


def matching(names: Sequence[str], pattern: str) -> tuple[str, ...]:
    """Return the names that a pattern names, sorted: ``*`` within a folder, ``**`` across folders.

    Hidden files, folders that begin with two underscores, and the files that describe a dataset
    are left out where the pattern does not name them.
    """
    wanted = _compiled(pattern)
    return tuple(
        sorted(name for name in names if wanted.fullmatch(name) and _is_asked(name, pattern))
    )


def has_magic(pattern: str) -> bool:
    """Return whether a pattern may name several files."""
    return any(sign in pattern for sign in "*?[")


def one_format(files: Sequence[str]) -> tuple[FileFormat | None, tuple[str, ...]]:
    """Return the most common format and its files; files without a format do not count."""
    found = [(name, form) for name, form in ((name, format_of(name)) for name in files) if form]
    if not found:
        return None, ()
    counts = Counter(_suffix(name) for name, _ in found)
    suffix = max(counts, key=lambda each: (counts[each], _rank(each), each))
    families = {".json": "json", ".jsonl": "json", ".ndjson": "json", ".tsv": "csv"}
    family = families.get(suffix, suffix.removeprefix("."))
    kept = [
        name
        for name, _ in found
        if families.get(_suffix(name), _suffix(name).removeprefix(".")) == family
    ]
    return next(form for name, form in found if name == kept[0]), tuple(kept)


def _suffix(name: str) -> str:
    suffixes = [suffix.lower() for suffix in PurePosixPath(name).suffixes]
    return next((suffix for suffix in reversed(suffixes) if format_of(f"x{suffix}")), "")


def _rank(suffix: str) -> int:
    return -_PREFERRED.index(suffix) if suffix in _PREFERRED else -len(_PREFERRED)


@lru_cache(maxsize=512)
def _compiled(pattern: str) -> re.Pattern[str]:
    parts = PurePosixPath(pattern).parts
    if not parts or ".." in parts or pattern.startswith("/"):
        return re.compile(r"(?!)")  # names nothing below the folder
    text = ""
    for place, part in enumerate(parts):
        last = place == len(parts) - 1
        if part == "**":
            text += ".+" if last else "(?:[^/]+/)*"
        else:
            text += _part(part) + ("" if last else "/")
    try:
        return re.compile(text)
    except re.error:
        return re.compile(re.escape(pattern))


def _part(part: str) -> str:
    text, place = "", 0
    while place < len(part):
        letter = part[place]
        end = part.find("]", place + 2) if letter == "[" else -1
        if end > 0:
            inner = part[place + 1 : end].replace("\\", r"\\")
            text += f"[^{inner[1:]}]" if inner[0] in "!^" else f"[{inner}]"
            place = end
        else:
            text += {"*": "[^/]*", "?": "[^/]"}.get(letter, re.escape(letter))
        place += 1
    return text


def _is_asked(name: str, pattern: str) -> bool:
    path, asked = PurePosixPath(name), PurePosixPath(pattern)
    if path.name in _IGNORED and path.name != asked.name:
        return False

    def hidden(whole: PurePosixPath) -> int:
        return sum(part.startswith(".") for part in whole.parts)

    def special(whole: PurePosixPath) -> int:
        return sum(part.startswith("__") for part in whole.parent.parts)

    return hidden(path) == hidden(asked) and special(path) == special(asked)
