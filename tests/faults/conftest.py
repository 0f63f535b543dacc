"""How hard the fault tests try (``METABENCH_FAULT_SCALE=10``: ten times as hard), and where."""

from __future__ import annotations

import os
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest


@pytest.fixture(scope="session")
def scale():
    """Return the factor by which counts are multiplied, 1 in an ordinary run."""
    return int(os.environ.get("METABENCH_FAULT_SCALE", "1"))


@pytest.fixture
def memory():
    """Return a folder in memory where there is one: writing costs nothing there."""
    shared = Path("/dev/shm")  # noqa: S108  (a file system, not a name in one)
    with TemporaryDirectory(dir=shared if shared.is_dir() else None) as folder:
        yield Path(folder)
