"""Settings that hold for all tests."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

from hypothesis import settings

if TYPE_CHECKING:
    import pytest

# The same examples in every run, and no deadline: how fast a shared machine is, is no law.
settings.register_profile("metabench", deadline=None, derandomize=True)
settings.load_profile("metabench")

# As a terminal leaves them: nohup, and shells for what runs in the background, have them ignored.
signal.signal(signal.SIGINT, signal.default_int_handler)
if hasattr(signal, "SIGHUP"):
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Offer to write the golden files anew: ``pytest tests/unit/report --update-golden``."""
    parser.addoption("--update-golden", action="store_true", help="write golden files anew")
