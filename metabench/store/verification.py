"""Whether a run folder holds what was written: every record, every file that one names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias, TypeVar, final

from metabench.errors import StoreError
from metabench.fingerprint import hash_file
from metabench.store.atomic import no_run_error, store_error
from metabench.store.checkpoint import is_whole
from metabench.store.leftovers import leftovers
from metabench.store.processes import at_work
from metabench.store.records.cell import CellNote, Failure, Record, Result, RunNote, from_json
from metabench.store.records.migrations import NewerRecordError, schema_of
from metabench.store.regular_files import is_folder, is_regular, read_regular

if TYPE_CHECKING:
    from metabench.store.run_folder import Store

__all__ = ["Finding", "Verification", "verify"]

What: TypeAlias = Literal["damaged", "missing", "foreign", "leftover"]
_Model = TypeVar("_Model", bound=Record)

_OF_RUN = {"spec.toml", "resolved.toml", "run.json", "LOCK", "processes", "cells"}
_OF_CELL = {
    "cell.json", "result.json", "failure.json", "log.txt", "metrics.jsonl", "LOCK", "checkpoints",
    "earlier", "predictions.parquet", "parameters.safetensors",
}  # fmt: skip


@final
@dataclass(frozen=True, slots=True)
class Finding:
    """A file that is not as it has to be.

    Args:
        what: ``damaged`` and ``missing`` cost something; ``foreign`` is nobody's, ``leftover`` what
            a process that died has left: the next run takes it away.
        path: below the run folder.
        problem: why.
        cell: name of the folder of the cell that has to be run again, "" where none has.
    """

    what: What
    path: str
    problem: str
    cell: str = ""


@final
@dataclass(frozen=True, slots=True)
class Verification:
    """What was looked at, and what was found.

    Args:
        findings: in the order of the folders.
        formats: records by version of their format.
        files: files whose content was hashed, records apart.
        checkpoints: checkpoints that were hashed.
        processes: processes that work on the folder now; while some do, leftovers are not told
            from what they need.
    """

    findings: tuple[Finding, ...]
    formats: Mapping[int, int]
    files: int
    checkpoints: int
    processes: int

    @property
    def costly(self) -> tuple[Finding, ...]:
        """What is damaged or missing."""
        return tuple(one for one in self.findings if one.what in {"damaged", "missing"})


def verify(store: Store) -> Verification:
    """Read and hash a whole run folder; nothing is written.

    Raises:
        StoreError: it is not the folder of a run, it cannot be read, or a record is of a newer
            metabench.
    """
    look = _Look(store.folder)
    processes = at_work(store.folder)
    found = [*_of_run(look)]
    for folder in _folders(store.folder / "cells"):
        found += _of_cell(look, folder)
    if not processes:
        found += [
            Finding("leftover", look.name(path), "of a process that has ended")
            for path in leftovers(store)
        ]
    return Verification(
        tuple(found), dict(look.formats), look.files, look.checkpoints, len(processes)
    )


@final
@dataclass
class _Look:
    """What has been counted, while a folder is looked at."""

    root: Path
    formats: Counter[int] = field(default_factory=Counter)
    files: int = 0
    checkpoints: int = 0

    def name(self, path: Path) -> str:
        return path.relative_to(self.root).as_posix()

    def record(self, model: type[_Model], path: Path) -> _Model | Finding | None:
        """Return a record, what is wrong with it, or None where there is none."""
        try:
            data = read_regular(path, most=model.most_bytes)
            record = from_json(model, data, where=self.name(path))
        except FileNotFoundError:
            return None
        except NewerRecordError:
            raise
        except OSError as error:
            return Finding("damaged", self.name(path), store_error(error, path).problem)
        except StoreError as error:
            return Finding("damaged", self.name(path), error.problem.removeprefix("is damaged: "))
        self.formats[schema_of(data) or 1] += 1
        return record

    def hashed(self, path: Path, sha256: str, *, size: int | None = None) -> Iterator[Finding]:
        """Yield what is wrong with a file that some record names."""
        self.files += 1
        if not is_regular(path):
            there = path.is_symlink() or path.exists()
            what: What = "damaged" if there else "missing"
            yield Finding(what, self.name(path), "is not a regular file" if there else "is gone")
        elif not is_regular(path, size=size):
            yield Finding("damaged", self.name(path), "its size is not the recorded one")
        elif hash_file(path) != sha256:
            yield Finding("damaged", self.name(path), "its sha256 is not the recorded one")


def _of_run(look: _Look) -> Iterator[Finding]:
    note = look.record(RunNote, look.root / "run.json")
    if note is None:
        raise no_run_error(look.root)
    if isinstance(note, Finding):
        yield note
    else:
        for name, sha256 in note.texts.items():
            yield from look.hashed(look.root / name, sha256)
    yield from _foreign(look, look.root, _OF_RUN)


def _of_cell(look: _Look, folder: Path) -> Iterator[Finding]:
    cell = folder.name
    note = look.record(CellNote, folder / "cell.json")
    result = look.record(Result, folder / "result.json")
    failure = look.record(Failure, folder / "failure.json")
    yield from _of_records(look, folder, (note, result, failure))
    named = result.files if isinstance(result, Result) else ()
    if isinstance(result, Result) and note is None:
        yield Finding("missing", look.name(folder / "cell.json"), "is gone", cell)
    for file in named:
        for one in look.hashed(folder / file.path, file.sha256, size=file.bytes):
            yield Finding(one.what, one.path, one.problem, cell)
    if not isinstance(result, Result):  # of a cell that is done they are of no use
        yield from _of_checkpoints(look, folder / "checkpoints")
    yield from _of_earlier(look, folder / "earlier")
    yield from _foreign(look, folder, _OF_CELL | {file.path for file in named})


def _of_records(
    look: _Look, folder: Path, records: tuple[CellNote | Result | Failure | Finding | None, ...]
) -> Iterator[Finding]:
    for record in records:
        if isinstance(record, Finding):
            yield Finding(record.what, record.path, record.problem, folder.name)
        elif record is not None and not folder.name.endswith(record.key[:8]):
            problem = f"holds records of {record.name!r}"
            yield Finding("damaged", look.name(folder), problem, folder.name)


def _of_checkpoints(look: _Look, folder: Path) -> Iterator[Finding]:
    for path in _folders(folder):
        look.checkpoints += 1
        if not is_whole(path):
            yield Finding("damaged", look.name(path), "is not what was written")


def _of_earlier(look: _Look, folder: Path) -> Iterator[Finding]:
    for path in _folders(folder):
        result = look.record(Result, path / "result.json")
        if isinstance(result, Finding):
            yield result
        for file in result.files if isinstance(result, Result) else ():
            yield from look.hashed(path / file.path, file.sha256, size=file.bytes)


def _foreign(look: _Look, folder: Path, known: set[str]) -> Iterator[Finding]:
    for path in sorted(folder.iterdir()):
        if path.name not in known and not path.name.startswith("."):
            yield Finding("foreign", look.name(path), "no record names it")


def _folders(folder: Path) -> list[Path]:
    """Return the folders in a folder that are not hidden; none where it cannot be read."""
    if not is_folder(folder):
        return []
    paths = sorted(folder.iterdir())
    return [path for path in paths if not path.name.startswith(".") and is_folder(path)]
