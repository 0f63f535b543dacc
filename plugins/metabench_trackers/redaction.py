"""An error in one line, without the secrets that it may quote."""

from __future__ import annotations

import os
import re

__all__ = ["one_line"]

_SECRET = re.compile(r"KEY|TOKEN|SECRET|PASS|CREDENTIAL|AUTH", re.IGNORECASE)
_IN_A_URL = re.compile(r"(?<=://)[^/\s@]+(?=@)")
_LIKE_A_KEY = re.compile(r"[A-Za-z0-9_\-]{32,}")
_LONGEST = 300


def one_line(error: BaseException) -> str:
    """Return the type and message of an error; tokens, passwords and keys are ``***``.

    Secrets are the values of environment variables whose names say so, what a URL has before its
    ``@``, and whatever is as long as a key and looks like one.
    """
    text = " ".join(str(error).split())
    for name, value in os.environ.items():  # noqa: TID251  (to hide what is in it)
        if _SECRET.search(name) and len(value) > 3:  # noqa: PLR2004  (shorter ones are switches)
            text = text.replace(value, "***")
    text = _LIKE_A_KEY.sub("***", _IN_A_URL.sub("***", text))
    return f"{type(error).__name__}: {text[:_LONGEST]}"
