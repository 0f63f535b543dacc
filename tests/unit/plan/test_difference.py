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
         ("training examples of a changed",)),
        ({"model": HASH_1}, {"model": HASH_2}, ("files of the encoder changed",)),
        ({"algorithm": {"source": HASH_1}}, {"algorithm": {"source": HASH_2}},
         ("source of the algorithm changed",)),
        ({"initialisation": HASH_1}, {"initialisation": HASH_2}, ("initialisation changed",)),
        ({"encoder": None}, {"encoder": HASH_2}, ("encoder none → 22222222",)),
        ({"target": "a"}, {"target": None}, ("target a → none",)),
        ({"a": (1, 2)}, {"a": [1, 2]}, ()),
        ({"engine": 1}, {"engine": 2}, ("the engine computes other numbers",)),
        ({"other": {"engine": 1}}, {"other": {"engine": 2}}, ("other.engine 1 → 2",)),
        ({"task": {"scored_data": HASH_1}}, {"task": {"scored_data": HASH_2}},
         ("evaluation set of the task changed",)),
        ({"encoder": "small"}, {"encoder": HASH_2}, ("encoder small → 22222222",)),
        ({"note": "x" * 40}, {"note": "y" * 41}, (f"note {'x' * 40} → {'y' * 39}…",)),
        ({"note": "ü"}, {"note": ["ü"]}, ('note ü → ["ü"]',)),
    ],
)  # fmt: skip
def test_each_leaf_that_differs_is_a_phrase(old, new, phrases):
    assert differences(old, new) == phrases
