"""A trial of an encoder on a few tokens when it is loaded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import torch

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["Trial", "tried"]

_TOKENS = 6
_PADDING = 2
_CLOSE = 1e-3
"""How far states may move, relative to the largest, when padding is added: float32 needs 1e-5."""


class Trial(NamedTuple):
    """The result of trying an encoder on a few tokens.

    Args:
        width: of its states.
        causal: whether a token's state depends only on earlier tokens.
        problem: the reason why its features cannot be used; "" where they can.
    """

    width: int
    causal: bool
    problem: str


@torch.inference_mode()
def tried(module: Any) -> Trial:
    """Return the trial of a module in evaluation mode on six tokens, with and without padding."""
    words = int(module.config.vocab_size)
    first = torch.arange(_TOKENS) % max(1, words - 3) + 2
    other = first.clone()
    other[-1] = first[-2]
    rows = torch.nn.functional.pad(torch.stack([first, other]), (0, _PADDING))
    mask = torch.ones_like(rows)
    mask[:, _TOKENS:] = 0
    padded = _states(module, rows, mask)
    alone = _states(module, rows[:1, :_TOKENS], mask[:1, :_TOKENS])
    if padded.shape[:-1] != rows.shape or alone.shape[:-1] != (1, _TOKENS):
        return Trial(padded.shape[-1], causal=False, problem="has not one state for each token")
    real = padded[:, :_TOKENS]
    size = float(alone.abs().max())
    if not (real.isfinite().all() and alone.isfinite().all()):
        return Trial(padded.shape[-1], causal=False, problem="has states that are not finite")
    causal = _apart(real[0, :-1], real[1, :-1]) <= 1e-6 * size
    off = _apart(real[0], alone[0])
    problem = "computes other states for a text with padding" if off > _CLOSE * size else ""
    return Trial(padded.shape[-1], causal, problem)


def _states(module: Any, ids: Tensor, mask: Tensor) -> Tensor:
    states: Tensor = module(input_ids=ids, attention_mask=mask).last_hidden_state
    return states


def _apart(one: Tensor, other: Tensor) -> float:
    return float((one - other).abs().max())
