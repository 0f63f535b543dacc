"""The coordinator's side of agents that do not see the run folder: it holds and writes their cells.

It holds a cell while an agent has it, sends the cell's state and the inputs that the agent's
machine lacks, and writes what comes back.
"""

from __future__ import annotations

from base64 import b64encode
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, final

from metabench.api.events import CellEnded, EndedElsewhere, Event
from metabench.session.cell.outcome import cell_note
from metabench.session.cell.staging import DIFFERS, Stage
from metabench.session.runner.claim import claim
from metabench.session.runner.parcels import Parcel, checkpoint_of, packed_parcel
from metabench.session.runner.wire import needed_cells
from metabench.session.runtime import RESUMABLE
from metabench.store.atomic import commit_file
from metabench.store.checkpoint import adopt_checkpoint, newest_files
from metabench.store.file_names import CELL, CHECKPOINTS, FAILURE, LOG, METRICS, RESULT
from metabench.store.problems import explained
from metabench.store.records.cell import Failure, Result, from_json
from metabench.store.run_folder import Store

if TYPE_CHECKING:
    from collections.abc import Iterator

    from metabench.plan.cell import Cell
    from metabench.session.runtime import Assignment
    from metabench.store.folder import Folder

__all__ = ["Returns"]


@dataclass
class _Held:
    """A cell that an agent has."""

    cell: Cell
    stage: Stage
    stack: ExitStack
    parcel: Parcel
    note: str = ""


@final
class Returns:
    """The cells that agents without the run folder have.

    Args:
        assignment: the assignment of all agents.
    """

    def __init__(self, assignment: Assignment) -> None:
        self._assignment = assignment
        self._store = Store(assignment.folder)
        self._held: dict[str, _Held] = {}

    def begin(self, agent: str, cell: Cell) -> EndedElsewhere | None:
        """Hold a cell for an agent; return its end where another process has it or has ended it."""
        with ExitStack() as stack:
            seen = self._assignment.seen.get(cell.key)
            elsewhere = stack.enter_context(claim(cell, self._store, seen))
            if elsewhere is None:
                stage = Stage(cell, self._store)
                self._held[agent] = _Held(cell, stage, stack.pop_all(), Parcel())
            return elsewhere

    def state(self, agent: str) -> Iterator[bytes]:
        """Yield the lines of the state that an agent resumes its cell from."""
        held = self._held[agent]
        files = _files(self._store.place(held.cell.folder), LOG)
        place = self._store.place(held.stage.cell.folder)
        files |= _files(place, METRICS)
        files |= newest_files(place / CHECKPOINTS)
        return packed_parcel(files)

    def inputs(self, agent: str) -> list[dict[str, Any]]:
        """Return the results that an agent's cell is built on, and the sha256 of their files."""
        found = []
        for cell in self._needed(agent):
            result = self._store.result(cell.folder, key=cell.key)
            if result is not None:
                text = _files(self._store.place(cell.folder), RESULT)[RESULT]
                digests = {file.path: file.sha256 for file in result.files}
                record = b64encode(text).decode()
                found.append({"folder": cell.folder, "result": record, "files": digests})
        return found

    def passed(self, agent: str, message: dict[str, Any]) -> Iterator[bytes]:
        """Take a message of files: write a parcel, or yield the lines of a file that is wanted.

        Raises:
            StoreError: the run folder cannot be written, or a file arrived damaged.
        """
        held = self._held.get(agent)
        if held is None:
            return
        if message["kind"] == "want":
            yield from self._wanted(agent, message["sha256"])
            return
        files = held.parcel.add(message)
        if files is not None:
            self._write(held, files)

    def ended(self, agent: str, event: Event) -> Event:
        """Return the end of an agent's cell as of a cell in this run folder."""
        held = self._held.get(agent)
        if held is None or not isinstance(event, CellEnded):
            return event
        folder = str(self._store.cell_folder(held.cell.folder))
        return replace(event, folder=folder, message=event.message or held.note)

    def release(self, agent: str) -> None:
        """Let go of an agent's cell."""
        held = self._held.pop(agent, None)
        if held is not None:
            held.stack.close()

    def close(self) -> None:
        """Let go of all cells."""
        for agent in list(self._held):
            self.release(agent)

    def _needed(self, agent: str) -> Iterator[Cell]:
        cell = self._held[agent].cell
        needed = {one.key: one for one in needed_cells(cell, self._assignment.cells)}
        yield from (one for key, one in needed.items() if key != cell.key)

    def _wanted(self, agent: str, digest: str) -> Iterator[bytes]:
        for cell in self._needed(agent):
            result = self._store.result(cell.folder, key=cell.key)
            for file in result.files if result else ():
                if file.sha256 == digest:
                    yield from packed_parcel({file.path: self._store.read_file(cell.folder, file)})
                    return
        yield from packed_parcel({})

    def _write(self, held: _Held, files: dict[str, bytes]) -> None:
        """Write the files of a parcel, its record last."""
        final = self._store.place(held.cell.folder)
        fresh = self._store.place(held.stage.cell.folder)
        steps: dict[str, dict[str, bytes]] = {}
        for path, data in files.items():
            step = checkpoint_of(path)
            if step:
                steps.setdefault(step, {})[path.rpartition("/")[2]] = data
            elif path not in {RESULT, FAILURE}:
                commit_file(final if path in {LOG, CELL} else fresh, path, data)
        for step, parts in steps.items():
            adopt_checkpoint(fresh / CHECKPOINTS, step, parts)
        if RESULT in files:
            result = from_json(Result, files[RESULT], where=RESULT)
            kept = held.stage.commit(cell_note(held.cell), result)
            held.note = DIFFERS * kept.nondeterministic
            _clear(fresh)
        elif FAILURE in files:
            failure = from_json(Failure, files[FAILURE], where=FAILURE)
            held.stage.discard()
            commit_file(final, FAILURE, files[FAILURE])
            if failure.status not in RESUMABLE:
                _clear(fresh)


def _clear(folder: Folder) -> None:
    with suppress(OSError), folder.opened() as here:
        here.remove_tree(CHECKPOINTS)


def _files(folder: Folder, *names: str) -> dict[str, bytes]:
    """Return the files of a folder that are there."""
    with explained(folder.path), suppress(FileNotFoundError), folder.opened() as here:
        return {name: here.read(name, most=None) for name in names if here.facts(name)}
    return {}
