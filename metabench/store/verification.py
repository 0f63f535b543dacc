"""The verification of a run folder: every record, and every file that one names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from stat import S_ISREG
from typing import TYPE_CHECKING, Literal, TypeAlias, TypeVar, final

from metabench.errors import StoreError
from metabench.store.checkpoint import is_whole
from metabench.store.file_names import (
    CELL,
    CELLS,
    CHECKPOINTS,
    EARLIER,
    FAILURE,
    HARDWARE,
    LOCK,
    LOG,
    METRICS,
    OUTPUT,
    PARAMETERS,
    PREDICTIONS,
    PROCESSES,
    RESOLVED,
    RESULT,
    RUN,
    SPEC,
)
from metabench.store.folder import OpenFolder
from metabench.store.leftovers import leftovers
from metabench.store.problems import explained, no_run_error, store_error
from metabench.store.processes import at_work, require_own_folders
from metabench.store.records.cell import CellNote, Failure, Record, Result, RunNote, from_json
from metabench.store.records.seal import SCHEMA, NewerRecordError

if TYPE_CHECKING:
    from metabench.store.run_folder import Store

__all__ = ["Finding", "Verification", "verify"]

What: TypeAlias = Literal["damaged", "missing", "foreign", "leftover"]
_Model = TypeVar("_Model", bound=Record)

_OF_RUN = {SPEC, RESOLVED, RUN, HARDWARE, OUTPUT, LOCK, PROCESSES, CELLS}
_OF_CELL = {
    CELL, RESULT, FAILURE, LOG, METRICS, LOCK, CHECKPOINTS, EARLIER, PREDICTIONS, PARAMETERS,
}  # fmt: skip


@final
@dataclass(frozen=True, slots=True)
class Finding:
    """A finding of the verification.

    Args:
        what: ``damaged`` and ``missing`` files cost a cell; ``foreign`` files are not metabench's;
            a ``leftover`` of a dead process is removed by the next run.
        path: below the run folder.
        problem: the reason.
        cell: folder of the cell that has to be run again, "" for none.
    """

    what: What
    path: str
    problem: str
    cell: str = ""


@final
@dataclass(frozen=True, slots=True)
class Verification:
    """The result of a verification.

    Args:
        findings: in the order of the folders.
        formats: records by version of their format.
        files: number of hashed files, without records.
        checkpoints: number of hashed checkpoints.
        processes: processes that work on the folder now; while there are some, leftovers are not
            distinguished from their files.
    """

    findings: tuple[Finding, ...]
    formats: Mapping[int, int]
    files: int
    checkpoints: int
    processes: int

    @property
    def costly(self) -> tuple[Finding, ...]:
        """The damaged and missing files."""
        return tuple(one for one in self.findings if one.what in {"damaged", "missing"})


def verify(store: Store) -> Verification:
    """Read and hash a whole run folder; nothing is written.

    Raises:
        StoreError: it is not the folder of a run, it cannot be read, or a record is of a newer
            metabench.
    """
    look = _Look()
    processes = at_work(store.folder)
    with explained(store.folder), store.root.opened() as here:
        require_own_folders(here, store.folder)
        found = list(_of_run(look, here, store.folder))
        found += _of_each(here, CELLS, lambda cell, at: _of_cell(look, cell, at))
        found += _no_folders(here)
    if not processes:
        found += [
            Finding("leftover", "/".join((*folder.parts, name)), "of a process that has ended")
            for folder, name in leftovers(store.root, store.is_done)
        ]
    return Verification(
        tuple(found), dict(look.formats), look.files, look.checkpoints, len(processes)
    )


@final
@dataclass
class _Look:
    """The counts during a verification."""

    formats: Counter[int] = field(default_factory=Counter)
    files: int = 0
    checkpoints: int = 0

    def record(self, model: type[_Model], here: OpenFolder, path: str) -> _Model | Finding | None:
        """Return a record, its problem, or None where there is none."""
        try:
            data = here.read(_name(path), most=model.most_bytes)
            record = from_json(model, data, where=path)
        except FileNotFoundError:
            return None
        except NewerRecordError:
            raise
        except OSError as error:
            return Finding("damaged", path, store_error(error, Path(path)).problem)
        except StoreError as error:
            return Finding("damaged", path, error.problem.removeprefix("is damaged: "))
        self.formats[SCHEMA] += 1
        return record

    def hashed(
        self, here: OpenFolder, at: str, name: str, sha256: str, *, size: int | None = None
    ) -> Iterator[Finding]:
        """Yield the problem of a file of the folder ``at`` that a record names."""
        self.files += 1
        path, facts = f"{at}{name}", here.facts(name)
        if facts is None:
            yield Finding("missing", path, "is gone")
        elif not S_ISREG(facts.st_mode):
            yield Finding("damaged", path, "is not a regular file")
        elif size not in {None, facts.st_size}:
            yield Finding("damaged", path, "its size is not the recorded one")
        elif here.sha256(name) != sha256:
            yield Finding("damaged", path, "its sha256 is not the recorded one")


def _of_run(look: _Look, here: OpenFolder, folder: Path) -> Iterator[Finding]:
    note = look.record(RunNote, here, RUN)
    if note is None:
        raise no_run_error(folder)
    if isinstance(note, Finding):
        yield note
    else:
        for name, sha256 in note.texts.items():
            yield from look.hashed(here, "", name, sha256)
    yield from _foreign(here.names(), "", _OF_RUN)


def _of_cell(look: _Look, here: OpenFolder, at: str) -> Iterator[Finding]:
    cell, there = _name(at), here.names()
    note = look.record(CellNote, here, f"{at}/{CELL}")
    result = look.record(Result, here, f"{at}/{RESULT}")
    failure = look.record(Failure, here, f"{at}/{FAILURE}") if FAILURE in there else None
    yield from _of_records(at, (note, result, failure))
    named = result.files if isinstance(result, Result) else ()
    if isinstance(result, Result) and note is None:
        yield Finding("missing", f"{at}/{CELL}", "is gone", cell)
    for file in named:
        for one in look.hashed(here, f"{at}/", file.path, file.sha256, size=file.bytes):
            yield Finding(one.what, one.path, one.problem, cell)
    if not isinstance(result, Result):  # of a cell that is done they are of no use
        below = f"{at}/{CHECKPOINTS}"
        yield from _of_each(here, below, lambda each, path: _of_checkpoint(look, each, path))
    if EARLIER in there:
        earlier = f"{at}/{EARLIER}"
        yield from _of_each(here, earlier, lambda each, path: _of_earlier(look, each, path))
    yield from _foreign(there, f"{at}/", _OF_CELL | {file.path for file in named})


def _of_records(
    at: str, records: tuple[CellNote | Result | Failure | Finding | None, ...]
) -> Iterator[Finding]:
    for record in records:
        if isinstance(record, Finding):
            yield Finding(record.what, record.path, record.problem, _name(at))
        elif record is not None and not at.endswith(record.key[:8]):
            yield Finding("damaged", at, f"holds records of {record.name!r}", _name(at))


def _of_checkpoint(look: _Look, here: OpenFolder, at: str) -> Iterator[Finding]:
    look.checkpoints += 1
    if not is_whole(here):
        yield Finding("damaged", at, "its checksum does not match")


def _of_earlier(look: _Look, here: OpenFolder, at: str) -> Iterator[Finding]:
    result = look.record(Result, here, f"{at}/{RESULT}")
    if isinstance(result, Finding):
        yield result
    for file in result.files if isinstance(result, Result) else ():
        yield from look.hashed(here, f"{at}/", file.path, file.sha256, size=file.bytes)


def _of_each(
    around: OpenFolder, at: str, findings: Callable[[OpenFolder, str], Iterator[Finding]]
) -> Iterator[Finding]:
    """Yield the findings in each folder of a folder; nothing where it is no folder."""
    if not around.is_folder(_name(at)):
        return
    with around.enter(_name(at)) as here:
        for name in here.folders():
            with here.enter(name) as inner:
                yield from findings(inner, f"{at}/{name}")


def _no_folders(root: OpenFolder) -> Iterator[Finding]:
    """Yield entries among the cells that are no folders: a link to one costs that cell."""
    if not root.is_folder(CELLS):
        return
    with root.enter(CELLS) as here:
        for name in sorted(set(here.names()).difference(here.folders())):
            if not (name.startswith(".") or here.is_regular(name)):
                yield Finding("damaged", f"{CELLS}/{name}", "is not a regular folder", name)


def _foreign(there: Iterable[str], at: str, known: set[str]) -> Iterator[Finding]:
    for name in there:
        if name not in known and not name.startswith("."):
            yield Finding("foreign", f"{at}{name}", "no record names it")


def _name(path: str) -> str:
    return path.rpartition("/")[2]
