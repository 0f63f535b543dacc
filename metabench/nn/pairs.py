"""A pair's two texts, kept apart for tokenizers that would run them together."""

from __future__ import annotations

from typing import Any

from tokenizers.processors import Sequence, TemplateProcessing

__all__ = ["separate_pairs"]


def separate_pairs(tokenizer: Any) -> None:
    """Have a fast tokenizer put a special token between two texts, if it puts none.

    That is the case for many decoders. The token is the tokenizer's separator, else its end of
    text; the rule is saved with the tokenizer. Without either token nothing is changed.
    """
    token = tokenizer.sep_token or tokenizer.eos_token
    encoded = tokenizer("a", "a").encodings[0]
    owners = encoded.sequence_ids
    if token is None or 0 not in owners or 1 not in owners:
        return
    first, second = owners.index(0), owners.index(1)
    if None in owners[first:second]:
        return
    before = encoded.tokens[:first]
    after = encoded.tokens[second + owners[second:].count(1) :]
    backend = tokenizer.backend_tokenizer
    between = [token]
    template = TemplateProcessing(
        single=[*before, "$A:0", *after],
        pair=[*before, "$A:0", *between, "$B:1", *[f"{name}:1" for name in after]],
        special_tokens=[
            (name, tokenizer.convert_tokens_to_ids(name))
            for name in dict.fromkeys([*before, *between, *after])
        ],
    )
    own = backend.post_processor
    adds = bool(before or after)  # then the template adds them in its place
    backend.post_processor = template if own is None or adds else Sequence([own, template])
