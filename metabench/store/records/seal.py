"""A record ends with the sha256 of what stands before it, so that no byte changes unnoticed."""

from __future__ import annotations

import hashlib

__all__ = ["is_sealed", "sealed", "unsealed"]

_BEFORE, _AFTER = b',\n  "sha256": "', b'"\n}\n'
_LENGTH = len(_BEFORE) + 64 + len(_AFTER)


def sealed(text: bytes) -> bytes:
    """Return a JSON object, indented by two and ended by a newline, with its hash as last field."""
    body = text.removesuffix(b"\n}\n")
    return body + _BEFORE + hashlib.sha256(body).hexdigest().encode() + _AFTER


def is_sealed(data: bytes) -> bool:
    """Return whether the bytes end like a sealed object; whether the hash is right, is not said."""
    tail = data[-_LENGTH:]
    return tail.startswith(_BEFORE) and tail.endswith(_AFTER) and len(tail) == _LENGTH


def unsealed(data: bytes) -> bytes:
    """Return a sealed object without its hash.

    Raises:
        ValueError: the hash is not that of the bytes before it.
    """
    body, said = data[:-_LENGTH], data[-_LENGTH + len(_BEFORE) : -len(_AFTER)]
    if not is_sealed(data) or hashlib.sha256(body).hexdigest().encode() != said:
        raise ValueError("its sha256 is not the recorded one")
    return body + b"\n}\n"
