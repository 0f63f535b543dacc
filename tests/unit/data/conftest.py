"""Tasks and tables to test with: rows from files, tokens from the shipped tokenizer."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from metabench.api.task import HubSource, TaskCard
from metabench.data.encoding import encode
from metabench.data.tokens import TokenTable
from metabench.plan.cell import TaskUse
from metabench.tasks.hub import Hub


@pytest.fixture(scope="session")
def tokenizer():
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(Hub().model_folder("embedded/encoder"))


@pytest.fixture
def table(tokenizer):
    """Return the function that makes a table of so many rows of differing length."""

    def make(rows, *, max_length=32):
        texts = (["the kind fox " * (1 + row % 5) + "helps" for row in range(rows)],)
        encoding = encode(texts, tokenizer=tokenizer, max_length=max_length, cache=None)
        labels = np.arange(rows, dtype=np.int64)
        return TokenTable.build(encoding, labels, max_length=max_length, device="cpu")

    return make


def use_of(card, train="train", scored="validation"):
    return TaskUse(card, "target", train, scored, "identity", train_rows=1, scored_rows=1)


@pytest.fixture
def own_task(tmp_path):
    """Return the function that writes rows as a mirror holds them: its task and its hub."""

    def make(columns, *, schema=None, **changes):
        folder = tmp_path / "datasets" / "own" / "data"
        folder.mkdir(parents=True, exist_ok=True)
        rows = pa.table(columns)
        if schema is not None:
            rows = rows.replace_schema_metadata({"huggingface": schema})
        pq.write_table(rows, folder / "rows.parquet")
        (folder / "README.md").write_text(
            "---\nconfigs:\n- config_name: one\n  data_files:\n"
            "  - split: train\n    path: rows.parquet\n---\n"
        )
        values = {
            "name": "own/task", "title": "Own", "source": HubSource(id="own/data", config="one"),
            "text": ("sentence",), "labels": ("no", "yes"), "metrics": ("accuracy",),
            "splits": {"train": 9, "validation": 9}, "scored": "validation",
            "summary": "s", "licence": "l", "citation": "c",
        }  # fmt: skip
        return use_of(TaskCard(**{**values, **changes})), Hub(tmp_path, offline=True)

    return make
