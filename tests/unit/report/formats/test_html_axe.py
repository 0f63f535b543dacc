"""axe finds nothing in the report, and its first screen holds the answer; in a real browser."""

import html
import json
import re
import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path

import pytest

from metabench.api.report import Fact, Report, Sheet
from metabench.report.formats.html import render_html

pytestmark = pytest.mark.slow

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "chrome"))), None)
LIGHT = ("1280,800", "1")
DARK_PHONE = ("500,900", "0")
REPORT = """
const place = (name) => document.querySelector(name).getBoundingClientRect();
axe.run().then((found) => {
  const out = document.createElement("pre");
  out.id = "found";
  out.textContent = JSON.stringify({
    violations: found.violations.map((each) => each.id + ": " + each.nodes[0].html),
    passes: found.passes.map((each) => each.id),
    open: found.incomplete.map((each) => each.id),
    wide: document.querySelectorAll(".scroll.wide").length,
    conclusion: place(".conclusion").bottom,
    leaderboard: place("#scores tbody").bottom,
    notes: [...document.querySelectorAll(".notes summary")].map((each) => each.clientHeight),
  });
  document.body.append(out);
});
"""


@pytest.fixture
def looked_at(signs, tmp_path):
    """Return the function that opens a report in a browser and returns what axe finds there."""
    package = find_spec("axe_playwright_python")  # of which the script alone is used
    if CHROMIUM is None or package is None:
        pytest.skip("no Chromium, or no axe")
    script = (Path(package.submodule_search_locations[0]) / "axe.min.js").read_text()
    sheets = (Sheet("tasks", "Tasks", ("task", "role"), (("RTE", "target"),)),)
    page = render_html(Report(signs, sheets=sheets, facts=(Fact("device", ("cpu", "cuda")),)))

    def look(size, scheme, change=""):
        open_page = re.sub('<meta http-equiv="Content-Security-Policy"[^>]*>', "", page)
        added = f"<style>{change}</style><script>{script}</script><script>{REPORT}</script>"
        file = tmp_path / "report.html"
        file.write_text(open_page.replace("</body>", f"{added}</body>"))
        command = [
            *(CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--dump-dom"),
            *(f"--window-size={size}", f"--blink-settings=preferredColorScheme={scheme}"),
            *("--virtual-time-budget=20000", f"--user-data-dir={tmp_path / 'profile'}"),
            file.as_uri(),
        ]
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
        return json.loads(html.unescape(re.search('<pre id="found">(.*?)</pre>', done.stdout)[1]))

    return look


def test_axe_finds_nothing_and_the_first_screen_holds_conclusion_warnings_and_leaderboard(
    looked_at,
):
    found = looked_at(*LIGHT)

    assert found["violations"] == []
    assert {"color-contrast", "aria-allowed-attr"} <= set(found["passes"])
    assert found["conclusion"] < found["leaderboard"] < 800
    assert all(height < 30 for height in found["notes"])  # one line each


def test_axe_finds_nothing_on_a_small_dark_screen_and_wide_tables_have_an_edge(looked_at):
    found = looked_at(*DARK_PHONE)

    assert found["violations"] == []
    assert "scrollable-region-focusable" in found["passes"]
    assert found["wide"] > 0


def test_axe_would_find_a_text_that_is_too_pale(looked_at):
    found = looked_at(*LIGHT, "h2 { color: #ddd; }")

    assert any(each.startswith("color-contrast: <h2>") for each in found["violations"])
