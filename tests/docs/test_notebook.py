"""docs/notebook.ipynb runs from its first cell to its last: it trains, averages and plots."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import pytest
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

NOTEBOOK = Path(__file__).parents[2] / "docs" / "notebook.ipynb"
CELLS = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
SOURCES = ["".join(cell["source"]) for cell in CELLS if cell["cell_type"] == "code"]


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    """Return the names that the notebook defines, and the value of each cell's last line."""
    names, shown = {"__name__": "__main__"}, []
    with pytest.MonkeyPatch.context() as patched:
        patched.chdir(tmp_path_factory.mktemp("notebook"))
        for source in SOURCES:
            tree = ast.parse(source)
            last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
            exec(compile(tree, "cell", "exec"), names)  # noqa: S102
            if isinstance(last, ast.Expr):
                line = compile(ast.Expression(last.value), "cell", "eval")
                shown.append(eval(line, names))  # noqa: S307
    plt.close("all")
    return names, shown


@pytest.mark.slow
def test_the_notebook_runs_and_its_means_are_the_leaderboards(ran):
    names, shown = ran
    means = names["run"].leaderboard().means

    assert names["means"].loc["Reptile", "embedded/entailment"] == pytest.approx(
        means.loc["Reptile", "embedded/entailment"]
    )
    assert any(isinstance(value, Figure) for value in shown)
    assert any(hasattr(value, "_repr_html_") for value in shown)
    assert names["run"].conclusion


def test_the_notebook_is_stored_without_outputs():
    assert not any(cell.get("outputs") for cell in CELLS)
    assert SOURCES
