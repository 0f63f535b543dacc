"""An export is tried before it gets its name, and the record is what it is tried against."""

from __future__ import annotations

import hashlib
import json

import pyarrow.parquet as pq
import pytest
import torch
import transformers
from kit.benchmark import PLAIN, benchmark
from tokenizers import Tokenizer, pre_tokenizers
from tokenizers.models import WordLevel

from metabench.cli.inputs.run_folder import open_run
from metabench.cli.main import main
from metabench.errors import SetupError
from metabench.nn.encoder import Encoder, build_module
from metabench.nn.pairs import separate_pairs
from metabench.nn.seeded import seeded
from metabench.plugin.catalog import load_catalog
from metabench.session.export import model as module
from metabench.session.export.classifier import Classifier
from metabench.session.export.model import export_model, write_model
from metabench.session.replay.replay import replay
from metabench.store.records.seal import sealed

TEXT = benchmark("tiny", PLAIN, model={"pooling": "pooler"}, finetune={"epochs": 0.1})


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Return the folder of a smoke run and that of its one cell."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tiny.toml").write_text(TEXT)
    main(["run", "tiny.toml", "--smoke", "--device", "cpu"])
    (cell,) = tmp_path.glob("runs/tiny.smoke/cells/adapt-*")
    return tmp_path / "runs" / "tiny.smoke", cell


def opened(run):
    folder, cell = run
    found = open_run(folder, file=None, hub=None, catalog=load_catalog())
    planned, result = found.done(cell.name)
    return found, planned, result, found.context("auto", like=result)


def made(run):
    found, planned, result, context = opened(run)
    return found, context, replay(planned, result, context, emit=print)


def test_where_the_class_of_transformers_computes_otherwise_the_script_is_taken(
    run, tmp_path, monkeypatch
):
    found, context, refitted = made(run)
    real = module.classifier_outputs
    monkeypatch.setattr(module, "classifier_outputs", lambda *given: real(*given) + 1)
    note = found.store.run()

    exported = export_model(
        refitted, tmp_path / "model", context=context, catalog=found.catalog, note=note
    )

    assert exported.plain
    assert exported.largest <= 1e-5
    assert (tmp_path / "model" / "predict.py").is_file()
    assert "hardly trained" in (tmp_path / "model" / "README.md").read_text()


def test_an_export_that_computes_something_else_is_never_left_behind(run, tmp_path, monkeypatch):
    found, context, refitted = made(run)
    monkeypatch.setattr(module, "TOLERANCE", -1.0)
    before = set(tmp_path.iterdir())

    with pytest.raises(SetupError, match=r"the exported model computes something else"):
        export_model(
            refitted,
            tmp_path / "model",
            context=context,
            catalog=found.catalog,
            note=found.store.run(),
        )
    assert set(tmp_path.iterdir()) == before


def test_labels_that_are_not_those_of_the_rows_are_noticed(run):
    _, cell = run
    path = cell / "predictions.parquet"
    table = pq.read_table(path)
    turned = 1 - table.column("label").to_numpy()
    place = table.column_names.index("label")
    pq.write_table(table.set_column(place, "label", [turned]), path)
    result = json.loads((cell / "result.json").read_text())
    data = path.read_bytes()
    result["files"][0] |= {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    del result["sha256"]
    (cell / "result.json").write_bytes(sealed(json.dumps(result, indent=2).encode() + b"\n"))
    _, planned, record, context = opened(run)

    with pytest.raises(
        SetupError, match=r"the labels of the evaluation set are not those that were"
    ):
        replay(planned, record, context, emit=print)


def test_a_decoder_is_exported_with_a_padding_token_and_its_pairs_apart(tmp_path):
    """GPT-2's tokenizer has neither; the last real token's state is what its head sees."""
    words = {"<eos>": 0, "a": 1, "b": 2}
    own = Tokenizer(WordLevel(words, unk_token="a"))  # noqa: S106  (a token of texts)
    own.pre_tokenizer = pre_tokenizers.Whitespace()
    eos = next(iter(words))
    tokenizer = transformers.PreTrainedTokenizerFast(tokenizer_object=own, eos_token=eos)
    separate_pairs(tokenizer)
    rows = [("a b a b", "b"), ("a", "b"), ("b", "a a")]
    with seeded(1, torch.device("cpu")):
        module = build_module(
            transformers.GPT2Config(vocab_size=3, n_embd=8, n_layer=1, n_head=2, n_positions=16)
        )
        for value in module.parameters():
            torch.nn.init.normal_(value, std=0.3)
    encoder = Encoder(module.eval(), "last", 8, 0.0, 0.02, takes_token_types=False)
    weight, bias = torch.linspace(-1, 1, 16).view(2, 8), torch.tensor([0.5, -0.5])
    model = Classifier(encoder, dict(module.named_parameters()), weight, bias, ("no", "yes"), "x")
    with torch.inference_mode():
        ids = [[1, 2, 1, 2, 0, 2], [1, 0, 2], [2, 0, 1, 1]]
        states = [module(torch.tensor([row])).last_hidden_state[0, -1] for row in ids]

    exported = write_model(
        model, tokenizer, tmp_path, rows=rows, expected=torch.stack(states) @ weight.T + bias
    )

    assert exported.plain
    assert exported.largest < 1e-5
