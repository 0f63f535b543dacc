"""With ``head = "prototype"`` and no learning to speak of, a cell picks the nearest mean."""

from __future__ import annotations

import pyarrow.parquet as pq
import pytest
import torch

from metabench.cli.main import main
from metabench.data.tokens import load_tokens
from metabench.nn.encoder import load_encoder, load_tokenizer
from metabench.nn.learner import HeadShape, TransformerLearner
from metabench.plan.cell import TaskUse
from metabench.plugin.catalog import load_catalog
from metabench.seeding import Stream
from metabench.spec.model.sections import ModelSpec
from metabench.tasks.hub import Hub

TASK = "embedded/grammar"
BENCHMARK = f"""\
schema = 1
name = "near"
model = {{ id = "embedded/encoder", weights = "random", max_length = 16 }}
tasks = {{ target = ["{TASK}"] }}
finetune = {{ head = "prototype", epochs = 0.01, optimizer = {{ lr = 1e-12 }} }}
[[methods]]
id = "Plain"
algorithm = "finetune"
"""


def features(part):
    """Return the encoder's features of the rows of a split, and their labels."""
    spec = ModelSpec(id="embedded/encoder", weights="random", max_length=16)
    card = load_catalog().task(TASK).value
    encoder = load_encoder(spec, hub=Hub(), stream=Stream.root(0))
    heads = {TASK: HeadShape(2, regression=False)}
    learner = TransformerLearner(encoder, heads, torch.device("cpu"), curvature=None)
    table = load_tokens(
        TaskUse(card, "target", card.train, card.scored, "", 0, 0), part,
        tokenizer=load_tokenizer(spec, hub=Hub()), max_length=16, hub=Hub(), device="cpu",
        cache=None,
    )  # fmt: skip
    batch = table.batch(list(range(len(table))), task=TASK, dropout_seed=None)
    with torch.inference_mode():
        return learner.features(learner.theta(Stream.root(0)), batch).double(), table.labels


@pytest.mark.usefixtures("capsys")
def test_a_cell_predicts_the_class_whose_training_examples_have_the_nearest_mean(
    tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "near.toml").write_text(BENCHMARK)

    assert main(["run", "near.toml", "--runs", "runs"]) == 0

    (file,) = tmp_path.glob("runs/near/cells/adapt-*/predictions.parquet")
    found = torch.tensor(pq.read_table(file)["prediction"].to_pylist())
    train, labels = features("train")
    scored, _ = features("scored")
    means = torch.stack([train[labels == number].mean(0) for number in (0, 1)])
    distances = torch.cdist(scored, means)
    clear = (distances[:, 0] - distances[:, 1]).abs() > 1e-4  # fp32 in the run
    assert clear.float().mean() > 0.9
    assert torch.equal(found[clear], distances.argmin(1)[clear])
    assert 0 < found.float().mean() < 1
