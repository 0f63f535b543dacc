"""Activations that an episode's support gradients keep for its Hessian-vector products."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, final

from metabench.nn.bert.masks import Masks
from metabench.nn.caching import most_that_fits, values_at_a_time
from metabench.nn.curvature import Curvature, free_memory
from metabench.nn.passes.batch import BatchPasses
from metabench.nn.passes.model import Head
from metabench.nn.touched import Touched

if TYPE_CHECKING:
    from collections.abc import Collection

    import torch
    from torch import Tensor

    from metabench.learning.batch import Batch
    from metabench.nn.bert.encoder import Bert, Parameters
    from metabench.nn.caching import Kept
    from metabench.nn.encoder import Encoder
    from metabench.nn.layout import Layout

__all__ = ["OpenPasses"]


@final
@dataclass
class OpenPasses:
    """Kept activations by batch; each set is valid for one theta and consumed by one product.

    Args:
        encoder: pooling and dropout of the heads.
        device: where everything is.
        curvature: the activation caching; None: nothing is kept.
    """

    encoder: Encoder
    device: torch.device
    curvature: Curvature | None
    _expected: dict[int, int] = field(default_factory=dict)
    _passes: dict[int, tuple[Tensor, BatchPasses]] = field(default_factory=dict)
    _gradients: dict[int, tuple[Tensor, Tensor, Touched | None]] = field(default_factory=dict)
    _room: float = 0.0

    def expect(self, batches: Collection[Batch]) -> None:
        """Begin an episode: products will be asked for on these batches and no others."""
        self._passes.clear()
        self._gradients.clear()
        wanted = batches if self.curvature else ()
        self._expected = {id(batch): number for number, batch in enumerate(wanted)}
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
        """Keep the activations of a finished gradient for its product."""
        if passes.kept != "nothing":
            self._passes[id(batch)] = (theta, passes)

    def take(self, theta: Tensor, batch: Batch) -> BatchPasses | None:
        """Return and let go of the passes that were held for a batch at this very theta."""
        held = self._passes.pop(id(batch), None)
        return held[1] if held is not None and held[0] is theta else None

    def note_gradient(
        self, theta: Tensor, batch: Batch, gradient: Tensor, *, layout: Layout | None
    ) -> None:
        """Keep a copy of a gradient for a later forward difference.

        With a layout, the zero rows of words that do not occur in the batch are omitted; on a GPU
        counting them would force a synchronization.
        """
        forward = self.curvature is not None and self.curvature.way == "forward"
        if not forward or id(batch) not in self._expected:
            return
        if layout and layout.words and self.device.type == "cpu":
            touched = Touched(layout, batch.task, batch.input_ids.unique())
            self._gradients[id(batch)] = (theta, touched.take(gradient), touched)
        else:
            self._gradients[id(batch)] = (theta, gradient.clone(), None)

    def side(self, batch: Batch) -> int:
        """Return the side of theta, 1 or -1, of a batch's one-sided difference.

        Neighbours on a path alternate: the error of each has the sign of its side, and much of it
        cancels along the path.
        """
        return -1 if self._expected.get(id(batch), 0) % 2 else 1

    def gradient(self, theta: Tensor, batch: Batch) -> Tensor | None:
        """Return and let go of the gradient that was held for a batch at this very theta."""
        held = self._gradients.pop(id(batch), None)
        if held is None or held[0] is not theta:
            return None
        _, gradient, touched = held
        return gradient if touched is None else touched.put(gradient)

    def _at_a_time(self) -> int:
        how = self.curvature
        if how is not None and how.at_a_time is not None:
            return how.at_a_time
        if how is None or (how.way == "forward" and not self._crowded):
            return values_at_a_time(self.device.type, way=None, keep="")
        return values_at_a_time(self.device.type, way=how.way, keep=how.keep)

    @property
    def _crowded(self) -> bool:
        """Whether all gradients of a path are held, or all but the one that is in use."""
        return len(self._gradients) + 1 >= len(self._expected)

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
        cls_only = self.encoder.cls_only
        needed = bert.bytes_kept(tokens=tokens, rows=rows, width=width, size=4, cls_only=cls_only)
        passes = len(self._expected) - len(self._passes)
        kept, self._room = most_that_fits(needed, room=self._room, passes=passes)
        return kept
