"""The observer never waits for its tracker's process, and reports it once."""

from __future__ import annotations

import json
import time
from importlib.util import find_spec

import pytest

from metabench.api import CellEnded, CellStarted, RunEnded, RunStarted
from metabench.errors import PluginError
from metabench_trackers.observer import Tracking


def test_a_package_that_is_missing_is_named_with_its_extra():
    assert find_spec("mlflow_of_nobody") is None
    with pytest.raises(PluginError, match="needs the package mlflow_of_nobody") as refused:
        Tracking("mlflow_of_nobody")

    assert refused.value.hint == "pip install 'metabench[mlflow_of_nobody]'"


def test_a_tracker_that_cannot_start_is_reported_once_and_nothing_after(tmp_path):
    """``json`` is a package that is there, and no tracker: its process ends at once."""
    note = {"name": "b", "smoke": False, "cells": [], "uses": []}
    (tmp_path / "run.json").write_text(json.dumps(note))
    observer = Tracking("json")
    observer.metabench_run_start(RunStarted(str(tmp_path), done=0, planned=1))
    problems = []
    until = time.monotonic() + 60
    while not problems and time.monotonic() < until:
        time.sleep(0.02)
        try:
            observer.metabench_cell_start(CellStarted("k", "cell"))
        except PluginError as problem:
            problems.append(problem)
    observer.metabench_cell_end(CellEnded("k", "cell", "ok", 1.0))
    observer.metabench_run_end(RunEnded(str(tmp_path), {"ok": 1}))

    assert [problem.problem for problem in problems] == ["json: KeyError: 'json'"]
    assert problems[0].hint.startswith("the run continues without it")


def test_a_folder_that_is_no_run_folder_is_left_alone(tmp_path):
    observer = Tracking("json")
    observer.metabench_run_start(RunStarted(str(tmp_path), done=0, planned=1))
    observer.metabench_run_end(RunEnded(str(tmp_path), {}))

    assert list(tmp_path.iterdir()) == []
