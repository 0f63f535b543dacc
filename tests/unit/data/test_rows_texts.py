"""A text that no tokenizer can take is refused by row."""

from __future__ import annotations

import pytest

from metabench.data.rows import _texts
from metabench.errors import DataError


def test_half_a_character_is_refused_by_row():
    with pytest.raises(DataError, match="row 1: half of a character") as caught:
        _texts(["whole \N{GRINNING FACE}", "half \ud83d"], where="a task, split 'train'")
    assert caught.value.where == "a task, split 'train'"
    assert caught.value.hint == "fix the example, or leave the task out"
