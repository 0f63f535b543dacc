"""Texts to token ids: one batched call of the tokenizer, cached by content."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, final

import numpy as np
import numpy.typing as npt

from metabench.data.token_cache import read_arrays, write_arrays
from metabench.errors import DataError
from metabench.fingerprint import fingerprint

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["Encoding", "cached", "encode"]

_FORMAT = 4
_CHUNK = 10_000
_HEADER = 1 << 16  # largest size in bytes of a file's header
_ARRAYS = ("cut", "firsts", "ids", "lengths", "types", "unknown", "words")
_PER_TOKEN = ("ids", "types")
_PER_ROW = len(_ARRAYS) - len(_PER_TOKEN)


@final
@dataclass(frozen=True, slots=True)
class Encoding:
    """Token ids of all examples, with counts of truncation and unknown words.

    Args:
        ids: [tokens] of all examples, concatenated.
        lengths: [examples], tokens of each example.
        firsts: [examples], tokens of its first text.
        pad: the id of padding.
        types: [tokens], the tokenizer's token types; None where they are 0 in the first text and 1
            after it.
        fit: [examples, 3]: whether the example was truncated, its number of words as the tokenizer
            splits them, and its number of unknown words; truncated words are not counted.
    """

    ids: npt.NDArray[np.int32]
    lengths: npt.NDArray[np.int32]
    firsts: npt.NDArray[np.int32]
    pad: int
    fit: npt.NDArray[np.int32] | None = None
    types: npt.NDArray[np.int32] | None = None


def encode(
    texts: tuple[list[str], ...], *, tokenizer: Any, max_length: int, cache: Path | None
) -> Encoding:
    """Return the tokens of single texts or pairs; a long example is truncated, longest text first.

    Args:
        texts: one or two lists of equal length.
        tokenizer: a fast tokenizer of transformers.
        max_length: tokens of an example, special ones included.
        cache: folder of cached encodings; None disables the cache. Damaged files are replaced.

    Raises:
        DataError: the tokenizer is not a fast one.
    """
    if not getattr(tokenizer, "is_fast", False):
        raise DataError(
            "the encoder's tokenizer is not a fast one (tokenizer.json)",
            where=str(getattr(tokenizer, "name_or_path", "")),
            hint="choose an encoder that comes with tokenizer.json",
        )
    name = f"{_key(texts, tokenizer, max_length)}.safetensors" if cache else ""
    arrays = _read(cache, name, len(texts[0]), max_length=max_length) if cache else None
    if arrays is None:
        arrays = _tokenize(texts, tokenizer, max_length)
        if cache:
            write_arrays(cache, name, arrays)
    return _encoding(arrays, tokenizer)


def cached(
    texts: tuple[list[str], ...], *, tokenizer: Any, max_length: int, cache: Path
) -> Encoding | None:
    """Return the tokens that ``encode`` has left in its cache; None where it has not."""
    name = f"{_key(texts, tokenizer, max_length)}.safetensors"
    arrays = _read(cache, name, len(texts[0]), max_length=max_length)
    return None if arrays is None else _encoding(arrays, tokenizer)


def _read(
    cache: Path, name: str, rows: int, *, max_length: int
) -> Mapping[str, npt.NDArray[np.int32]] | None:
    most = _HEADER + np.dtype(np.int32).itemsize * rows * (len(_PER_TOKEN) * max_length + _PER_ROW)
    arrays = read_arrays(cache, name, _ARRAYS, most=most)
    return arrays if arrays is not None and _consistent(arrays, rows, max_length) else None


def _encoding(arrays: Mapping[str, npt.NDArray[np.int32]], tokenizer: Any) -> Encoding:
    pad = int(tokenizer.pad_token_id or 0)
    fit = np.stack([arrays["cut"], arrays["words"], arrays["unknown"]], axis=1)
    types = arrays["types"] if len(arrays["types"]) else None
    return Encoding(arrays["ids"], arrays["lengths"], arrays["firsts"], pad, fit, types)


def _key(texts: tuple[list[str], ...], tokenizer: Any, max_length: int) -> str:
    content = hashlib.sha256()
    for column in texts:
        encoded = [text.encode() for text in column]
        content.update(f"column {len(column)}\n".encode())
        content.update(np.array([len(text) for text in encoded], dtype="<u8").tobytes())
        content.update(b"".join(encoded))
    rules = _rules(tokenizer.backend_tokenizer.to_str())
    return fingerprint([_FORMAT, content.hexdigest(), rules, type(tokenizer).__name__, max_length])


@lru_cache(maxsize=8)
def _rules(text: str) -> str:
    """Return the digest of a tokenizer's own JSON, without the state of its last call."""
    rules = json.loads(text)
    for state in ("truncation", "padding"):
        rules.pop(state, None)
    return hashlib.sha256(json.dumps(rules, sort_keys=True).encode()).hexdigest()


def _tokenize(
    texts: tuple[list[str], ...], tokenizer: Any, max_length: int
) -> Mapping[str, npt.NDArray[np.int32]]:
    ids: list[npt.NDArray[np.int32]] = []
    lengths: list[int] = []
    firsts: list[int] = []
    types: list[npt.NDArray[np.int32]] = []
    fit: list[tuple[int, int, int]] = []
    for start in range(0, len(texts[0]), _CHUNK):
        encoded = tokenizer(
            *(column[start : start + _CHUNK] for column in texts),
            truncation="longest_first",
            max_length=max_length,
            padding=False,
            return_token_type_ids=True,
            return_attention_mask=False,
        )
        ids.extend(np.asarray(row, dtype=np.int32) for row in encoded["input_ids"])
        lengths.extend(len(row) for row in encoded["input_ids"])
        firsts.extend(row.index(1) if 1 in row else len(row) for row in encoded["token_type_ids"])
        types.extend(np.asarray(row, dtype=np.int32) for row in encoded["token_type_ids"])
        fit.extend(_fit(row, tokenizer.unk_token_id) for row in encoded.encodings)
    cut, words, unknown = np.array(fit, dtype=np.int32).reshape(-1, 3).T.copy()
    return {
        "cut": cut,
        "ids": np.concatenate(ids),
        "lengths": np.asarray(lengths, dtype=np.int32),
        "types": _unusual(types, firsts),
        "firsts": np.asarray(firsts, dtype=np.int32),
        "unknown": unknown,
        "words": words,
    }


def _unusual(types: list[npt.NDArray[np.int32]], firsts: list[int]) -> npt.NDArray[np.int32]:
    """Return the types of all tokens; empty where the first text has 0 and the second 1."""
    usual = all(
        not row[:first].any() and (row[first:] == 1).all()
        for row, first in zip(types, firsts, strict=True)
    )
    return np.empty(0, dtype=np.int32) if usual else np.concatenate(types)


def _fit(row: Any, unknown: int | None) -> tuple[int, int, int]:
    """Return whether an example was truncated, its number of words and of unknown words."""
    words = set(zip(row.sequence_ids, row.word_ids, strict=True))
    lost = set()
    if unknown is not None and unknown in row.ids:
        ids = zip(row.ids, row.sequence_ids, row.word_ids, strict=True)
        lost = {(sequence, word) for id_, sequence, word in ids if id_ == unknown}
    special = {(None, None)}
    return len(row.overflowing) > 0, len(words - special), len(lost - special)


def _consistent(arrays: Mapping[str, npt.NDArray[np.int32]], rows: int, max_length: int) -> bool:
    ids, lengths, firsts = arrays["ids"], arrays["lengths"], arrays["firsts"]
    return bool(
        all(arrays[name].shape == (rows,) for name in _ARRAYS if name not in _PER_TOKEN)
        and ids.shape == (int(lengths.sum()),)
        and arrays["types"].shape in {ids.shape, (0,)}
        and (arrays["types"] >= 0).all()
        and (lengths >= 1).all()
        and (lengths <= max_length).all()
        and (firsts <= lengths).all()
        and (ids >= 0).all()
    )
