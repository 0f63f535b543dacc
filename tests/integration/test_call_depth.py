"""The way of a command is short: few calls of ours lie between it and the work itself."""

from __future__ import annotations

import json
from pathlib import Path

import metabench

MOST = 14
OURS = Path(metabench.__file__).parents[1]
TINY = """
schema = 1
name = "tiny"
model = { id = "embedded/encoder", weights = "random", max_length = 16 }
tasks = { target = ["embedded/grammar"] }
meta = { steps = 1, tasks_per_step = 1, batch_size = 4 }
finetune = { epochs = 0.01 }
[[methods]]
id = "Watched"
algorithm = "watched"
sampler = "uniform"
"""
WATCHED = """
import json, traceback
from pathlib import Path
from metabench.api import AlgorithmInfo, AlgorithmOptions, EpisodeShape, RendererInfo, hookimpl
from metabench.learning import Algorithm, MetaGradient

def note(name):
    calls = [[frame.filename, frame.name] for frame in traceback.extract_stack()[:-2]]
    Path(name).write_text(json.dumps(calls))

class Shape(AlgorithmOptions):
    def episode_shape(self):
        return EpisodeShape(support=1, query=0)

class Watched(Algorithm):
    def meta_gradient(self, learner, meta, episode):
        note("gradient.json")
        return MetaGradient({"theta": learner.gradient(meta["theta"], episode.support[0])})

def table(leaderboard):
    note("table.json")
    return "shown"

@hookimpl
def metabench_algorithms():
    return [AlgorithmInfo("watched", f"{__name__}:Watched", Shape, "notes who calls it")]

@hookimpl
def metabench_renderers():
    return [RendererInfo("watched", f"{__name__}:table", "notes who calls it")]
"""


def calls(path):
    """Return the calls of ours, the outermost first, as ``module:function``."""
    found = []
    for file, name in json.loads(path.read_text()):
        if Path(file).is_relative_to(OURS / "metabench") or "/plugins/" in file:
            found.append(f"{Path(file).relative_to(OURS)}:{name}")
    return found


def test_few_calls_lie_between_a_command_and_its_first_gradient_or_table(tmp_path, process):
    """``python -m metabench`` and the entry point are among those that are counted."""
    (tmp_path / "tiny.toml").write_text(TINY)
    (tmp_path / "watched.py").write_text(WATCHED)
    plugin = ("--plugin-file", "watched.py")
    run = process("run", "tiny.toml", *plugin, cwd=tmp_path)
    compare = process("compare", "tiny", "--format", "watched", *plugin, cwd=tmp_path)
    assert (run.returncode, compare.returncode) == (0, 0), run.stderr + compare.stderr

    gradient, table = calls(tmp_path / "gradient.json"), calls(tmp_path / "table.json")
    assert gradient[0] == table[0] == "metabench/__main__.py:<module>"
    assert gradient[-1] == "metabench/engine/meta.py:_directions"
    assert len(gradient) <= MOST, gradient
    assert len(table) <= MOST, table
