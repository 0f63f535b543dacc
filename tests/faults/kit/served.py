"""A process that answers lines of JSON; what the servers of the kit have in common."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

__all__ = ["Served"]

_KIT = Path(__file__).parents[1]


class Served:
    """A process with one thread that runs a module's ``serve`` and is asked by line.

    Args:
        module: the module of the kit.
    """

    def __init__(self, module: str) -> None:
        # An empty entry would be the working folder: the package in it, and not the installed one.
        path = os.pathsep.join(filter(None, [str(_KIT), os.environ.get("PYTHONPATH")]))
        self._process = subprocess.Popen(
            [sys.executable, "-c", f"from {module} import serve; serve()"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | {"PYTHONPATH": path, "OMP_NUM_THREADS": "1"},
        )

    def ask(self, what: Mapping[str, Any]) -> Any:
        """Return its answer."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps(what) + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())

    def close(self) -> None:
        """End the process, at once: what torch does at an exit takes seconds."""
        with self._process:
            self._process.kill()
