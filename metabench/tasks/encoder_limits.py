"""The limits of an encoder: tokens per example, and token ids."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, final

from metabench.errors import DataError
from metabench.tasks.weights import LARGEST_TOKENIZER, read_object, refuse_large

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["EncoderLimits", "encoder_limits"]

_FEWEST_POSITIONS: Final = 8
_OFFSET_TYPES: Final = {
    "bigbird_pegasus", "camembert", "data2vec-text", "esm", "ibert", "longformer", "luke", "mpnet",
    "roberta", "roberta-prelayernorm", "xlm-roberta", "xlm-roberta-xl", "xmod",
}  # fmt: skip
"""Models whose positions start after that of the padding, as in fairseq."""


@final
@dataclass(frozen=True, slots=True)
class EncoderLimits:
    """The limits of an encoder.

    Args:
        positions: tokens per example, special ones included; None where there is no limit.
        embeddings: rows of its embedding matrix; None where its config does not define it.
        ids: token ids of its tokenizer, the largest one plus 1; None where that is not known.
    """

    positions: int | None = None
    embeddings: int | None = None
    ids: int | None = None

    def check(self, model: str) -> None:
        """Refuse a tokenizer that has ids beyond the embedding matrix.

        Raises:
            DataError: it has.
        """
        if self.embeddings is not None and self.ids is not None and self.ids > self.embeddings:
            raise DataError(
                f"its tokenizer has {self.ids:,} token ids, its embeddings have only"
                f" {self.embeddings:,} rows",
                where=f"encoder {model!r}",
                hint="resize its embeddings (resize_token_embeddings) and save it again",
            )

    def length(self, model: str, wanted: int, *, given: bool) -> int:
        """Return the tokens per example: the requested number, if there are as many positions.

        Args:
            model: the encoder, for messages.
            wanted: ``model.max_length``.
            given: whether the benchmark file sets it; otherwise the smaller of the two counts.

        Raises:
            DataError: more tokens are requested than there are positions.
        """
        if self.positions is None or wanted <= self.positions:
            return wanted
        if given:
            raise DataError(
                f"model.max_length = {wanted:,}, but it has only {self.positions:,} positions",
                where=f"encoder {model!r}",
                hint=f"set model.max_length to at most {self.positions}, or leave it out",
            )
        return self.positions


def encoder_limits(folder: Path) -> EncoderLimits:
    """Return the limits of the encoder in a folder, from its config and its tokenizer's files.

    Raises:
        DataError: a file of it cannot be read.
    """
    config = read_object(folder / "config.json")
    return EncoderLimits(_positions(config), _whole(config.get("vocab_size")), _ids(folder))


def _positions(config: dict[str, Any]) -> int | None:
    found = next(
        (
            _whole(config[name])
            for name in ("max_position_embeddings", "n_positions", "max_seq_len")
            if name in config
        ),
        None,
    )
    if found is None or found < _FEWEST_POSITIONS or config.get("model_type") == "xlnet":
        return None
    if config.get("model_type") in _OFFSET_TYPES:
        padding = _whole(config.get("pad_token_id"))
        found -= 2 if padding is None else padding + 1
    return found


def _ids(folder: Path) -> int | None:
    path = folder / "tokenizer.json"
    if not path.is_file():
        return None
    refuse_large(path, LARGEST_TOKENIZER)
    try:
        found = json.loads(path.read_bytes())
        vocabulary = found["model"]["vocab"]
        known = vocabulary.values() if isinstance(vocabulary, dict) else range(len(vocabulary))
        added = [token["id"] for token in found.get("added_tokens") or ()]
        return max([int(each) for each in (*known, *added)], default=-1) + 1
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None  # loading it reports the problem


def _whole(value: Any) -> int | None:
    return value if type(value) is int and value > 0 else 0 if value == 0 else None
