"""What both sides of a comparison share: rows, order, initial parameters, hyperparameters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, final

import torch

from metabench.api.task import TaskCard
from metabench.data.order import RowNumbers, epoch_batches
from metabench.data.rows import Rows, load_rows
from metabench.nn.encoder import Encoder, load_encoder, load_tokenizer
from metabench.plan.cell import TaskUse
from metabench.plan.steps import adapt_steps
from metabench.seeding import Stream
from metabench.spec.model.sections import FineTuneSpec, ModelSpec
from metabench.tasks.hub import Hub

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    from torch import Tensor

__all__ = ["Setting", "Trained"]


@final
@dataclass(frozen=True)
class Trained:
    """What a side ends with: the loss of each update; outputs [rows, outputs] if asked for."""

    losses: Sequence[float]
    outputs: npt.NDArray[np.float32] | None = None

    def scored_outputs(self) -> npt.NDArray[np.float32]:
        """Return the outputs where they were asked for."""
        if self.outputs is None:
            raise ValueError("the outputs were not asked for")
        return self.outputs


@final
@dataclass(frozen=True)
class Setting:
    """One fine-tuning run that both sides do.

    Args:
        card: the task.
        model: the encoder.
        finetune: AdamW, its decay, clipping and schedule; epochs and batch size.
        hub: where rows and encoder lie.
        seed: of the fresh head, the order of the rows and the dropout masks.
        dropout: whether dropout is on; each side then draws masks of its own.
        dtype: float64 where rounding is to hide nothing.
        limit: at most so many updates, by the schedule of so many.
    """

    card: TaskCard
    model: ModelSpec
    finetune: FineTuneSpec
    hub: Hub
    seed: int = 0
    dropout: bool = True
    dtype: torch.dtype = torch.float32
    limit: int | None = None
    _rows: dict[str, Rows] = field(default_factory=dict, compare=False, repr=False)

    @property
    def steps(self) -> int:
        """Updates: those of a cell with this ``[finetune]`` table, unless limited."""
        steps = adapt_steps(self.finetune, len(self.rows("train")))
        return steps if self.limit is None else min(steps, self.limit)

    @property
    def stream(self) -> Stream:
        """The stream that a cell of this seed has (metabench.session.cell.stages)."""
        return Stream.root(self.seed).child("adapt", 0, self.card.name)

    @property
    def heads(self) -> Stream:
        """The stream of the fresh head that a cell of this seed has."""
        return Stream.root(self.seed).child("heads", 0)

    def order(self) -> list[RowNumbers]:
        """Return the rows of each update."""
        batches = epoch_batches(
            len(self.rows("train")),
            batch_size=self.finetune.batch_size,
            steps=self.steps,
            stream=self.stream.child("order"),
        )
        return list(batches)

    def rows(self, part: Literal["train", "scored"]) -> Rows:
        """Return the texts and labels that are trained on, or scored."""
        if part not in self._rows:
            use = TaskUse(self.card, "target", self.card.train, self.card.scored, "", 0, 0)
            self._rows[part] = load_rows(use, part, hub=self.hub)
        return self._rows[part]

    def encoder(self) -> Encoder:
        """Return the encoder, loaded anew: each side moves or changes it."""
        encoder = load_encoder(self.model, hub=self.hub, stream=Stream.root(0))
        encoder.module.to(self.dtype)
        return encoder

    def tokenizer(self) -> Any:
        """Return the tokenizer."""
        return load_tokenizer(self.model, hub=self.hub)

    def head(self, encoder: Encoder) -> tuple[Tensor, Tensor]:
        """Return the fresh head: weight [outputs, width] and bias [outputs]."""
        shape = (self.card.outputs, encoder.width)
        generator = self.heads.child("head", self.card.name).torch()
        draw = torch.randn(shape, generator=generator, dtype=self.dtype)
        return draw * encoder.head_std, torch.zeros(shape[0], dtype=self.dtype)
