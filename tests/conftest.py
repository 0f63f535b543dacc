"""Settings that hold for all tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import settings

if TYPE_CHECKING:
    import pytest

# The same examples in every run, and no deadline: how fast a shared machine is, is no law.
settings.register_profile("metabench", deadline=None, derandomize=True)
settings.load_profile("metabench")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Offer to write the golden files anew: ``pytest tests/unit/report --update-golden``."""
    parser.addoption("--update-golden", action="store_true", help="write golden files anew")
