"""A run that continues in a process of its own, without this terminal."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from typing import TYPE_CHECKING

from metabench.cli.inputs.command_line import typed
from metabench.cli.views.text import echo, note
from metabench.import_path import protect_children
from metabench.store.file_names import OUTPUT
from metabench.store.problems import explained
from metabench.store.processes import at_work

if TYPE_CHECKING:
    from metabench.store.run_folder import Store

__all__ = ["DETACH", "detach"]

DETACH = "--detach"
_PAUSE_SECONDS = 0.2
_PROGRAM = (
    "import json, sys; sys.path[:] = json.loads(sys.argv.pop(1));"
    " from metabench.cli.main import main; sys.exit(main(sys.argv[1:]))"
)


def detach(store: Store) -> int:
    """Start the typed command without this terminal; return when it works on the run, or its end.

    Args:
        store: the run folder, where what the command prints goes.

    Raises:
        StoreError: the run folder cannot be written.
    """
    protect_children()
    words = [word for word in typed()[1:] if word != DETACH]
    warnings = (f"-W{one}" for one in sys.warnoptions)
    with explained(store.folder), store.root.opened(make=True) as here:
        begun = here.facts(OUTPUT)
        with here.appended(OUTPUT) as output:
            process = subprocess.Popen(  # noqa: S603  (ourselves)
                [sys.executable, *warnings, "-c", _PROGRAM, json.dumps(sys.path), *words],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        while process.poll() is None and not _works(process.pid, store):
            time.sleep(_PAUSE_SECONDS)
        if process.returncode is not None:  # all is done, or it was refused
            with here.stream(OUTPUT) as file:
                file.seek(begun.st_size if begun else 0)
                echo(file.read().decode(errors="backslashreplace").rstrip("\n"))
            return process.returncode
    note(f"process {process.pid} runs it, and prints to {store.folder / OUTPUT}")
    echo(f"metabench attach {store.folder}")
    return 0


def _works(pid: int, store: Store) -> bool:
    return any(owner.pid == pid for owner in at_work(store.folder))
