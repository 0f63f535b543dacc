"""How hard the fault tests try (``METABENCH_FAULT_SCALE=10``: ten times as hard), and where."""

from __future__ import annotations

import os
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from kit.example import example_run
from kit.watched import Watched


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


@pytest.fixture(scope="session")
def watched():
    """A process that runs commands and tells what they did elsewhere."""
    server = Watched()
    yield server
    server.close()


@pytest.fixture(scope="session")
def example(tmp_path_factory, watched):
    """A folder with a run that metabench wrote; nobody writes in it."""
    place = tmp_path_factory.getbasetemp()
    return example_run(place.parent if "PYTEST_XDIST_WORKER" in os.environ else place, watched)
