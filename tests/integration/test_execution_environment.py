"""Other vector instructions give other bits: that is told, and blamed on nothing else."""

from __future__ import annotations

import json

import pytest
from kit.benchmark import PLAIN, SHORT, benchmark

BENCHMARK = benchmark("tiny", PLAIN, model=SHORT, finetune={"epochs": 2})


def test_a_cell_again_with_other_vector_instructions_is_not_called_nondeterministic(
    tmp_path, command
):
    (tmp_path / "tiny.toml").write_text(BENCHMARK)

    def run(*arguments, **environment):
        done = command("run", "tiny.toml", *arguments, cwd=tmp_path, **environment)
        (path,) = tmp_path.glob("runs/tiny/cells/*/result.json")
        return done, json.loads(path.read_text())

    done, first = run()
    assert done.returncode == 0, done.stderr
    done, second = run("--force", ATEN_CPU_CAPABILITY="default")
    sets = [record["provenance"]["instruction_set"] for record in (first, second)]
    if sets[0] == sets[1]:
        pytest.skip("this processor has no vector instructions to leave out")

    assert sets[1] == "DEFAULT"
    assert first["files"] != second["files"], "the bits are others"
    assert second["nondeterministic"] is False
    assert done.returncode == 0, done.stderr
