"""The HTML report as a browser sees it: nothing is refused, nothing raises, and columns sort.

Needs chromium and chromedriver (Debian: ``apt-get install chromium chromium-driver``); skipped
where they are not. Nothing is injected into the file that is looked at.
"""

from __future__ import annotations

import json

import pytest
from kit.browser import CHROMIUM, DRIVER, Browser

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not (CHROMIUM and DRIVER), reason="needs chromium and chromedriver"),
]


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    """Return a browser that is ended afterwards."""
    made = Browser(tmp_path_factory.mktemp("profile"))
    yield made
    made.close()


@pytest.fixture(scope="module")
def written(finished, command, tmp_path_factory):
    """Return the report of a real run, and the same leaderboard as JSON."""
    page = tmp_path_factory.mktemp("report") / "report.html"
    done = command("compare", "small", "-o", str(page), cwd=finished)
    assert done.returncode == 0, done.stderr
    return page, json.loads(command("compare", "small", "--json", cwd=finished).stdout)


@pytest.fixture
def page(browser, written):
    """Return the browser with the report open, on a wide and light screen."""
    browser.emulate(1280)
    browser.open(written[0])
    return browser


METHODS = """
const rows = document.querySelectorAll("table.scores tbody:first-of-type tr");
return [...rows].map((row) => row.cells[0].textContent);
"""
SORTS = """
const headers = document.querySelectorAll("table.scores thead th");
return [...headers].map((header) => header.getAttribute("aria-sort"));
"""
WIDTHS = """
return [document.documentElement.scrollWidth, innerWidth,
        [...document.querySelectorAll(".scroll")].some((box) => box.scrollWidth > box.clientWidth)];
"""


def press(browser, column, key=None):
    """Click the button of a column's header, or reach it from the keyboard and press a key."""
    browser.ask(
        "document.querySelectorAll('table.scores thead button')[arguments[0]][arguments[1]]()",
        column,
        "focus" if key else "click",
    )
    if key:
        for kind in ("keyDown", "keyUp"):
            browser.devtools("Input.dispatchKeyEvent", type=kind, key=key, code=key, text=key)


def test_nothing_is_refused_and_nothing_raises(page):
    assert page.complaints() == []
    assert page.ask("return document.querySelectorAll('svg.plot text').length") > 50


def test_a_page_that_was_tampered_with_is_complained_of(browser, written, tmp_path):
    changed = tmp_path / "changed.html"
    text = written[0].read_text(encoding="utf-8")
    changed.write_text(text.replace("<main>", '<main onclick="x()"><img src="http://0.0.0.0/">'))
    browser.open(changed)

    said = "\n".join(browser.complaints())
    assert "img-src" in said
    assert "script-src-attr" in said or "script-src" in said


def test_a_click_on_a_header_sorts_by_the_score_and_says_so(page, written):
    board = written[1]
    names = [row["method"] for row in board["rows"]]
    column = 1
    scores = {row["method"]: row["scores"][column - 1]["mean"] for row in board["rows"]}
    # Equal scores keep their order, whichever way round.
    best_first = sorted(names, key=lambda name: -scores[name])
    worst_first = sorted(names, key=lambda name: scores[name])

    assert page.ask(METHODS) == names
    press(page, column)
    assert page.ask(METHODS) == best_first
    assert page.ask(SORTS)[:3] == ["none", "descending", "none"]
    press(page, column)
    assert page.ask(METHODS) == worst_first
    assert page.ask(SORTS)[:3] == ["none", "ascending", "none"]
    press(page, column)
    assert page.ask(METHODS) == names
    assert set(page.ask(SORTS)) == {"none"}
    assert page.complaints() == []


def test_a_header_is_reached_and_pressed_with_the_keyboard(page, written):
    names = [row["method"] for row in written[1]["rows"]]
    press(page, 0, key="\r")

    assert page.ask(SORTS)[0] == "ascending"
    assert page.ask(METHODS) == sorted(names, key=str.casefold)


def test_a_phone_shows_the_page_without_scrolling_sideways_but_for_tables_and_figures(page):
    page.emulate(390, 844)
    width, screen, scrolls = page.ask(WIDTHS)

    assert width == screen == 390
    assert scrolls
    widest = "return Math.max(...[...document.querySelectorAll('.scroll')]"
    assert page.ask(f"{widest}.map((one) => one.getBoundingClientRect().right))") <= 390


@pytest.mark.parametrize("dark", [False, True])
def test_the_page_follows_the_readers_choice_of_light_and_dark(page, dark):
    page.emulate(1280, dark=dark)
    paper = page.ask("return getComputedStyle(document.documentElement).backgroundColor")
    ink = page.ask("return getComputedStyle(document.body).color")

    def brightness(colour):
        return sum(map(int, colour.removeprefix("rgb(").removesuffix(")").split(",")))

    assert (brightness(paper) < brightness(ink)) is dark


def test_every_plot_is_a_picture_by_itself(finished, command, browser, tmp_path):
    done = command("compare", "small", "--plots", str(tmp_path), cwd=finished)
    names = sorted(path.name for path in tmp_path.glob("*.svg"))

    assert done.returncode == 0
    assert {"cost.svg", "differences-1.svg", "learning-curves.svg", "task-mix.svg"} <= set(names)
    for name in names:
        browser.open(tmp_path / name)
        assert browser.complaints() == []
        assert browser.ask("return document.documentElement.tagName") == "svg"
