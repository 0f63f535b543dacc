"""docs/equations.md quotes code that stands where it says, of every algorithm."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "equations.md").read_text(encoding="utf-8")
HEADING = r"^## [^\n`]+: `(\S+\.py)`\n(.*?)(?=^## )"
SECTIONS = dict(re.findall(HEADING, PAGE, re.MULTILINE | re.DOTALL))
NO_MATHEMATICS = {"__init__", "options"}


def quoted(section: str) -> list[str]:
    return re.findall(r"^\| .+ \| `(.+)` \|$", section, re.MULTILINE)


@pytest.mark.parametrize("file", SECTIONS)
def test_a_line_that_is_quoted_stands_in_the_file(file):
    lines = {line.strip() for line in (ROOT / file).read_text(encoding="utf-8").splitlines()}

    assert quoted(SECTIONS[file])
    assert [line for line in quoted(SECTIONS[file]) if line not in lines] == []


def test_every_file_of_an_algorithm_has_a_section():
    files = (ROOT / "plugins" / "metabench_algorithms").glob("*.py")
    names = {file.name for file in files if file.stem not in NO_MATHEMATICS}
    wanted = {f"plugins/metabench_algorithms/{name}" for name in names}

    assert wanted <= set(SECTIONS)
