"""Examples in docstrings are true."""

from __future__ import annotations

import doctest
import importlib
import pkgutil
from pathlib import Path

import pytest

import metabench


def modules_with_examples() -> list[str]:
    found = pkgutil.walk_packages(metabench.__path__, "metabench.")
    named = [(info.name, info.module_finder.find_spec(info.name, None)) for info in found]
    return [name for name, spec in named if ">>> " in Path(spec.origin).read_text(encoding="utf-8")]


@pytest.mark.parametrize("name", modules_with_examples())
def test_an_example_says_what_happens(name):
    outcome = doctest.testmod(importlib.import_module(name))

    assert outcome.attempted > 0
    assert outcome.failed == 0
