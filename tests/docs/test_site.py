"""The documentation as a site: every page has one place, nothing is fetched by a reader."""

from __future__ import annotations

import importlib
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from site_links import MOVED

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
SETTINGS = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
NAVIGATION = SETTINGS.partition("\nnav:\n")[2]
NAMED = re.findall(r"^ +- (?:[^#\n]*: )?(\S+\.md)$", NAVIGATION, re.MULTILINE)
LINK = re.compile(r"""(?:src|srcset|href|data)=["']?([^"'\s>]+)""")
TERMS = """
    80 % power; 95 % CI; activation caching; activation caching and recomputation; baseline;
    bit-identical; cell; checked against; checkpoint; claim; cls_only; collapsed; compared with;
    confidence interval; CPU time; custom backward; custom dataset; dataset; description; directory;
    eager; environment mismatch; episode; evaluation set; evaluation split; example; execution
    environment; failure modes; fault-injection tests; fine-tune cell; first-order gradients;
    forward-over-reverse HVP; fp32; Hessian-vector product; Holm-corrected; HVP; HVP method;
    hyperparameter; import-light; inner loop; integer; invariants; lease; manifest; mutation check;
    matrix multiplications; meta-gradient; meta-parameter group; method; minimum detectable effect;
    newly initialized head; not significantly different; outer loop; outer update direction;
    p-value; plugin API; probability of improvement; process-global state; properties; provenance;
    recomputation; registers; replay; resume; run status; significant; single class; stale; standard
    fine-tuning; synthetic; tangent of the backward pass; torch-dependent; too few seeds; worker
    context
"""
"""The terms of the project's wording, which readers of this field search for."""
PARTS = re.compile(r"<(link|script|img|iframe|source|object|embed|image)\b([^>]*)>")


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The site, built as `tox -e docs` does, and what was said."""
    pytest.importorskip("mkdocs", reason="the site needs mkdocs-material")
    folder = tmp_path_factory.mktemp("site")
    line = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)]
    done = subprocess.run(
        line,
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env=os.environ | {"NO_MKDOCS_2_WARNING": "1"},
    )
    assert done.returncode == 0, done.stderr
    return folder, done.stderr


def test_the_navigation_names_every_page_once():
    pages = {path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*.md")}

    assert len(NAMED) == len(set(NAMED))
    assert set(NAMED) == pages


def test_the_site_is_built_without_a_warning_and_has_every_page(site):
    folder, said = site

    assert [line for line in said.splitlines() if not line.startswith("INFO")] == []
    for name in NAMED:
        assert (folder / name).with_suffix(".html").exists()


def test_a_reader_fetches_nothing_from_elsewhere(site):
    folder, _ = site
    for page in folder.rglob("*.html"):
        for kind, rest in PARTS.findall(page.read_text(encoding="utf-8")):
            for target in LINK.findall(rest):
                assert not re.match(r"(https?:)?//", target), (page.name, kind, target)
    for sheet in folder.rglob("*.css"):
        assert not re.search(r"(url\(|@import )[\"']?(https?:)?//", sheet.read_text("utf-8")), sheet


def test_the_address_of_a_page_that_was_merged_leads_to_a_heading_that_exists(site):
    folder, _ = site
    for name, target in MOVED.items():
        page, _, anchor = target.partition("#")

        assert f"url={target}" in (folder / f"{name}.html").read_text(encoding="utf-8")
        assert f'id="{anchor}"' in (folder / page).read_text(encoding="utf-8")


def test_no_source_of_the_generator_is_published(site):
    folder, _ = site

    assert [path.name for path in folder.rglob("*.py")] == []


@pytest.mark.parametrize("package", ["api", "api.events", "api.leaderboard", "learning", "testing"])
def test_every_public_name_is_in_the_api_reference(site, package):
    folder, _ = site
    anchors = {
        name
        for page in (folder / "api").glob("*.html")
        for name in re.findall(r'id="(metabench\.[\w.]+)"', page.read_text(encoding="utf-8"))
    }
    module = importlib.import_module(f"metabench.{package}")
    wanted = {f"{module.__name__}.{name}" for name in module.__all__}
    events = {name.replace("metabench.api.events.", "metabench.api.") for name in anchors}

    assert wanted - anchors - events == set()


def test_the_search_finds_each_term_of_the_field(site):
    folder, _ = site
    entries = json.loads((folder / "search" / "search_index.json").read_text("utf-8"))["docs"]
    texts = [re.sub(r"<[^>]+>|\s+", " ", f"{one['title']} {one['text']}") for one in entries]
    every = " ".join(texts).casefold()

    assert "go on where it stopped" not in every
    for term in TERMS.replace("\n", " ").split(";"):
        assert " ".join(term.split()).casefold() in re.sub(r"\s+", " ", every), term


def test_the_site_has_the_changelog_of_the_repository(site):
    folder, _ = site
    heading = re.search(r"^## (.*)$", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)[1]

    assert heading.split()[0] in (folder / "changelog.html").read_text("utf-8")
