"""A benchmark file for a custom file: a template filled in from that file."""

from __future__ import annotations

import json
import os.path
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from metabench.tasks.own.guess import Guess

__all__ = ["own_benchmark"]

_DEFINITION = re.compile(r"^\[\[tasks\.define\]\]\n.*?(?=^\[tasks\])", re.MULTILINE | re.DOTALL)
_ABOUT_ROWS = re.compile(r"^# Put the examples .*?(?=^# It needs)", re.MULTILINE | re.DOTALL)
_WIDTH = 32


def own_benchmark(
    template: str, guess: Guess, *, folder: Path, train: Path, scored: Path | None
) -> str:
    """Return the text of a benchmark file.

    Args:
        template: that of ``own-csv``.
        guess: the settings detected in the training file.
        folder: the folder of the benchmark file; paths are relative to it.
        train: the training file.
        scored: the evaluation file; None holds out a fifth of the training file.
    """
    lines = "\n".join(_definition(guess, folder=folder, train=train, scored=scored))
    text = _DEFINITION.sub(lambda _: f"{lines}\n\n", template, count=1)
    return _ABOUT_ROWS.sub("", text, count=1)


def _definition(guess: Guess, *, folder: Path, train: Path, scored: Path | None) -> Iterator[str]:
    yield "[[tasks.define]]"
    yield _line("name", "mine", "what [tasks] calls it")
    yield _line("train", _relative(train, folder), "the path counts from this file's folder")
    if scored is None:
        yield _line(
            "scored_fraction", 0.2, "this share is held out, stratified by class, and scored"
        )
    else:
        yield _line("scored", _relative(scored, folder), "only scored, never trained on")
    for key, value in guess.settings.items():
        yield _line(key, value, guess.reasons.get(key, ""))
    if guess.settings.get("kind") == "regression":
        yield '# metrics = ["pearson", "mae"]   # the first is the score; else pearson'
    else:
        yield '# labels = ["no", "yes"]         # the classes; else those of the training file'
        yield '# metrics = ["f1_macro"]         # the first is the score; else accuracy'


def _relative(path: Path, folder: Path) -> str:
    return os.path.relpath(path.absolute(), folder.absolute()).replace(os.sep, "/")


def _line(key: str, value: Any, why: str) -> str:
    text = f"{key} = {json.dumps(value, ensure_ascii=False)}"
    return f"{text:<{_WIDTH}} # {why}" if why else text
