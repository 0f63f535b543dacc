"""Contributed records, checked before they are published: seals, settings, keys."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from hashlib import sha256
from typing import TYPE_CHECKING

from metabench.fingerprint import fingerprint
from metabench.session.replay.replan import key_change
from metabench.store.unproven import TEXTS, unproven
from metabench.store.verification import verify

if TYPE_CHECKING:
    from collections.abc import Sequence

    from metabench.plan.plan import Plan
    from metabench.store.run_folder import Store
    from metabench.store.stored_cell import StoredCell

__all__ = ["drawn_cells", "key_problems", "seal_problems"]


def seal_problems(store: Store) -> Iterator[str]:
    """Yield what is not as it was written, one sentence each; first of all, records must parse.

    Raises:
        StoreError: it is not the folder of a run, or it cannot be read.
    """
    for finding in verify(store).findings:
        yield f"{finding.path}: {finding.what}: {finding.problem}"
    if unproven(store).get(TEXTS):
        yield "run.json holds no sha256 of the benchmark file"


def key_problems(plan: Plan, store: Store) -> Iterator[str]:
    """Yield the cells and scores whose key is not that of the settings, one sentence each.

    Args:
        plan: the plan of the run's own benchmark file.
        store: the run folder.
    """
    told = set()
    for cell in store.cells():
        if cell.result is not None or cell.failure is not None:
            found = list(_of_cell(plan, store, cell))
            told |= {cell.key} if found else set()
            yield from found
    planned = {
        (use.method, use.column, use.meta_seed, use.finetune_seed, use.draw): use.key
        for use in plan.uses
    }
    for use in store.run().uses:
        place = (use.method, use.column, use.meta_seed, use.finetune_seed, use.draw)
        if planned.get(place) != use.key and use.key not in told:
            yield (
                f"run.json: {use.key[:8]!r} is not the key of {use.method!r} on {use.column!r},"
                f" meta seed {use.meta_seed}, with these settings"
            )


def _of_cell(plan: Plan, store: Store, cell: StoredCell) -> Iterator[str]:
    if cell.key not in plan.by_key:
        why = key_change(plan, store, cell.folder)
        yield f"{cell.folder}: {cell.key[:8]!r} is not its key with these settings: {why}"
    elif not _has_inputs_of_its_key(cell.inputs, cell.key):
        yield f"{cell.folder}: cell.json holds other inputs than those of its key"


def _has_inputs_of_its_key(inputs: Mapping[str, object], key: str) -> bool:
    return fingerprint(dict(inputs)) == key


def drawn_cells(store: Store, *, count: int, pick: str) -> Sequence[str]:
    """Return the folders of cells with a score, drawn by a text; the same text draws the same.

    Args:
        store: the run folder.
        count: how many, at most.
        pick: the text, which a contributor must not know beforehand.
    """
    scored = sorted(cell.folder for cell in store.cells() if cell.result and cell.result.scores)
    return sorted(scored, key=lambda name: sha256(f"{pick}/{name}".encode()).digest())[:count]
