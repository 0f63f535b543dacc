"""Two cells differ in words that a user knows."""

from __future__ import annotations

import pytest

from metabench.plan.difference import differences

HASH_1, HASH_2 = "1" * 64, "2" * 64


@pytest.mark.parametrize(
    ("old", "new", "phrases"),
    [
        ({"a": {"b": [1, 2]}}, {"a": {"b": [1, 2]}}, ()),
        ({"sampler": {"options": {"r": 2}}}, {"sampler": {"options": {"r": 5}}},
         ("sampler.options.r 2 → 5",)),
        ({"tasks": {"a": {"rows": 1}}}, {"tasks": {"a": {"rows": 1}, "b": {"rows": 2}}},
         ("tasks: b added",)),
        ({"tasks": {"a": {"rows": 1}, "b": {}}}, {"tasks": {"a": {"rows": 2}}},
         ("tasks: b removed", "tasks.a.rows 1 → 2")),
        ({"tasks": {"a": {"data": HASH_1}}}, {"tasks": {"a": {"data": HASH_2}}},
         ("training rows of a changed",)),
        ({"model": HASH_1}, {"model": HASH_2}, ("files of the encoder changed",)),
        ({"algorithm": {"source": HASH_1}}, {"algorithm": {"source": HASH_2}},
         ("source of the algorithm changed",)),
        ({"initialisation": HASH_1}, {"initialisation": HASH_2}, ("initialisation changed",)),
        ({"encoder": None}, {"encoder": HASH_2}, ("encoder none → 22222222",)),
        ({"target": "a"}, {"target": None}, ("target a → none",)),
    ],
)  # fmt: skip
def test_each_leaf_that_differs_is_a_phrase(old, new, phrases):
    assert differences(old, new) == phrases
