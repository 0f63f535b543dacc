"""Laws of a run from Python: what the command would have done, resumed after Ctrl-C."""

from __future__ import annotations

import os
import signal

import pytest
from sklearn.metrics import matthews_corrcoef

import metabench
from metabench.api.events import CellEnded, RunEnded, RunStarted
from metabench.errors import PluginError, SpecError, StoppedError, UsageError

TINY = {
    "name": "tiny",
    "model": {"id": "embedded/encoder", "weights": "random", "max_length": 16},
    "tasks": {"target": ["embedded/grammar"]},
    "finetune": {"epochs": 0.01, "min_steps": 2},
    "seeds": {"meta": 2},
    "methods": [{"id": "Plain", "algorithm": "finetune"}],
}


@pytest.fixture(scope="module")
def interrupted(tmp_path_factory):
    """Return a run that Ctrl-C ended after its first cell, as (folder, events, error)."""
    folder = tmp_path_factory.mktemp("python")
    events = []

    def stop(event):
        events.append(event)
        if isinstance(event, CellEnded):
            os.kill(os.getpid(), signal.SIGINT)

    with pytest.MonkeyPatch.context() as patched:
        patched.chdir(folder)
        with pytest.raises(StoppedError) as caught:
            metabench.run(metabench.Benchmark(**TINY), on_event=stop)
    return folder, events, caught.value


def test_an_interrupted_run_is_resumed_by_calling_it_again(interrupted, monkeypatch):
    folder, before, error = interrupted
    events = []
    monkeypatch.chdir(folder)
    run = metabench.run(metabench.Benchmark(**TINY), on_event=events.append)

    assert error.hint == "call run again to resume"
    assert [type(event) for event in before if isinstance(event, CellEnded)] == [CellEnded]
    assert (events[0].done, events[0].planned) == (1, 1)
    assert isinstance(events[0], RunStarted)
    assert isinstance(events[-1], RunEnded)
    assert list(run.scores[run.scores.primary].status) == ["ok", "ok"]
    assert (folder / "runs" / "tiny" / "spec.toml").read_text() == run_text()


def run_text():
    return metabench.Benchmark(**TINY).to_toml()


def test_predictions_of_a_run_give_its_score(interrupted):
    folder, _, _ = interrupted
    run = metabench.load(folder / "runs" / "tiny")
    rows = run.predictions("Plain", "embedded/grammar", meta_seed=0)
    (score,) = run.scores[run.scores.meta_seed == 0].score

    assert set(rows.meta_seed) == {0}
    assert matthews_corrcoef(rows.label, rows.prediction) == pytest.approx(score)


def test_overrides_are_those_of_the_command_line(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    benchmark = metabench.Benchmark(**TINY)

    with pytest.raises(SpecError, match=r"finetune\.epochs"):
        metabench.run(benchmark, overrides={"finetune.epochs": "many"})
    with pytest.raises(UsageError, match="None is not a value"):
        metabench.run(benchmark, overrides={"finetune.epochs": None})
    assert list(tmp_path.iterdir()) == []


def test_a_launcher_and_an_observer_have_to_exist(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    benchmark = metabench.Benchmark(**TINY)

    with pytest.raises(PluginError, match="launcher"):
        metabench.run(benchmark, launcher="slurmm")
    with pytest.raises(PluginError, match="observer"):
        metabench.run(benchmark, observers=["tensorbord"])
