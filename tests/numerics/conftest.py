"""The laws of the mathematics are marked, for they run with every shape enforced."""

from pathlib import Path

import pytest

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every law: ``tox -e tests`` leaves to ``tox -e shapes`` those that are quick."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.law)
