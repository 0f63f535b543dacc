"""Fine-tuning on RTE: metabench and transformers' Trainer, by the parity study's two sides."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import torch

from metabench.plugin.catalog import load_catalog
from metabench.spec.model.sections import FineTuneSpec, ModelSpec
from metabench.tasks.hub import Hub
from parity import ours, theirs
from parity.setting import Setting
from perf.clock import time_spent

if TYPE_CHECKING:
    from perf.job import Job

__all__ = ["SIDES", "measure"]

SIDES = ("metabench", "Trainer")
_WARM = 2  # updates
_SAME = 5  # updates whose losses are compared, with dropout off
_FINE_TUNE = {"metabench": ours.fine_tune, "Trainer": theirs.fine_tune}


def measure(job: Job) -> dict[str, float]:
    """Return what ``rounds`` updates cost, set-up taken out, and the losses of a few updates.

    Both sides load the encoder and encode the rows inside their one function; so a run of few
    updates is taken from a run of many, after one run to warm up.
    """
    fine_tune = _FINE_TUNE[job.variant]
    device = torch.device(job.device)
    same = fine_tune(_setting(job, limit=_SAME, dropout=False), scored=False)
    few, many = (
        time_spent(partial(fine_tune, _setting(job, limit=count), scored=False), device=device)
        for count in (_WARM, _WARM + job.rounds)
    )
    numbers = {name: many[name] - few[name] for name in few}
    rows = float(job.rounds * job.shape.batch)
    losses = {f"loss_{number}": loss for number, loss in enumerate(same.losses)}
    return {**numbers, "examples": rows, **losses}


def _setting(job: Job, *, limit: int, dropout: bool = True) -> Setting:
    return Setting(
        card=load_catalog().task("glue/rte").value,
        model=ModelSpec(id=job.model, pooling="mean"),
        finetune=FineTuneSpec(batch_size=job.shape.batch),
        hub=Hub(job.hub, offline=job.hub is not None),
        dropout=dropout,
        limit=limit,
    )
