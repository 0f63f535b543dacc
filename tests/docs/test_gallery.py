"""Pictures of the pages are what the code draws: the algorithms' figures, and the gallery."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from families import FIGURES, FOLDER, prototypes, run
from gallery import filled
from metabench_algorithms.imaml import Imaml
from metabench_algorithms.maml import Maml
from metabench_algorithms.options import ImamlOptions, MamlOptions

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "algorithms.md").read_text(encoding="utf-8")
GALLERY = (ROOT / "docs" / "gallery.md").read_text(encoding="utf-8")
REPORT = (ROOT / "tests/unit/report/golden/signs.html").read_text(encoding="utf-8")
CURVATURE = np.array([[1.0, -0.3], [-0.3, 0.45]])
START, SUPPORT, QUERY = np.array([6.0, 0.6]), np.array([2.0, 3.9]), np.array([8.4, 4.2])


@pytest.mark.parametrize("name", FIGURES)
def test_the_figure_of_a_family_is_what_the_program_draws(name):
    assert (FOLDER / f"{name}.svg").read_text(encoding="utf-8") == FIGURES[name]()
    assert f"pictures/algorithms/{name}.svg" in PAGE


def test_every_algorithm_has_a_heading_an_equation_and_a_figure():
    sections = re.split(r"^## ", PAGE, flags=re.MULTILINE)[2:-1]

    for section in sections:
        assert re.search(r"^    \S", section, re.MULTILINE), section
    assert len(sections) == len(FIGURES) == PAGE.count("](pictures/algorithms/")


def test_the_step_of_maml_in_its_figure_is_the_closed_form():
    watched, found = run(Maml(MamlOptions(inner_steps=3, inner_lr=0.45)))
    left = np.linalg.matrix_power(np.eye(2) - 0.45 * CURVATURE, 3)
    end = SUPPORT + left @ (START - SUPPORT)

    assert watched.path("query")[0] == pytest.approx(end, abs=1e-12)
    assert found["theta"].numpy() == pytest.approx(left @ CURVATURE @ (end - QUERY), abs=1e-12)


def test_the_inner_problem_of_imaml_in_its_figure_is_solved():
    settings = ImamlOptions(inner_steps=25, inner_lr=0.2, proximal=0.8, cg_steps=2)
    watched, _ = run(Imaml(settings))
    solution = np.linalg.solve(CURVATURE + 0.8 * np.eye(2), CURVATURE @ SUPPORT + 0.8 * START)

    assert watched.path("query")[0] == pytest.approx(solution, abs=0.05)


def test_the_lines_of_prototypes_are_as_far_from_both_means():
    features, weights, biases = (one.numpy() for one in prototypes())
    means = features.mean(1)
    points = np.random.default_rng(0).uniform(0, 10, (50, 2))
    distances = ((points[:, None] - means) ** 2).sum(2)

    assert ((points @ weights.T + biases).argmax(1) == distances.argmin(1)).all()


def test_every_figure_of_a_report_is_in_the_gallery():
    drawn = re.findall(r'<section id="([\w-]+)"><h2>[^<]*</h2>\s*<figure>', REPORT)
    families = {name.rstrip("-0123456789") for name in drawn}
    shown = re.findall(r"^<!-- figure: ([\w-]+) -->$", GALLERY, re.MULTILINE)

    assert len(families) >= 5
    assert {name.rstrip("-0123456789") for name in shown} == families


def test_the_gallery_shows_the_figures_of_the_report_that_tests_compare():
    page = filled(GALLERY, REPORT)

    assert page.count("<svg ") == GALLERY.count("<!-- figure: ")
    assert "<!--" not in page
    for svg in re.findall(r"<svg .*?</svg>", page):
        assert svg in " ".join(REPORT.split())
