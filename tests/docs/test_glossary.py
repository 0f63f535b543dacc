"""docs/glossary.md defines each word once, those that the design fixes among them."""

from __future__ import annotations

import re
from pathlib import Path

PAGE = (Path(__file__).parents[2] / "docs" / "glossary.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| (\*\*.+?) \| (\S.*) \|$", PAGE, re.MULTILINE)
DEFINED = [word for words, _ in ROWS for word in re.findall(r"\*\*(.+?)\*\*", words)]
FIXED = """
    task, auxiliary task, target task, transfer task, task distribution, episode, support batch,
    query batch, meta-batch, inner loop, outer loop, adapt, fast parameters, meta-update,
    meta-gradient, initialisation, encoder, head, joint training, method, cell, run, result, score,
    seed, stream
"""


def test_every_word_that_is_fixed_is_defined():
    assert {" ".join(word.split()) for word in FIXED.split(",")} <= set(DEFINED)


def test_no_word_is_defined_twice():
    assert len(DEFINED) == len(set(DEFINED))
