"""How hard the fault tests try: ``METABENCH_FAULT_SCALE=10`` is ten times as hard."""

from __future__ import annotations

import os

import pytest


@pytest.fixture(scope="session")
def scale():
    """Return the factor by which counts are multiplied, 1 in an ordinary run."""
    return int(os.environ.get("METABENCH_FAULT_SCALE", "1"))
