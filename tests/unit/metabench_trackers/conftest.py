"""A tracker's folder in a run folder."""

from __future__ import annotations

from contextlib import closing

import pytest

from metabench_trackers.place import Place


@pytest.fixture
def place(tmp_path):
    """A tracker's folder."""
    with closing(Place(tmp_path, "memory")) as made:
        yield made
