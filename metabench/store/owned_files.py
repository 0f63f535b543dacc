"""A folder whose files a command writes again: only its own files are replaced or deleted."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from metabench.errors import UsageError
from metabench.store.atomic import commit_file
from metabench.store.folder import Folder
from metabench.store.problems import explained
from metabench.strict_json import parse_json

if TYPE_CHECKING:
    from metabench.store.folder import OpenFolder

__all__ = ["MANIFEST", "write_owned"]

MANIFEST = "metabench-files.json"
"""The list of the files that metabench wrote into a folder, each with its sha256."""
_NAME = re.compile(r"[a-z0-9][a-z0-9.-]*")
_HASH = re.compile(r"[0-9a-f]{64}")
_SCHEMA = 1


def write_owned(folder: Path, files: Mapping[str, bytes]) -> int:
    """Write files into a folder, delete its earlier ones that are not among them; count the writes.

    Files that metabench did not write, or that have changed since, are neither replaced nor
    deleted: if one is in the way, nothing is written. A process that dies in between leaves a
    folder that the next call completes.

    Args:
        folder: the folder; it is made where it is missing.
        files: content by name, which is of small letters, digits, dots and hyphens.

    Raises:
        UsageError: a file is in the way, or the list of files is damaged.
        StoreError: the folder cannot be written.
    """
    new = {name: [sha256(data).hexdigest()] for name, data in files.items()}
    with explained(folder), Folder(folder).opened(make=True) as here:
        known = _known(here, folder)
        both = {name: [*known.get(name, ()), *new.get(name, ())] for name in {*known, *new}}
        there = {name: _hash(here, name) for name in both if here.facts(name) is not None}
    for name in sorted(there):
        if there[name] not in both[name]:
            raise _in_the_way(name, folder, wrote=name in known)
    changed = [name for name in new if there.get(name) not in new[name]]
    gone = sorted(there.keys() - new.keys())
    if changed or gone or new != known:
        _write(folder, {MANIFEST: _manifest(both)})  # first, or a killed process leaves strangers
        _write(folder, {name: files[name] for name in changed})
        with explained(folder), Folder(folder).opened() as here:
            for name in gone:
                here.remove(name)
        _write(folder, {MANIFEST: _manifest(new)})
    return len(changed)


def _write(folder: Path, files: Mapping[str, bytes]) -> None:
    for name, data in files.items():
        commit_file(Folder(folder), name, data)


def _known(here: OpenFolder, folder: Path) -> Mapping[str, list[str]]:
    """Return the hashes of each file that the folder's list names; two while it is written."""
    if here.facts(MANIFEST) is None:
        return {}
    try:
        tree = parse_json(here.read(MANIFEST))
        valid = tree["schema"] == _SCHEMA and _is_list_of_files(tree["files"])
    except (ValueError, KeyError, TypeError):
        valid = False
    if not valid:
        raise UsageError(
            f"its list of files {MANIFEST!r} is damaged, so nothing in it is replaced",
            where=str(folder),
            hint="name another folder, or delete this one",
        )
    return dict(tree["files"])


def _is_list_of_files(files: Any) -> bool:
    return isinstance(files, dict) and all(
        _NAME.fullmatch(name)
        and isinstance(hashes, list)
        and all(isinstance(text, str) and _HASH.fullmatch(text) for text in hashes)
        for name, hashes in files.items()
    )


def _hash(here: OpenFolder, name: str) -> str:
    """Return the sha256 of a regular file; "" of anything else."""
    return here.sha256(name) if here.is_regular(name) else ""


def _in_the_way(name: str, folder: Path, *, wrote: bool) -> UsageError:
    why = "it has changed since" if wrote else "metabench did not write it"
    return UsageError(
        f"{name!r} is in the way: {why}",
        where=str(folder),
        hint="move it away, or name another folder",
    )


def _manifest(files: Mapping[str, Sequence[str]]) -> bytes:
    named = {name: sorted(set(files[name])) for name in sorted(files)}
    return (json.dumps({"schema": _SCHEMA, "files": named}, indent=1) + "\n").encode()
