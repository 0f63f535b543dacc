"""docs/meta_learning.md: its figures are what is computed, its figures of data are the cards'."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from loops import CENTRES, drawn, outer_path, stages
from metabench.plugin.catalog import load_catalog

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "meta_learning.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(("name", "draw"), [("loops", drawn), ("stages", stages)])
def test_a_figure_is_what_the_program_draws(name, draw):
    assert (DOCS / "pictures" / f"{name}.svg").read_text(encoding="utf-8") == draw()
    assert f"pictures/{name}.svg" in PAGE


def test_the_outer_loop_of_the_figure_is_reptile_in_closed_form():
    curvature = np.array([[1.0, 0.3], [0.3, 0.6]])
    left = np.linalg.matrix_power(np.eye(2) - 0.25 * curvature, 4)  # of the way to a centre
    theta, centre = np.array([5.0, 0.0]), np.mean(list(CENTRES.values()), axis=0)
    for _ in range(12):
        theta = theta + 0.35 * (centre + left @ (theta - centre) - theta)

    assert outer_path()[-1].numpy() == pytest.approx(theta, abs=1e-12)


def test_the_sizes_of_tasks_are_those_of_their_cards():
    tasks = load_catalog().tasks
    shown = re.search(r"MNLI has ([\d,]+)\s+training examples, RTE has ([\d,]+)", PAGE)

    assert [int(number.replace(",", "")) for number in shown.groups()] == [
        tasks[name].value.splits["train"] for name in ("glue/mnli", "glue/rte")
    ]
