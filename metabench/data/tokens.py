"""A task's examples as tokens: flat arrays on one device, from which a batch is gathered."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, final

import numpy as np
import numpy.typing as npt
import torch
from jaxtyping import Bool, Int, Shaped
from torch import Tensor

from metabench.data.encoding import encode
from metabench.data.order import RowNumbers, permutation
from metabench.data.rows import Part, load_rows
from metabench.data.scale import Scale
from metabench.learning.batch import Batch

if TYPE_CHECKING:
    from pathlib import Path

    from metabench.data.encoding import Encoding
    from metabench.plan.cell import TaskUse
    from metabench.seeding import Stream
    from metabench.tasks.hub import Hub

__all__ = ["TokenTable", "load_tokens"]

_MULTIPLE = 8


@final
@dataclass(frozen=True, slots=True)
class TokenTable:
    """Examples as tokens, on a device and, so that nothing has to be read back, on the host.

    Args:
        ids: [tokens] of all examples, concatenated.
        spans: [rows, 3]: the start of each example in ``ids``, its length, that of its first text.
        labels: [rows], int64 classes, float32 numbers, or float64 ones to be standardised.
        host_ids: ``ids`` on the host.
        host_spans: ``spans`` on the host.
        max_length: the largest width of a batch.
        pad: the id of padding.
        digests: [rows], a hash of each example's texts before truncation; None where not known.
        scale: of the labels where they are standardized; else None.
        fit: [rows, 3], counts of truncation and unknown words, as in `Encoding`.
        types: [tokens] of all examples like ``ids``, where `Encoding` has them; else None.
    """

    ids: Int[Tensor, " tokens"]
    spans: Int[Tensor, "rows 3"]
    labels: Shaped[Tensor, " rows"]
    host_ids: npt.NDArray[np.int32]
    host_spans: npt.NDArray[np.int64]
    max_length: int
    pad: int
    digests: npt.NDArray[np.uint64] | None = None
    scale: Scale | None = None
    fit: npt.NDArray[np.int32] | None = None
    types: Int[Tensor, " tokens"] | None = None

    @classmethod
    def build(
        cls,
        encoding: Encoding,
        labels: npt.NDArray[np.int64] | npt.NDArray[np.floating],
        *,
        max_length: int,
        device: torch.device | str,
        digests: npt.NDArray[np.uint64] | None = None,
    ) -> TokenTable:
        """Return the table of encoded examples, on a device."""
        lengths = encoding.lengths.astype(np.int64)
        spans = np.stack([np.cumsum(lengths) - lengths, lengths, encoding.firsts], axis=1)
        return cls(
            ids=torch.tensor(encoding.ids, device=device),
            spans=torch.tensor(spans, device=device),
            labels=torch.tensor(labels, device=device),
            host_ids=encoding.ids,
            host_spans=spans,
            max_length=max_length,
            pad=encoding.pad,
            digests=digests,
            fit=encoding.fit,
            types=None if encoding.types is None else torch.tensor(encoding.types, device=device),
        )

    def __len__(self) -> int:
        """Return the number of examples."""
        return len(self.host_spans)

    @property
    def lengths(self) -> npt.NDArray[np.int64]:
        """Tokens of each example, special ones included; on the host."""
        return self.host_spans[:, 1]

    def row(self, row: int) -> list[int]:
        """Return the token ids of one example, without padding."""
        start, length, _ = self.host_spans[row]
        ids: list[int] = self.host_ids[start : start + length].tolist()
        return ids

    def segments(self, row: int) -> list[int]:
        """Return each token's type: as a rule 0 in the first text, 1 in the second."""
        start, length, first = self.host_spans[row]
        if self.types is not None:
            types: list[int] = self.types[start : start + length].tolist()
            return types
        return [0] * int(first) + [1] * int(length - first)

    def batch(self, rows: RowNumbers, *, task: str, dropout_seed: int | None) -> Batch:
        """Return a batch of examples, right-padded to the longest, a multiple of eight."""
        index = self._index(rows)
        begin, length, first = self.spans[index].unbind(1)
        places = torch.arange(self._width(rows), device=self.ids.device)
        mask: Bool[Tensor, "rows width"] = places < length[:, None]
        tokens = torch.where(mask, begin[:, None] + places, 0)
        types = (places >= first[:, None]).long() if self.types is None else self.types[tokens]
        return Batch(
            task=task,
            input_ids=torch.where(mask, self.ids[tokens].long(), self.pad),
            attention_mask=mask,
            token_type_ids=torch.where(mask, types.long(), 0),
            labels=self.labels[index],
            dropout_seed=dropout_seed,
            tokens=int(np.minimum(self.lengths[rows], self.max_length).sum()),
        )

    def vocabulary(self, rows: RowNumbers) -> Int[Tensor, " words"]:
        """Return the distinct token ids of those examples and the id of padding."""
        starts, lengths = self.host_spans[rows, 0], self.host_spans[rows, 1]
        places = np.repeat(starts - np.cumsum(lengths) + lengths, lengths)
        ids = self.host_ids[places + np.arange(int(lengths.sum()))]
        words = np.union1d(ids, [self.pad]).astype(np.int64)
        return torch.from_numpy(words).to(self.ids.device, non_blocking=True)

    def take(self, rows: RowNumbers) -> TokenTable:
        """Return the table of those examples only, in that order; the tokens are shared."""
        index = self._index(rows)
        return replace(
            self,
            spans=self.spans[index],
            labels=self.labels[index],
            host_spans=self.host_spans[rows],
            digests=None if self.digests is None else self.digests[rows],
            fit=None if self.fit is None else self.fit[rows],
        )

    def permuted_labels(self, stream: Stream) -> TokenTable:
        """Return the table with its labels permuted: the shuffled control."""
        index = self._index(permutation(len(self), stream=stream))
        return replace(self, labels=self.labels[index])

    def standardised(self) -> TokenTable:
        """Return the table with its labels standardised by themselves."""
        scale = Scale.of(self.labels)
        return replace(self, labels=scale.standardised(self.labels), scale=scale)

    def _index(self, rows: RowNumbers) -> Tensor:
        return torch.tensor(rows, dtype=torch.int64).to(self.ids.device, non_blocking=True)

    def _width(self, rows: RowNumbers) -> int:
        longest = int(self.lengths[rows].max())
        return min(-(-longest // _MULTIPLE) * _MULTIPLE, self.max_length)


def load_tokens(  # noqa: PLR0913  (what tokens depend on, and where they go)
    use: TaskUse,
    part: Part,
    *,
    tokenizer: Any,
    max_length: int,
    hub: Hub,
    device: torch.device | str,
    cache: Path | None,
) -> TokenTable:
    """Return all examples of a task's training or evaluation split as tokens.

    Raises:
        DataError: the examples are not available or do not match the task's card.
    """
    rows = load_rows(use, part, hub=hub)
    encoding = encode(rows.texts, tokenizer=tokenizer, max_length=max_length, cache=cache)
    return TokenTable.build(
        encoding, rows.labels, max_length=max_length, device=device, digests=rows.digests()
    )
