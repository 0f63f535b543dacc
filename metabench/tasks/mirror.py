"""The data files of a dataset in a folder: a git clone, or an offline mirror."""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

from metabench.api.task import DataFile
from metabench.errors import DataError
from metabench.fingerprint import hash_file
from metabench.limits import MOST_FILES, MOST_WILDCARDS
from metabench.tasks.clone import clone_files
from metabench.tasks.data_card import COPY, DataCard, read_card
from metabench.tasks.layout import has_magic, matching, named_splits, one_format
from metabench.tasks.parquet_size import parquet_footer
from metabench.tasks.reading.content import content_hash, open_content
from metabench.tasks.reading.formats import COMPRESSED, SUFFIXES, format_of
from metabench.tasks.reading.records import records
from metabench.tasks.reading.refusal import why_withheld

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from metabench.api.task import HubSource

__all__ = [
    "count_rows", "data_files", "file_hash", "files_hash", "holds_split", "source_files",
    "split_classes", "split_files",
]  # fmt: skip

Files = tuple[Path, ...]

_ROW_SETTINGS = {"sep", "delimiter", "encoding"}
_PLAIN_SETTINGS = {"config_name", "data_files", "data_dir", "default", "description", "version",
                   "features", "drop_labels", "drop_metadata", "license"}  # fmt: skip


def split_files(
    folder: Path, config: str | None, *, names: Sequence[str] | None = None
) -> Mapping[str, Files]:
    """Return the files of each split of a configuration, as the datasets library finds them.

    Args:
        folder: that of the dataset.
        config: the configuration; None is the default one.
        names: its files, where they are not all there yet.

    Raises:
        DataError: there is no such configuration, a listed file is missing, or no data file.
    """
    card = read_card(folder)
    settings = _settings(folder, card, config)
    names = _names(folder) if names is None else names
    base = settings.get("data_dir") or ""
    if not isinstance(base, str):
        raise DataError("data_dir is no text", where=str(folder), hint=COPY)
    prefix = f"{PurePath(base).as_posix().strip('/')}/" if base not in {"", ".", "./"} else ""
    below = [name.removeprefix(prefix) for name in names if name.startswith(prefix)]
    if settings.get("data_files") is not None:
        listed = _patterns(folder, settings["data_files"])
        found: Mapping[str, tuple[str, ...]] = {
            split: _listed(folder, below, patterns) for split, patterns in listed.items()
        }
    else:
        found = _of_one_format(folder, named_splits(below))
    return {
        split: tuple(folder / f"{prefix}{name}" for name in files) for split, files in found.items()
    }


def source_files(folder: Path, source: HubSource) -> Mapping[str, Files]:
    """Return the files of each split of a source: of a clone those that it names.

    Raises:
        DataError: as `split_files`.
    """
    if source.files is not None:
        return clone_files(folder, source.files)
    return split_files(folder, source.config)


def data_files(folder: Path, source: HubSource, split: str) -> tuple[DataFile, ...]:
    """Return the files of a split, how each is read, and why messages do not quote it, if so.

    Raises:
        DataError: there is no such split, or README.md asks for a way of reading that is not known.
    """
    settings = {} if source.files else _settings(folder, read_card(folder), source.config)
    strange = sorted(settings.keys() - _ROW_SETTINGS - _PLAIN_SETTINGS)
    splits = source_files(folder, source)
    if split not in splits:
        raise DataError(
            f"no split {split!r}; there are {', '.join(map(repr, splits))}",
            where=str(folder),
            hint="name one of them",
        )
    files = splits[split]
    if strange and any(format_of(file.name) in {"csv", "tsv"} for file in files):
        raise DataError(
            f"README.md reads this dataset with {strange[0]!r}, which metabench does not know",
            where=str(folder),
            hint="save its files as plain CSV, JSONL or Parquet and name those",
        )
    return tuple(
        found.model_copy(
            update={"withheld": source.withheld or why_withheld(found.path, str(folder))}
        )
        for found in (_data_file(file, settings) for file in files)
    )


def split_classes(folder: Path, source: HubSource, column: str) -> tuple[str, ...]:
    """Return the class names that README.md declares for a column; none where it does not."""
    return () if source.files else read_card(folder).classes(source.config, column)


def holds_split(folder: Path, source: HubSource, split: str) -> bool:
    """Return whether a folder lists a split; a mirror may hold a part of a dataset.

    Raises:
        DataError: a listed file is missing.
    """
    config = source.config
    if config is not None and read_card(folder).configs.get(config) is None:
        return False
    return split in source_files(folder, source)


def count_rows(files: Sequence[DataFile], columns: Sequence[str]) -> int:
    """Return the number of rows of the files; for Parquet from their footers only.

    Raises:
        DataError: a file is not readable.
    """
    return sum(
        int(parquet_footer(Path(file.path)).num_rows)
        if file.format == "parquet" and not file.path.endswith(COMPRESSED)
        else _counted(file, columns)
        for file in files
    )


def files_hash(files: Sequence[DataFile]) -> list[str]:
    """Return the sha256 of the content of each file."""
    return [content_hash(file) for file in files]


def file_hash(file: Path) -> str:
    """Return the sha256 of a file, remembered while its inode and its time of change stay."""
    facts = file.stat()
    return _file_hash(file, facts.st_ino, facts.st_size, facts.st_mtime_ns, facts.st_ctime_ns)


@lru_cache(maxsize=4096)
def _file_hash(file: Path, *known: int) -> str:
    del known
    return hash_file(file)


def _counted(file: DataFile, columns: Sequence[str]) -> int:
    with open_content(file) as content:
        return sum(1 for _ in records(file, content, columns))


def _data_file(file: Path, settings: Mapping[str, Any]) -> DataFile:
    form = format_of(file.name)
    if form is None:
        raise DataError(
            f"{file.name!r} is in no format that is read ({', '.join(SUFFIXES)})",
            where=str(file.parent),
            hint="save the dataset in one of them",
        )
    if form not in {"csv", "tsv"}:
        return DataFile(path=str(file), format=form)
    # In a dataset's folder a .tsv is CSV with tabs, quotation marks included, as pandas has it.
    default = "\t" if form == "tsv" else None
    delimiter = settings.get("sep") or settings.get("delimiter") or default
    return DataFile(
        path=str(file), format="csv", delimiter=delimiter, encoding=settings.get("encoding")
    )


def _settings(folder: Path, card: DataCard, config: str | None) -> Mapping[str, Any]:
    configs = card.configs
    if not configs:
        if config not in {None, "default"}:
            raise DataError(
                f"no configuration {config!r}; README.md lists none", where=str(folder), hint=COPY
            )
        return {}
    name = config or card.default
    if name is None:
        raise DataError(
            f"there are {len(configs)} configurations, and none is the default",
            where=str(folder),
            hint=f"set config to one of {', '.join(map(repr, configs))}",
        )
    if name not in configs:
        raise DataError(
            f"no configuration {name!r}; there are {', '.join(map(repr, configs))}",
            where=str(folder),
            hint=COPY,
        )
    return configs[name]


def _of_one_format(
    folder: Path, splits: Mapping[str, tuple[str, ...]]
) -> Mapping[str, tuple[str, ...]]:
    found = {split: one_format(files) for split, files in splits.items()}
    found = {split: (form, files) for split, (form, files) in found.items() if form}
    if not found:
        raise DataError(
            "holds no data file that is read",
            where=str(folder),
            hint=f"{COPY}; read are {', '.join(SUFFIXES)}",
        )
    return {split: files for split, (_, files) in found.items()}


def _listed(folder: Path, names: Sequence[str], patterns: Sequence[str]) -> tuple[str, ...]:
    files: list[str] = []
    for pattern in patterns:
        plain = PurePath(pattern).parts.count("**") <= MOST_WILDCARDS
        found = [name for name in matching(names, pattern) if format_of(name)] if plain else []
        if not found and not has_magic(pattern):
            raise _no_match(folder, pattern)
        files.extend(found)
    if not files:
        raise _no_match(folder, patterns[0] if patterns else "")
    return tuple(dict.fromkeys(files))


def _no_match(folder: Path, pattern: str) -> DataError:
    return DataError(
        f"no file matches {pattern!r}, which README.md lists",
        where=str(folder),
        hint="copy the data files from the hub along with README.md",
    )


def _patterns(folder: Path, listed: Any) -> Mapping[str, list[str]]:
    try:
        if isinstance(listed, dict):
            entries = [{"split": split, "path": paths} for split, paths in listed.items()]
        elif isinstance(listed, str):
            entries = [{"split": "train", "path": listed}]
        else:
            entries = [one if isinstance(one, dict) else {"split": "train", "path": one}
                       for one in listed]  # fmt: skip
        patterns: dict[str, list[str]] = {}
        for entry in entries:
            paths = entry["path"]
            several = [paths] if isinstance(paths, str) else paths
            patterns.setdefault(_word(entry["split"]), []).extend(map(_word, several))
    except (KeyError, TypeError) as error:
        where = str(folder / "README.md")
        raise DataError(f"cannot read 'configs': {error}", where=where, hint=COPY) from error
    return patterns


def _word(value: Any) -> str:
    """Return a text as it is; a list of lists of lists would take for ever to be written out."""
    if isinstance(value, str):
        return value
    raise TypeError(f"expected a text, found {type(value).__name__}")


def _names(folder: Path) -> list[str]:
    """Return the regular files below a folder by their names, which are relative to it."""
    names: list[str] = []
    seen: set[tuple[int, int]] = set()
    for place, folders, files in os.walk(folder, followlinks=True):
        facts = Path(place).stat()
        if (facts.st_dev, facts.st_ino) in seen:
            folders.clear()  # a link that leads back
            continue
        seen.add((facts.st_dev, facts.st_ino))
        below = Path(place).relative_to(folder)
        names += [(below / file).as_posix() for file in files if (Path(place) / file).is_file()]
        if len(names) > MOST_FILES:
            raise DataError(f"holds more than {MOST_FILES:,} files", where=str(folder), hint=COPY)
    return names
