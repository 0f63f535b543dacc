"""The index lists every decision; every page has its headings and names files that exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "docs" / "adr"
PAGES = sorted(FOLDER.glob("[0-9]*.md"))
HEADINGS = ["Context", "Decision", "Consequences", "How we would notice that it was wrong"]
SUPERSEDED = re.compile(r"superseded (?:for .+ )?by ADR (\d{4})")


def status(page: Path) -> str:
    return re.findall(r"^Status: (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)[0]


def test_the_index_lists_every_page_with_its_title_and_status():
    listed = re.findall(
        r"^\| \[(\d{4})\]\((\S+)\) \| (.+) \| (.+) \|$",
        (FOLDER / "index.md").read_text(encoding="utf-8"),
        re.MULTILINE,
    )
    titles = [page.read_text(encoding="utf-8").splitlines()[0] for page in PAGES]

    assert [(name, f"# {number} {title}", said) for number, name, title, said in listed] == [
        (page.name, title, status(page)) for page, title in zip(PAGES, titles, strict=True)
    ]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_decision_has_a_number_of_its_own_and_the_four_headings(page):
    text = page.read_text(encoding="utf-8")

    assert [other for other in PAGES if other.name[:4] == page.name[:4]] == [page]
    assert [line[3:] for line in text.splitlines() if line.startswith("## ")] == HEADINGS


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_files_that_a_decision_names_exist(page):
    named = re.findall(r"`([a-z_]+/[a-z_/]+\.py)`", page.read_text(encoding="utf-8"))

    places = (ROOT, ROOT / "metabench")
    missing = [name for name in named if not any((place / name).exists() for place in places)]
    assert not missing


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page_that_supersedes_another_exists(page):
    numbers = {other.name[:4] for other in PAGES}

    assert set(SUPERSEDED.findall(status(page))) <= numbers - {page.name[:4]}
