"""What a coordinator and its agents say: each value arrives as it was sent, through JSON."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import pytest
from pydantic import BeforeValidator, PlainSerializer

from metabench import errors
from metabench.api import CellEnded, CellStarted, HubSource, Noticed, Options, Progressed
from metabench.api.events import EndedElsewhere
from metabench.errors import PluginError, StoreError
from metabench.frontend.places import shipped_benchmarks
from metabench.plan.build import build_plan
from metabench.plan.cell import Provided
from metabench.plugin.catalog import load_catalog
from metabench.plugin.local import LocalFile
from metabench.session.runner import wire
from metabench.session.runtime import Assignment, Runtime
from metabench.spec.model.sections import ComputeSpec
from metabench.spec.reading.load import load_benchmark
from metabench.store.lock import HeldError
from metabench.tasks.hub import Hub


@pytest.fixture(scope="module")
def plan():
    """Return the plan of the quickstart."""
    catalog = load_catalog()
    benchmark = load_benchmark(shipped_benchmarks()["quickstart"], catalog=catalog)
    return build_plan(benchmark, catalog=catalog, hub=Hub())


def test_every_cell_of_a_plan_arrives_equal_and_of_equal_types(plan):
    for cell in plan.cells:
        line = wire.packed("cell", cell=wire.packed_cell(cell))
        arrived = wire.cell_of(wire.unpacked(line)["cell"])

        assert arrived == cell
        assert repr(arrived) == repr(cell)
        assert line.count(b"\n") == 1


def test_a_cell_is_sent_with_all_that_it_builds_on_and_takes_kilobytes(plan):
    adapt = next(c for c in plan.cells if c.kind == "adapt" and c.work.initialisation)
    needed = [cell.kind for cell in wire.needed_cells(adapt, plan.by_key)]

    assert set(needed) == {"adapt", "meta", "pretrain"}
    assert max(len(json.dumps(wire.packed_cell(cell))) for cell in plan.cells) < 16_000


class Half(Options):
    """Options whose JSON is another value than theirs."""

    rate: Annotated[float, BeforeValidator(float), PlainSerializer(lambda rate: rate / 2)] = 1.0
    """A rate."""


def test_options_that_change_on_the_way_are_refused():
    provided = Provided("half", "half:make", Half(), "half", "1")

    with pytest.raises(PluginError, match="options change when they are written as JSON") as raised:
        wire._plain(provided)

    assert raised.value.where.endswith(".Half")


def test_why_texts_are_withheld_arrives_although_no_key_holds_it(plan):
    cell = next(cell for cell in plan.cells if cell.kind == "adapt")
    source = HubSource(id="owner/name", withheld="it is elsewhere")
    card = cell.work.task.card.model_copy(update={"source": source})
    task = replace(cell.work.task, card=card)
    sent = replace(cell, work=replace(cell.work, task=task))
    arrived = wire.cell_of(json.loads(json.dumps(wire.packed_cell(sent))))

    assert arrived.work.task.card.withheld == "it is elsewhere"


@pytest.mark.parametrize(
    "event",
    [
        CellStarted("k", "name"),
        Progressed("k", "meta", 3, 9, {"loss": 0.1, "ratio": 1e-300}, "name", "folder"),
        CellEnded("k", "name", "ok", 1.5, {"f1": 0.25}, "", "folder"),
        EndedElsewhere(CellEnded("k", "name", "held", 0.0)),
        Noticed("a sentence"),
    ],
    ids=lambda event: type(event).__name__,
)
def test_an_event_arrives_equal(event):
    line = wire.packed("event", **wire.packed_event(event))

    assert wire.event_of(wire.unpacked(line)) == event


def test_scalars_that_are_not_finite_arrive():
    sent = Progressed("k", "meta", 1, 2, {"nan": math.nan, "high": math.inf, "low": -math.inf})
    line = wire.packed("event", **wire.packed_event(sent))
    scalars = wire.event_of(wire.unpacked(line)).scalars

    assert math.isnan(scalars["nan"])
    assert (scalars["high"], scalars["low"]) == (math.inf, -math.inf)


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (StoreError("is full", where="runs", hint="make room"), errors.StoreError),
        (HeldError("is held"), errors.LockError),
        (errors.DeviceError("is not there"), errors.DeviceError),
    ],
)
def test_an_error_arrives_as_the_nearest_type_that_the_error_tree_has(error, kind):
    arrived = wire.error_of(wire.unpacked(wire.packed("error", **wire.packed_error(error))))

    assert type(arrived) is kind
    assert str(arrived) == str(error)


def test_an_assignment_arrives_with_absolute_paths_and_its_files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    file = LocalFile(tmp_path / "mine.py", b"x = '\xff'\n")
    runtime = Runtime(Hub(Path("mirror"), offline=True), "cpu", 2, Path("runs/.cache"), ("a", "b"))
    sent = Assignment(
        Path("runs/x"), "x", "hash", {}, runtime, ComputeSpec(threads=2), files=(file,)
    )
    line = wire.packed("begin", **wire.packed_assignment(sent))
    arrived = wire.assignment_of(wire.unpacked(line))

    assert arrived.folder == tmp_path / "runs" / "x"
    assert arrived.runtime.hub == Hub(tmp_path / "mirror", offline=True)
    assert arrived.runtime.cache == tmp_path / "runs" / ".cache"
    assert arrived.runtime.command == ("a", "b")
    assert arrived.compute == sent.compute
    assert arrived.files == (file,)
