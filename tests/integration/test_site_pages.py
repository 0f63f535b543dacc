"""The site as a browser sees it: filters, sorting, links that keep them, keyboard, phone, axe."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import pytest
from kit.browser import CHROMIUM, DRIVER, Browser

from metabench.frontend.site import build_site
from metabench.store.owned_files import write_owned

QUICKSTART = Path(__file__).parents[1] / "fixtures" / "quickstart" / "run"
PAGES = ("index.html", "scores.html", "benchmark-quickstart.html", "method-maml.html")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not (CHROMIUM and DRIVER), reason="needs chromium and chromedriver"),
]
LINES = """
const rows = document.querySelectorAll("#scores tbody tr");
return [...rows].map((row) => [...row.cells].map((cell) => cell.textContent));
"""
COUNTED = "return document.querySelector('#scores [role=status]').textContent"
FRAGMENT = "return decodeURIComponent(location.hash)"
AXE = """
const done = arguments[0];
axe.run().then((found) => done(found.violations.map((each) => each.id)), (e) => done([`${e}`]));
"""


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    """Return a browser that is ended afterwards."""
    made = Browser(tmp_path_factory.mktemp("profile"))
    yield made
    made.close()


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """Return the folder of the site of a real run."""
    folder = tmp_path_factory.mktemp("site")
    write_owned(folder, build_site([QUICKSTART])[0])
    return folder


@pytest.fixture
def scores(browser, site):
    """Return the browser with the page of every score open."""
    browser.emulate(1280)
    browser.open(site / "scores.html")
    return browser


def press(browser, key, code=0):
    """Press and release a key, as on a keyboard."""
    text = {"text": key} if len(key) == 1 else {}
    for kind in ("keyDown", "keyUp"):
        browser.devtools(
            "Input.dispatchKeyEvent", type=kind, key=key, windowsVirtualKeyCode=code, **text
        )


def test_a_filter_and_a_search_are_reached_and_set_with_the_keyboard(scores):
    scores.ask("document.querySelector('.site a').focus()")
    for _ in range(30):
        if scores.ask("return document.activeElement.name") == "method":
            break
        press(scores, "Tab", 9)
    press(scores, "M")  # a select takes the option that begins so
    assert scores.ask("return document.activeElement.value") == "MAML"
    for _ in range(30):
        if scores.ask("return document.activeElement.name") == "search":
            break
        press(scores, "Tab", 9)
    for letter in "grammar":
        press(scores, letter)

    lines = scores.ask(LINES)
    assert lines
    assert all(line[1:3] == ["MAML", "embedded/grammar"] for line in lines)
    assert "scores.method=MAML" in scores.ask(FRAGMENT)
    assert "scores.q=grammar" in scores.ask(FRAGMENT)
    assert scores.complaints() == []


def test_a_link_keeps_filters_order_and_page(scores, site):
    scores.ask("document.querySelector('#scores select[name=method]').value = 'Joint'")
    scores.ask(
        "document.querySelector('#scores select[name=method]').dispatchEvent(new Event('change'))"
    )
    head = (
        "[...document.querySelectorAll('#scores thead th')].find((e) => e.textContent == 'score')"
    )
    scores.ask(f"{head}.querySelector('button').click()")
    sort, shown = scores.ask(f"return {head}.getAttribute('aria-sort')"), scores.ask(LINES)
    fragment = scores.ask("return location.hash")
    at = scores.ask(f"return {head}.cellIndex")
    values = [float(line[at]) for line in shown if line[at] != "-"]
    scores.open(site / "scores.html", fragment)

    assert sort == "descending"
    assert values == sorted(values, reverse=True)
    assert scores.ask(LINES) == shown


def test_the_next_page_shows_the_next_hundred_lines(scores):
    first = scores.ask(LINES)
    scores.ask("document.querySelectorAll('#scores .turn button')[1].click()")

    assert len(first) == 100
    assert scores.ask(COUNTED).startswith("Lines 101 to ")
    assert scores.ask(LINES)[0] != first[0]


@pytest.mark.parametrize("fragment", ["#scores.method=nobody", "#scores.page=99&scores.sort=no"])
def test_a_link_to_what_is_not_there_is_no_error(scores, site, fragment):
    scores.open(site / "scores.html", fragment)

    assert scores.ask(COUNTED)
    assert scores.complaints() == []


@pytest.mark.parametrize(
    ("page", "width", "dark"), [("index.html", 1280, False), *((page, 390, True) for page in PAGES)]
)
def test_axe_finds_nothing_and_no_page_is_wider_than_a_phone(browser, site, page, width, dark):
    package = find_spec("axe_playwright_python")  # of which the script alone is used
    if package is None:
        pytest.skip("no axe")
    browser.emulate(width, dark=dark)
    browser.open(site / page)
    wide = browser.ask("return document.documentElement.scrollWidth - innerWidth")
    complaints = browser.complaints()
    script = Path(package.submodule_search_locations[0]) / "axe.min.js"
    browser.devtools("Runtime.evaluate", expression=script.read_text())

    assert wide <= 0
    assert complaints == []
    assert browser.answer(AXE) == []
