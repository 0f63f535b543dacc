"""The parquet files of a data set that lies in a folder in the hub's layout."""

from __future__ import annotations

from functools import lru_cache
from itertools import islice
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

from metabench.errors import DataError
from metabench.fingerprint import hash_file
from metabench.limits import MOST_FILES, MOST_WILDCARDS, README_BYTES
from metabench.tasks.parquet_size import parquet_footer

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["count_rows", "file_hash", "holds_split", "split_files"]

Files = tuple[Path, ...]

_COPY = "copy README.md from the hub along with the data files"


def split_files(folder: Path, config: str | None) -> Mapping[str, Files]:
    """Return the files of each split of a configuration: what README.md's front matter lists.

    Raises:
        DataError: there is no such list, or no such configuration, or a file is missing.
    """
    configs = _configs(folder)
    name = config or ("default" if "default" in configs else next(iter(configs)))
    if name not in configs:
        raise DataError(
            f"no configuration {name!r}; there are {', '.join(map(repr, configs))}",
            where=str(folder),
            hint=_COPY,
        )
    return {split: _files(folder, patterns) for split, patterns in configs[name].items()}


def holds_split(folder: Path, config: str | None, split: str) -> bool:
    """Return whether a folder lists a split; a mirror may hold a part of a data set.

    Raises:
        DataError: there is no list of files, or a listed file is missing.
    """
    if config is not None and config not in _configs(folder):
        return False
    return split in split_files(folder, config)


def count_rows(files: Files) -> int:
    """Return how many rows the files hold, from their footers alone.

    Raises:
        DataError: a file is not readable as parquet, or has too many rows.
    """
    return sum(int(parquet_footer(file).num_rows) for file in files)


def file_hash(file: Path) -> str:
    """Return the sha256 of a file, remembered while its size and time of change stay the same."""
    facts = file.stat()
    return _file_hash(file, facts.st_size, facts.st_mtime_ns)


@lru_cache(maxsize=4096)
def _file_hash(file: Path, size: int, changed: int) -> str:
    del size, changed
    return hash_file(file)


def _configs(folder: Path) -> Mapping[str, Mapping[str, list[str]]]:
    readme = folder / "README.md"
    front = _front_matter(readme) if readme.is_file() else {}
    configs = front.get("configs") or []
    try:
        found = {_word(one["config_name"]): _patterns(one["data_files"]) for one in configs}
    except (KeyError, TypeError) as error:
        raise DataError(f"cannot read 'configs': {error}", where=str(readme), hint=_COPY) from error
    if not found:
        raise DataError(
            "the front matter of README.md lists no 'configs'",
            where=str(folder),
            hint=_COPY,
        )
    return found


def _patterns(listed: Any) -> Mapping[str, list[str]]:
    if isinstance(listed, str):
        return {"train": [listed]}
    entries = [{"split": "train", "path": one} if isinstance(one, str) else one for one in listed]
    patterns: dict[str, list[str]] = {}
    for entry in entries:
        paths = entry["path"]
        listed = [paths] if isinstance(paths, str) else paths
        patterns.setdefault(_word(entry["split"]), []).extend(map(_word, listed))
    return patterns


def _word(value: Any) -> str:
    """Return a text as it is; a list of lists of lists would take for ever to be written out."""
    if isinstance(value, str):
        return value
    raise TypeError(f"expected a text, found {type(value).__name__}")


def _front_matter(readme: Path) -> Mapping[str, Any]:
    from metabench.tasks.plain_yaml import parse_yaml  # noqa: PLC0415  (only a mirror needs it)

    parts = _text(readme).split("---\n", 2)
    if len(parts) < 3 or parts[0].strip():  # noqa: PLR2004  (before, front matter, after)
        return {}
    try:
        front = parse_yaml(parts[1])
    except ValueError as error:
        raise DataError(
            f"the front matter of README.md cannot be read: {error}", where=str(readme), hint=_COPY
        ) from error
    return front if isinstance(front, dict) else {}


def _matches(folder: Path, pattern: str) -> list[Path]:
    """Return the regular files below a folder that a pattern names, one too many at most."""
    parts = PurePath(pattern).parts
    if ".." in parts or parts.count("**") > MOST_WILDCARDS:
        return []
    try:
        found = (path for path in folder.glob(pattern) if path.is_file())
        return sorted(islice(found, MOST_FILES + 1))
    except (OSError, ValueError, NotImplementedError, IndexError, RecursionError):
        return []  # a name that no file can have, or a path from the root


def _text(readme: Path) -> str:
    try:
        with readme.open("rb") as file:
            content = file.read(README_BYTES + 1)
        if len(content) > README_BYTES:
            raise DataError(
                f"is larger than {README_BYTES // 1024**2} MiB", where=str(readme), hint=_COPY
            )
        return content.decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"cannot be read: {error}", where=str(readme), hint=_COPY) from error


def _files(folder: Path, patterns: list[str]) -> Files:
    files: list[Path] = []
    for pattern in patterns:
        found = _matches(folder, pattern)
        if not found:
            raise DataError(
                f"no file matches {pattern!r}, which README.md lists",
                where=str(folder),
                hint="copy the data files from the hub along with README.md",
            )
        files.extend(found)
        if len(files) > MOST_FILES:
            raise DataError(
                f"more than {MOST_FILES:,} files match {pattern!r}, which README.md lists",
                where=str(folder),
                hint=_COPY,
            )
    return tuple(files)
