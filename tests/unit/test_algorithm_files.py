"""An algorithm's file is short enough to be read like its equations."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "plugins" / "metabench_algorithms"
FILES = sorted(set(FOLDER.glob("*.py")) - {FOLDER / "__init__.py", FOLDER / "options.py"})
DOCUMENTED = ast.Module | ast.ClassDef | ast.FunctionDef


def lines_without_docstrings(path):
    """Return the lines of a file that hold something and are in no docstring."""
    text = path.read_text(encoding="utf-8")
    docstrings = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, DOCUMENTED) and ast.get_docstring(node):
            first = node.body[0]
            docstrings |= set(range(first.lineno, first.end_lineno + 1))
    numbered = enumerate(text.splitlines(), start=1)
    return sum(1 for number, line in numbered if line.strip() and number not in docstrings)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_an_algorithm_takes_at_most_120_lines_reptile_and_fomaml_40(path):
    most = 40 if path.stem in {"maml", "reptile"} else 120

    assert lines_without_docstrings(path) <= most


def test_lines_are_counted_without_docstrings_and_empty_ones(tmp_path):
    file = tmp_path / "file.py"
    file.write_text('"""One\n\nand two."""\n\nx = 1\n\n\ndef f():\n    """Do."""\n    return x\n')

    assert lines_without_docstrings(file) == 3


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_an_algorithm_says_its_source_and_where_it_differs(path):
    text = path.read_text(encoding="utf-8")

    assert "Source: " in text
    assert "Differs: " in text
