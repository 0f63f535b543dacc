"""The size of a split and the hash of its content, without loading an example."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, final

from metabench.api.task import FileSource, GeneratedSource
from metabench.errors import DataError
from metabench.fingerprint import fingerprint, hash_source
from metabench.tasks.clone import missing_file, source_folder
from metabench.tasks.commit import hub_commit
from metabench.tasks.mirror import count_rows, data_files, files_hash, source_files
from metabench.tasks.own.splits import own_identity, own_rows

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from metabench.api.task import HubSource, TaskCard
    from metabench.tasks.hub import Hub

__all__ = ["SplitFacts", "split_facts"]


@final
@dataclass(frozen=True, slots=True)
class SplitFacts:
    """Rows that are there, and a hash that changes when their content may have changed."""

    rows: int
    identity: str


def split_facts(card: TaskCard, split: str, *, hub: Hub) -> SplitFacts:
    """Return the size of a split and its identity; no example is loaded.

    Files are identified by their sha256, the hub by its commit, a generator by its source. Custom
    files are the exception: nothing else vouches for them, so each example is read and checked.

    Raises:
        DataError: the dataset or the split is not available.
    """
    source = card.source
    if isinstance(source, FileSource):
        return SplitFacts(len(own_rows(card, split)), own_identity(card, split))
    if isinstance(source, GeneratedSource):
        parts = {"generator": generator_hash(source.target), "task": card.name, "split": split}
        return SplitFacts(_official_rows(card, split), fingerprint(parts))
    folder = source_folder(source, hub=hub)
    if folder is not None:
        return _file_facts(card, source, split, folder)
    rows = _official_rows(card, split)
    commit = hub_commit("dataset", source.id, source.revision, hub=hub)
    parts = {"hub": source.id, "commit": commit, "config": source.config or "", "split": split}
    return SplitFacts(rows, fingerprint(parts))


@cache
def generator_hash(target: str) -> str:
    """Return the hash of a generator: its module and the modules it imports from its package.

    Raises:
        DataError: the module has no readable source.
    """
    sources = dict(_sources(target.partition(":")[0], seen=set()))
    return fingerprint({"target": target, "modules": sources})


def _file_facts(card: TaskCard, source: HubSource, split: str, folder: Path) -> SplitFacts:
    splits = source_files(folder, source)
    if split not in splits:
        if source.files is not None:
            raise missing_file(source, split, folder=folder)
        raise _no_split(card, split, splits)
    files = data_files(folder, source, split)
    return SplitFacts(count_rows(files, (*card.text, card.label)), fingerprint(files_hash(files)))


def _official_rows(card: TaskCard, split: str) -> int:
    if split not in card.splits:
        raise _no_split(card, split, card.splits)
    return card.splits[split]


def _no_split(card: TaskCard, split: str, splits: Mapping[str, object]) -> DataError:
    used_as = "scored" if split == card.scored else "train"
    other = next((name for name in splits if name.startswith("validation")), next(iter(splits), ""))
    return DataError(
        f"no split {split!r}; there are {', '.join(map(repr, splits))}",
        where=f"{card.name} ({_where(card)})",
        hint=f'''name another split: tasks.splits."{card.name}".{used_as} = "{other}"''',
    )


def _where(card: TaskCard) -> str:
    source = card.source
    if isinstance(source, FileSource):
        return ", ".join(file.path for file in source.files.values())
    return source.target if isinstance(source, GeneratedSource) else f"dataset {source.id}"


def _sources(module: str, *, seen: set[str]) -> Iterator[tuple[str, str]]:
    """Yield (module, hash) of a module and of each module it imports from its package, once."""
    if module in seen:
        return
    seen.add(module)
    source = _read_source(module)
    yield module, hash_source(source)
    package = module.rpartition(".")[0]
    for name in _imported(ast.parse(source)):
        if package and name.startswith(f"{package}."):
            yield from _sources(name, seen=seen)


def _imported(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def _read_source(module: str) -> str:
    try:
        spec = find_spec(module)
    except (ImportError, ValueError):
        spec = None
    if spec is None or spec.origin is None or not spec.origin.endswith(".py"):
        raise DataError(
            f"no source of the generator's module {module!r} to be found",
            hint="install the package with its .py files",
        )
    return Path(spec.origin).read_text(encoding="utf-8")
