"""Properties of what is kept: it says nothing of where somebody keeps files."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest
from kit.benchmark import OWN, PLAIN, benchmark

from metabench.privacy import private, unplaced


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path / "ada"))
    return str(tmp_path / "ada")


def test_home_is_a_tilde(home):
    assert private(f"no file {home}/data/train.csv") == "no file ~/data/train.csv"
    assert private(f"'{home}' and {home}/x, {home}.") == "'~' and ~/x, ~."


@pytest.mark.parametrize("other", ["{}2/x", "{}-old", "{}.bak/y", "/mnt{}/x"])
def test_a_path_that_only_looks_like_home_stays(other, home):
    assert private(other.format(home)) == other.format(home)


@pytest.mark.parametrize("value", ["/", "", "~"])
def test_a_home_that_is_none_changes_nothing(value, monkeypatch):
    monkeypatch.setenv("HOME", value)

    assert private("/usr/share and ~ and /x") == "/usr/share and ~ and /x"


def test_home_is_known_by_its_other_name_too(tmp_path, monkeypatch):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    monkeypatch.setenv("HOME", str(tmp_path / "link"))

    assert private(f"{tmp_path}/real/a {tmp_path}/link/b") == "~/a ~/b"


def test_code_is_named_by_its_package(home):
    library = sysconfig.get_paths()["purelib"]
    standard = sysconfig.get_paths()["stdlib"]
    text = f'File "{library}/torch/nn.py", line 1\nFile "{standard}/json/decoder.py", line 2'
    elsewhere = f'File "/srv/of us/plugin.py", line 3\nFile "{home}/plugin.py", line 4'

    assert private(text).split('"')[1::2] == ["torch/nn.py", "json/decoder.py"]
    assert private(elsewhere).split('"')[1::2] == ["plugin.py", "~/plugin.py"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("no file /home/ada/train.csv", "no file train.csv"),
        ("no file '/home/ada love/train.csv'", "no file 'train.csv'"),
        ("~/data/x.csv:3: is no number", "x.csv:3: is no number"),
        ("see https://huggingface.co/datasets", "see https://huggingface.co/datasets"),
        ("1/2 of glue/rte and runs/own", "1/2 of glue/rte and runs/own"),
    ],
)
def test_of_a_path_that_is_sent_around_its_last_part_stays(text, expected):
    assert unplaced(text) == expected


BROKEN = OWN | {"define": [OWN["define"][0] | {"metrics": ["broken"]}]}
BENCHMARK = benchmark("own", PLAIN, tasks=BROKEN, finetune={"epochs": 1, "batch_size": 8})

PLUGIN = """
import json
from metabench.api.hooks import hookimpl
from metabench.api.metric import MetricInfo

@hookimpl
def metabench_metrics():
    return [MetricInfo("broken", f"{__name__}:broken", "broken")]

def broken(labels, outputs):
    raise ValueError(f"cannot read {__file__}")
"""


@pytest.mark.slow
@pytest.mark.parametrize("jobs", ["1", "2"])
def test_a_failed_cell_keeps_no_path_below_home(jobs, tmp_path):
    folder = tmp_path / "ada"
    folder.mkdir()
    rows = "".join(f"row {n} is {n % 2},{n % 2}\n" for n in range(8))
    (folder / "train.csv").write_text(f"sentence,label\n{rows}")
    (folder / "own.toml").write_text(BENCHMARK)
    (folder / "my_metric.py").write_text(PLUGIN)
    call = [sys.executable, "-P", "-m", "metabench"]
    files = [f"{folder}/own.toml", "--plugin-file", f"{folder}/my_metric.py", "-j", jobs]
    at = {"cwd": folder, "env": {**os.environ, "HOME": str(folder)}, "capture_output": True}
    ran = subprocess.run([*call, "run", *files], **at, check=False)
    subprocess.run([*call, "export", "records", "own", "copy"], **at, check=True)
    texts = {
        path: path.read_text(encoding="utf-8", errors="replace")
        for root in ("runs/own", "copy")
        for path in (folder / root).rglob("*")
        if path.is_file()
    }
    (failure,) = [text for path, text in texts.items() if path.match("runs/*/failure.json")] or [""]

    assert ran.returncode == 1, ran.stderr
    assert "cannot read" in next(t for p, t in texts.items() if p.name == "failure.json")
    assert [path for path, text in texts.items() if str(folder) in text] == []
    assert [path for path, text in texts.items() if str(Path(sys.prefix)) in text] == []
    assert not failure or "~/my_metric.py" in failure
