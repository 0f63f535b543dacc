"""No flipped bit, lost end or block of zeros is taken for what was written, in any file."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from kit.damage import damaged
from kit.subjects import (
    NAME,
    checkpoints,
    commit_checkpoint,
    commit_failure,
    commit_result,
    result,
)

from metabench.data.token_cache import read_arrays, write_arrays
from metabench.engine.parameters import pack_parameters, unpack_parameters
from metabench.engine.snapshot import Snapshot
from metabench.errors import StoreError
from metabench.results.predictions import read_predictions
from metabench.seeding import Stream
from metabench.session.cell.outcome import leave
from metabench.session.cell.predictions import parquet
from metabench.store.file_names import PARAMETERS, PREDICTIONS
from metabench.store.records.cell import FileNote, RunNote
from metabench.store.run_folder import Store
from metabench.tasks.glue import GLUE

COUNT = 10_000
CPU = torch.device("cpu")
DAMAGED = "damaged"
"""What a reader below returns where damage is said."""


def a_result(folder):
    commit_result(folder)
    return Store(folder).cell_folder(NAME) / "result.json"


def read_result(folder):
    cell = Store(folder).cell(NAME)
    return DAMAGED if cell.damage and cell.result is None else cell.result


def a_failure(folder):
    commit_failure(folder)
    return Store(folder).cell_folder(NAME) / "failure.json"


def read_failure(folder):
    cell = Store(folder).cell(NAME)
    return DAMAGED if cell.damage and cell.failure is None else cell.failure


def a_note(folder):
    commit_failure(folder)
    return Store(folder).cell_folder(NAME) / "cell.json"


def read_note(folder):
    cell = Store(folder).cell(NAME)
    return DAMAGED if cell.damage and cell.note is None else cell.note


def a_run(folder):
    note = RunNote(name="demo", methods=("BERT", "MAML"), columns=(), uses=(), notes=("one",))
    Store(folder).commit_run("", "", note)
    return folder / "run.json"


def read_run(folder):
    try:
        return Store(folder).run()
    except StoreError:
        return DAMAGED


def a_checkpoint(name):
    def write(folder):
        commit_checkpoint(folder, step=1)
        return folder / "checkpoints" / "step-000000001" / name

    return write


def read_checkpoint(folder):
    try:
        note, state = checkpoints(folder).newest()
    except StoreError:
        return DAMAGED
    snapshot = Snapshot.of(note.step, state, note.facts, device=CPU)
    return snapshot.step, {k: v.tolist() for k, v in snapshot.tensors.items()}, note


VALUES = {"weight": torch.arange(60.0).reshape(6, 10), "bias": torch.ones(6)}


def an_initialisation(folder):
    return a_file(folder, PARAMETERS, pack_parameters(VALUES))


def a_file(folder, name, data):
    store = Store(folder)
    note = leave(store.place(NAME), name, data)
    (folder / "note").write_text(note.model_dump_json())
    return store.cell_folder(NAME) / name


def noted(folder):
    return FileNote.model_validate_json((folder / "note").read_text())


def read_initialisation(folder):
    try:
        values = unpack_parameters(Store(folder).read_file(NAME, noted(folder)))
    except StoreError:
        return DAMAGED
    return {name: value.tolist() for name, value in values.items()}


CARD = next(card for card in GLUE if card.name == "glue/rte")


def some_predictions(folder):
    outputs = np.linspace(-1, 1, 80, dtype=np.float32).reshape(40, 2)
    return a_file(folder, PREDICTIONS, parquet(CARD, np.arange(40) % 2, outputs))


def read_some_predictions(folder):
    record = result(0.5).model_copy(update={"files": (noted(folder),)})
    try:
        labels, outputs = read_predictions(Store(folder), NAME, record)
    except StoreError:
        return DAMAGED
    return labels.tolist(), outputs.tolist()


def some_tokens(folder):
    numbers = np.arange(300, dtype=np.int32)
    write_arrays(folder, "tokens.safetensors", {"ids": numbers, "lengths": numbers[:7]})
    return folder / "tokens.safetensors"


def read_tokens(folder):
    found = read_arrays(folder, "tokens.safetensors", ("ids", "lengths"), most=1 << 20)
    return DAMAGED if found is None else {name: a.tolist() for name, a in found.items()}


FILES = [
    pytest.param(a_result, read_result, id="result.json"),
    pytest.param(a_failure, read_failure, id="failure.json"),
    pytest.param(a_note, read_note, id="cell.json"),
    pytest.param(a_run, read_run, id="run.json"),
    pytest.param(a_checkpoint("state.safetensors"), read_checkpoint, id="state.safetensors"),
    pytest.param(a_checkpoint("checkpoint.json"), read_checkpoint, id="checkpoint.json"),
    pytest.param(a_checkpoint("SHA256SUMS"), read_checkpoint, id="SHA256SUMS"),
    pytest.param(an_initialisation, read_initialisation, id="parameters.safetensors"),
    pytest.param(some_predictions, read_some_predictions, id="predictions.parquet"),
    pytest.param(some_tokens, read_tokens, id="token cache"),
]


@pytest.mark.parametrize(("write", "read"), FILES)
def test_damage_is_said_or_does_no_harm(memory, write, read):
    path = write(memory)
    whole, before = path.read_bytes(), read(memory)
    assert before not in (None, DAMAGED)

    said = 0
    for content in damaged(whole, Stream.root(0).child(path.name), count=COUNT):
        path.write_bytes(content)
        found = read(memory)
        assert found in (DAMAGED, before), "taken for what was written"
        said += found == DAMAGED

    assert said > COUNT // 2
    path.write_bytes(whole)
    assert read(memory) == before
