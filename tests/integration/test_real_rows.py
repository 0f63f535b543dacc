"""Real rows and a real pretrained encoder, where a mirror of the hub is at hand."""

from __future__ import annotations

import os

import pytest

MIRROR = os.environ.get("METABENCH_HUB", "")
pytestmark = pytest.mark.skipif(not MIRROR, reason="METABENCH_HUB names no mirror of the hub")

FILE = """
schema = 1
name = "real"
[model]
id = "sentence-transformers/paraphrase-MiniLM-L3-v2"
[tasks]
auxiliary = ["glue/sst2", "glue/mnli", "glue/qnli"]
target = ["glue/rte", "glue/stsb"]
transfer = [{ task = "scitail", fractions = [0.001, 0.1] }]
[tasks.splits."glue/qnli"]
train = "validation"
[[methods]]
id = "Plain"
algorithm = "finetune"
[[methods]]
id = "MAML"
algorithm = "maml"
[compare]
baselines = ["Plain"]
"""


def test_every_path_is_walked_and_the_leaderboard_says_what_was_partial(tmp_path, command, read):
    (tmp_path / "real.toml").write_text(FILE)

    done = command("run", "real.toml", "--smoke", cwd=tmp_path, METABENCH_HUB=MIRROR)

    assert done.returncode == 0, done.stderr
    results = read(tmp_path / "runs" / "real.smoke")
    assert len([r for r in results.values() if r["kind"] == "meta"]) == 1
    assert len([r for r in results.values() if r["kind"] == "adapt"]) == 2 * 3
    assert "PARTIAL: glue/mnli train 3,000 of 392,702 rows" in done.stdout
    assert "PARTIAL: scitail train 549 of 23,596 rows" in done.stdout
    assert "SPLIT: glue/qnli trains on validation (5,463 rows)" in done.stdout
    assert "asks for 2,360 examples (10 % of 23,596), it has 549" in done.stdout
    assert "SMOKE" in done.stdout


def test_a_split_that_the_mirror_lacks_is_named_with_those_that_are_there(tmp_path, command):
    text = FILE.replace('[tasks.splits."glue/qnli"]\ntrain = "validation"\n', "")
    (tmp_path / "real.toml").write_text(text)

    refused = command("validate", "real.toml", cwd=tmp_path, METABENCH_HUB=MIRROR)

    assert refused.returncode == 4
    assert "nyu-mll/glue" in refused.stderr
    assert "'train'" in refused.stderr
    assert "validation" in refused.stderr
