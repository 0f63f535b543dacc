"""Encoding every GLUE row that is at hand, once and then from the cache."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import torch

from metabench.data.encoding import encode
from metabench.data.rows import Rows, load_rows
from metabench.errors import DataError
from metabench.nn.encoder import load_tokenizer
from metabench.plan.cell import TaskUse
from metabench.plugin.catalog import load_catalog
from metabench.spec.model.sections import ModelSpec
from metabench.tasks.hub import Hub
from perf.clock import time_spent

if TYPE_CHECKING:
    from perf.job import Job

__all__ = ["measure"]


def measure(job: Job) -> dict[str, float]:
    """Return the seconds of encoding all rows at once, and of taking them from the cache."""
    hub = Hub(job.hub, offline=job.hub is not None)
    tokenizer = load_tokenizer(ModelSpec(id=job.model), hub=hub)
    parts = _all_rows(hub)
    device = torch.device("cpu")
    with tempfile.TemporaryDirectory() as folder:

        def work() -> None:
            for rows in parts:
                encode(rows.texts, tokenizer=tokenizer, max_length=128, cache=Path(folder))

        once, again = time_spent(work, device=device), time_spent(work, device=device)
    return {
        "rows": float(sum(map(len, parts))),
        **{f"once_{name}": value for name, value in once.items()},
        **{f"cached_{name}": value for name, value in again.items()},
    }


def _all_rows(hub: Hub) -> list[Rows]:
    """Return the training and the scored rows of every GLUE task, as far as they are there."""
    found = []
    for name, offer in load_catalog().tasks.items():
        if not name.startswith("glue/"):
            continue
        card = offer.value
        use = TaskUse(card, "target", card.train, card.scored, "", 0, 0)
        for part in ("train", "scored"):
            try:
                found.append(load_rows(use, part, hub=hub))
            except DataError:
                continue
    return found
