"""The records of a finished run of the quickstart."""

from pathlib import Path

import pytest


@pytest.fixture
def fixture_run():
    """Return its folder, which is only read."""
    return Path(__file__).parents[3] / "fixtures" / "quickstart" / "run"
