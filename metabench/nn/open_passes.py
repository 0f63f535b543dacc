"""What an episode's support gradients leave for the Hessian-vector products that follow."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, final

from metabench.nn.batch_passes import BatchPasses
from metabench.nn.bert_model import Head
from metabench.nn.curvature import Curvature, free_memory
from metabench.nn.keeping import most_that_fits, values_at_a_time
from metabench.nn.masks import Masks

if TYPE_CHECKING:
    from collections.abc import Collection

    import torch
    from torch import Tensor

    from metabench.learning.batch import Batch
    from metabench.nn.bert import Bert, Parameters
    from metabench.nn.encoder import Encoder
    from metabench.nn.keeping import Kept

__all__ = ["OpenPasses"]


@final
@dataclass
class OpenPasses:
    """Passes that are held open, by batch; each is good for one theta and used up by one product.

    Args:
        encoder: pooling and dropout of the heads.
        device: where everything is.
        curvature: what may be kept; None: nothing.
    """

    encoder: Encoder
    device: torch.device
    curvature: Curvature | None
    _expected: frozenset[int] = frozenset()
    _passes: dict[int, tuple[Tensor, BatchPasses]] = field(default_factory=dict)
    _gradients: dict[int, tuple[Tensor, Tensor]] = field(default_factory=dict)
    _room: float = 0.0

    def expect(self, batches: Collection[Batch]) -> None:
        """Begin an episode: products will be asked for on these batches and no others."""
        self._passes.clear()
        self._gradients.clear()
        self._expected = frozenset(map(id, batches)) if self.curvature else frozenset()
        if self._expected and self.curvature and self.curvature.way == "exact":
            memory = self.curvature.memory
            self._room = float(free_memory(self.device) if memory is None else memory)

    def open(
        self, bert: Bert, p: Parameters, batch: Batch, *, regression: bool, product: bool = False
    ) -> BatchPasses:
        """Return a batch's passes, for a gradient or, with ``product``, for a product alone."""
        return BatchPasses(
            bert,
            p,
            batch,
            head=Head(
                batch.task,
                self.encoder.pooling,
                self.encoder.head_dropout,
                regression=regression,
                site=bert.sites,
            ),
            masks=Masks(batch.dropout_seed, self.device),
            kept="nothing" if product else self._kept(bert, batch),
            most=self._at_a_time(),
        )

    def keep(self, theta: Tensor, batch: Batch, passes: BatchPasses) -> None:
        """Hold passes whose gradient is done, for its product."""
        if passes.kept != "nothing":
            self._passes[id(batch)] = (theta, passes)

    def take(self, theta: Tensor, batch: Batch) -> BatchPasses | None:
        """Return and let go of the passes that were held for a batch at this very theta."""
        held = self._passes.pop(id(batch), None)
        return held[1] if held is not None and held[0] is theta else None

    def note_gradient(self, theta: Tensor, batch: Batch, gradient: Tensor) -> None:
        """Hold a gradient, where a forward difference will ask for it."""
        forward = self.curvature is not None and self.curvature.way == "forward"
        if forward and id(batch) in self._expected:
            self._gradients[id(batch)] = (theta, gradient)

    def gradient(self, theta: Tensor, batch: Batch) -> Tensor | None:
        """Return the gradient that is held for a batch at this very theta."""
        held = self._gradients.pop(id(batch), None)
        return held[1] if held is not None and held[0] is theta else None

    def _at_a_time(self) -> int:
        how = self.curvature
        if how is not None and how.at_a_time is not None:
            return how.at_a_time
        lean = how is not None and how.way == "exact" and how.keep == "lean"
        return values_at_a_time(self.device.type, lean=lean)

    def _kept(self, bert: Bert, batch: Batch) -> Kept:
        how = self.curvature
        if how is None or how.way != "exact" or id(batch) not in self._expected:
            return "nothing"
        if how.keep == "auto":
            return self._fitting(bert, batch)
        return "nothing" if how.keep == "lean" else "backward"

    def _fitting(self, bert: Bert, batch: Batch) -> Kept:
        """Return the most that may be kept of a batch, if the ones to come are like it."""
        rows, width = batch.input_ids.shape
        tokens = rows * width if batch.tokens is None else batch.tokens
        firsts = self.encoder.reads_firsts
        needed = bert.bytes_kept(tokens=tokens, rows=rows, width=width, size=4, firsts=firsts)
        passes = len(self._expected) - len(self._passes)
        kept, self._room = most_that_fits(needed, room=self._room, passes=passes)
        return kept
