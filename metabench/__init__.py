"""Honest benchmarks of meta-learning for low-resource NLP.

A **spec** becomes a **plan**, a **session** turns it into records in the **store**, records are
read as **results**, results become a **leaderboard**, and the leaderboard a **report**.

Modules and packages, in the order in which data passes through:

    __main__: the process: Ctrl-C is handled from the first import on
    import_path: where modules come from: never from the working folder
    version: the version of metabench
    cli: the command line: commands, their inputs, their views
    frontend: metabench from Python, and what the commands call
    api: what a plugin declares: hooks, descriptors, options; import-light
    learning: what a plugin computes with: algorithm, sampler, learner, episode; imports torch
    plugin: installed plugins, loaded in isolation, and the catalog of what they register
    tasks: task cards, data sources and content identities; loads no example
    metrics: the built-in metrics, and scores computed from labels and outputs
    spec: the benchmark file: read, checked, expanded, written
    plan: the cells that a benchmark requests, their keys, and which of them are done
    data: from examples to tokens, batches and episodes
    nn: encoders, heads and the learner on one flat parameter vector
    engine: the training loops: pretraining, meta-training, fine-tuning, evaluation
    session: the cells of a plan, run, replayed, estimated and exported
    store: the files of a run folder, and how they are written
    results: the records of runs, read as values
    leaderboard: from results to a leaderboard, with its statistics
    report: a leaderboard as a report, and as text, HTML, LaTeX and figures
    testing: for authors of plugins: a tiny model and the conformance kit
    errors: the error tree and the exit codes
    seeding: named random streams
    fingerprint: content hashes of values, files and modules
    ambient: process-global state that a plugin must restore
    escape: names and messages from outside, made inert for a terminal or a page
    privacy: texts that are kept or sent around, without the places of this machine
    family: the comparisons whose p-values are corrected together
    quantities: large quantities as three digits and a unit
    lookalikes: names that may be taken for another
    limits: the most that is read of anything from outside, in one table
    strict_json: JSON from outside: every key once, bounded depth
    suggest: the nearest of the known names: "did you mean"
"""

from metabench.version import __version__

TYPE_CHECKING = False  # nothing else is imported here: a file could hide it, which __main__ reports
if TYPE_CHECKING:
    from typing import Any

    from metabench.frontend.benchmark import Benchmark
    from metabench.frontend.board import Board
    from metabench.frontend.launching import run
    from metabench.frontend.loaded import Run, load

__all__ = ["Benchmark", "Board", "Run", "__version__", "load", "run"]

_HOMES = {
    "Benchmark": "metabench.frontend.benchmark",
    "Board": "metabench.frontend.board",
    "Run": "metabench.frontend.loaded",
    "load": "metabench.frontend.loaded",
    "run": "metabench.frontend.launching",
}


def __getattr__(name: str) -> "Any":
    """Return a public name, whose module is imported when it is first used."""
    if name not in _HOMES:
        raise AttributeError(f"module 'metabench' has no attribute {name!r}")
    from importlib import import_module  # noqa: PLC0415

    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    """Return the public names."""
    return [*__all__]
