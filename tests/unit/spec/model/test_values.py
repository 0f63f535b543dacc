"""Properties of values: seeds may be written as their number, and cells then are the same ones."""

from __future__ import annotations

import json
import re

import pytest

from metabench.cli.main import main

SHOWN = ["--dry-run", "--json", "--set"]


def cells(capsys, seeds, tmp_path):
    code = main(["run", "quickstart", "--runs", str(tmp_path), *SHOWN, f"seeds.meta={seeds}"])
    assert code == 0
    (run,) = json.loads(capsys.readouterr().out)["runs"]
    return {cell["name"]: cell["key"] for cell in run["cells"]}


@pytest.mark.slow
@pytest.mark.parametrize("number", [1, 3])
def test_a_number_of_seeds_plans_the_cells_of_the_seeds_from_0_on(number, capsys, tmp_path):
    counted = cells(capsys, number, tmp_path)

    assert counted == cells(capsys, list(range(number)), tmp_path)
    assert len({found for name in counted for found in re.findall(r"-s(\d+)", name)}) == number


@pytest.mark.parametrize(
    ("seeds", "problem"),
    [
        ("0", "is a number of seeds, 1 to 1,000, got 0; write \\[0\\] for one seed"),
        ("2019", "is a number of seeds, 1 to 1,000, got 2,019; write \\[2019\\] for one seed"),
        ("true", "expected an array, got true"),
        ("3.0", "expected an array, got 3.0"),
        ("[]", "needs at least 1 entry"),
        ("[1, 1]", "names one thing twice"),
    ],
)
def test_what_is_neither_a_number_of_seeds_nor_seeds_is_refused(seeds, problem, capsys):
    assert main(["validate", "quickstart", "--set", f"seeds.meta={seeds}"]) == 2
    assert problem.replace("\\", "") in capsys.readouterr().err
