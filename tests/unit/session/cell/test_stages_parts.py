"""Cells that train a part of the parameters: what they leave, start from, record and export."""

from __future__ import annotations

import pytest
import torch
from kit.benchmark import JOINT, PLAIN, SHORT, benchmark, method
from safetensors.torch import load_file

from metabench.cli.inputs.benchmark import make_plan
from metabench.cli.main import main
from metabench.engine.parameters import unpack_parameters
from metabench.errors import StoppedError
from metabench.leaderboard.costs import costs
from metabench.results.collect import collect
from metabench.session.cell.context import open_context
from metabench.session.cell.run import run_cell
from metabench.session.cell.stages import fine_tune
from metabench.session.runtime import Assignment, Runtime
from metabench.spec.model.sections import ComputeSpec
from metabench.store.run_folder import Store
from metabench.tasks.hub import Hub

FILE = benchmark(
    "parts",
    JOINT | {"train": {"meta": ["encoder.layers.1"], "finetune": ["embeddings"]}},
    PLAIN,
    method("Rates", "meta-sgd", inner_steps=1)
    | {"train": {"meta": ["encoder.layers.1"]}, "adaptation": "inner"},
    model=SHORT, meta={"steps": 3}, finetune={"epochs": 0.01, "min_steps": 3, "train": ["bias"]},
)  # fmt: skip


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """Return the folder of a run of the file."""
    folder = tmp_path_factory.mktemp("parts")
    (folder / "parts.toml").write_text(FILE)
    assert main(["run", str(folder / "parts.toml"), "--runs", str(folder)]) == 0
    return folder


@pytest.fixture(scope="module")
def context(run, plan):
    return context_of(run / "parts", plan)


@pytest.fixture(scope="module")
def plan(run):
    return make_plan(str(run / "parts.toml"), sets=(), smoke=False, hub=None).plan


def context_of(folder, plan):
    cells = {cell.key: cell for cell in plan.cells}
    how = Runtime(Hub(), "cpu", 1, None)
    return open_context(
        Assignment(folder, "parts", "hash", cells, how, ComputeSpec(checkpoint_seconds=0))
    )


def cell_of(plan, kind, method="Joint"):
    return next(cell for cell in plan.cells if (cell.kind, cell.method) == (kind, method))


def left(context, cell):
    file = context.store.cell_folder(cell.folder) / "parameters.safetensors"
    return unpack_parameters(file.read_bytes())


def test_an_initialisation_holds_the_trained_part_and_the_heads_alone(context, plan):
    values = left(context, cell_of(plan, "meta"))
    encoder = {name for name in values if not name.startswith("embedded/")}

    assert encoder
    assert all(name.startswith("encoder.layer.1.") for name in encoder)
    assert {"embedded/entailment.weight", "embedded/inference.bias"} <= set(values)


def test_fine_tuning_starts_from_the_trained_part_in_the_encoder_and_leaves_the_rest(context, plan):
    own = dict(context.encoder(plan.cells[0].work.model, None).module.named_parameters())
    begun = {**own, **left(context, cell_of(plan, "meta"))}
    steps = fine_tune(cell_of(plan, "adapt").work, context)
    try:
        while True:
            next(steps)
    except StopIteration as stop:
        tuned = stop.value
    trained = {place.name for place in tuned.learner.layout.encoder}

    assert trained == {name for name in own if name.startswith("embeddings.")}
    assert tuned.learner.frozen.keys() == own.keys() - trained
    assert all(torch.equal(value, begun[name]) for name, value in tuned.learner.frozen.items())


def test_an_inner_loop_on_a_target_moves_what_was_meta_trained(context, plan):
    begun = left(context, cell_of(plan, "meta", "Rates"))
    steps = fine_tune(cell_of(plan, "adapt", "Rates").work, context)
    with pytest.raises(StopIteration) as stopped:
        next(steps)
    tuned = stopped.value.value
    places = tuned.learner.layout.encoder

    assert {place.name for place in places} <= begun.keys()
    assert all(place.name.startswith("encoder.layer.1.") for place in places)
    assert any(
        not torch.equal(tuned.theta[place.span].view(place.shape), begun[place.name])
        for place in places
    )


def test_records_and_costs_have_the_number_of_trained_parameters(run, context, plan):
    own = dict(context.encoder(plan.cells[0].work.model, None).module.named_parameters())
    counts = {
        part: sum(value.numel() for name, value in own.items() if part in name)
        for part in ("encoder.layer.1.", "embeddings.", ".bias")
    }
    found = costs(collect(Store(run / "parts")))

    assert context.store.result(cell_of(plan, "meta").folder).trained == counts["encoder.layer.1."]
    assert (found["Joint"].meta_trained, found["Plain"].meta_trained) == (None, None)  # of one only
    assert (found["Joint"].trained, found["Plain"].trained) == (
        counts["embeddings."], counts[".bias"],
    )  # fmt: skip


def test_the_leaderboard_and_the_settings_of_the_report_say_what_is_trained(run, capsys):
    assert main(["compare", str(run / "parts"), "-o", str(run / "report.html")]) == 0
    page = (run / "report.html").read_text()
    capsys.readouterr()
    assert main(["compare", str(run / "parts"), "--format", "markdown"]) == 0

    assert "fine-tuned parameters" in " ".join(capsys.readouterr().out.split())
    assert "train.meta = [encoder.layers.1], train.finetune = [embeddings]" in page
    assert "finetune.train" in page


def test_a_stopped_cell_resumes_with_equal_bits(context, plan, tmp_path):
    cell, again = cell_of(plan, "meta"), context_of(tmp_path, plan)
    asked = iter([False, True])
    with pytest.raises(StoppedError, match="stopped after step 2 of 3"):
        run_cell(cell, again, emit=lambda _: None, stop=lambda: next(asked))
    saved = again.store.cell_folder(cell.folder).glob("checkpoints/*/*.safetensors")
    sizes = {value.numel() for file in saved for value in load_file(file).values()}
    run_cell(cell, again, emit=lambda _: None)

    values = left(context, cell)
    assert {name: value.tolist() for name, value in left(again, cell).items()} == {
        name: value.tolist() for name, value in values.items()
    }
    assert sizes == {sum(value.numel() for value in values.values())}  # theta and two moments


def test_an_export_holds_the_frozen_parameters_as_they_were(run, context, plan, monkeypatch):
    cell = cell_of(plan, "adapt", "Plain")
    monkeypatch.chdir(run)
    command = ["export", "model", cell.folder, "model", "--runs", str(run)]
    own = dict(context.encoder(cell.work.model, None).module.named_parameters())

    assert main(command) == 0  # which compares its outputs with the learner's
    exported = load_file(run / "model" / "model.safetensors")
    moved = {
        name
        for name, value in own.items()
        if not any(
            torch.equal(other, value) for key, other in exported.items() if key.endswith(name)
        )
    }
    assert moved
    assert all(name.endswith(".bias") for name in moved)
