"""Stored and shared texts without local paths."""

from __future__ import annotations

import os
import re
import sys

__all__ = ["private", "unplaced"]

_CODE = re.compile(r'(?<=File ")/[^"\n]+(?=")')
_QUOTED = re.compile(r"""(?<=['"`])[/~]/?[^'"`\n]*/(?=[^'"`/\n]+['"`])""")
_PLAIN = re.compile(r"""(?<![\w.:/~'"`-])(?:~|/[^\s/'"`]+)/(?:[^\s/'"`]+/)*(?=[^\s/])""")
_BEFORE, _AFTER = r"(?<![\w./-])", r"(?![\w-]|\.\w)"


def private(text: str) -> str:
    """Return a text of this machine with ``~`` for the home folder, and code by its package.

    In a traceback, a module is named from where modules are imported from: ``torch/nn/linear.py``.
    """
    shown = _CODE.sub(lambda found: _of_package(found.group()), text)
    for home in _homes():
        shown = re.sub(f"{_BEFORE}{re.escape(home)}{_AFTER}", "~", shown)
    return shown


def unplaced(text: str) -> str:
    """Return a text with every absolute or home path cut to its last part.

    >>> unplaced("there is no file '/data/of us/train.csv' below /home/somebody")
    "there is no file 'train.csv' below somebody"
    """
    shown = _CODE.sub(lambda found: _of_package(found.group()), text)
    return _PLAIN.sub("", _QUOTED.sub("", shown))


def _of_package(path: str) -> str:
    roots = [root for root in map(os.path.abspath, filter(None, sys.path)) if len(root) > 1]
    inside = [root for root in roots if path.startswith(f"{root}{os.sep}")]
    if inside:
        return path[len(max(inside, key=len)) + 1 :]
    if any(path.startswith(f"{home}{os.sep}") for home in _homes()):
        return path
    return re.split(r"/(?:site|dist)-packages/|/lib/python[\d.]+/", path)[-1].rpartition("/")[2]


def _homes() -> set[str]:
    """Return the home folder by its names; none where there is none, or where it is the root."""
    home = os.path.expanduser("~")  # noqa: PTH111  (never raises)
    known = {home.rstrip("/"), os.path.realpath(home)}
    return {name for name in known if os.path.isabs(name) and len(name) > 1}  # noqa: PTH117
