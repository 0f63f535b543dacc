"""What identifies the examples of a custom task: pinned, for keys of finished cells are made of it.

The values are those of version 0.1; another one makes cells stale, which takes a decision and a
migration.
"""

from __future__ import annotations

import pytest

from metabench.tasks.own.splits import own_identity

CSV = "sentence,label\na,no\nb,yes\nc,no\nd,yes\n"
JSONL = '{"sentence": "a", "label": "no"}\n'


@pytest.mark.parametrize(
    ("name", "content", "changes", "train", "scored"),
    [
        ("rows.csv", CSV, {}, "814d7fb35a31b528", "814d7fb35a31b528"),
        ("rows.csv", CSV, {"scored_fraction": 0.5}, "2c4b8956705bf9d0", "2ea2669914fc4ca4"),
        ("rows.jsonl", JSONL, {}, "9f817001d68ff73b", "9f817001d68ff73b"),
        (
            "rows.csv",
            CSV,
            {"labels": (), "metrics": ("pearson",)},
            "724f830a8969bcf5",
            "724f830a8969bcf5",
        ),
    ],
    ids=["one file", "a share held out", "another format", "numbers"],
)
def test_the_identity_of_a_split_is_what_it_always_was(
    card, write, name, content, changes, train, scored
):
    task = card(write(content, name), **changes)

    assert (own_identity(task, "train")[:16], own_identity(task, "scored")[:16]) == (train, scored)
