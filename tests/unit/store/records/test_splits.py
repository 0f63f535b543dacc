"""Notes on the examples in use: what an encoder cuts or does not know is said once for a part."""

from __future__ import annotations

from metabench.store.records.splits import SplitNote, fit_notes


def note(split, *, rows, cut, part="train"):
    fields = {"task": "few/mood", "max_length": 8, "words": 100, "unknown": 0}
    return SplitNote(split=split, part=part, rows=rows, cut=cut, **fields)


def test_of_many_training_sets_the_largest_is_named_and_the_evaluation_split_with_it():
    notes = [note(f"train_{draw}_{shots}", rows=2 * shots, cut=shots) for shots in (4, 16)
             for draw in range(10)]  # fmt: skip

    said = list(fit_notes([*notes, note("eval", rows=50, cut=10, part="scored")]))

    assert [line.partition(" (")[0] for line in said] == [
        "CUT: few/mood train_0_16: 16 of 32 texts",
        "CUT: few/mood eval: 10 of 50 texts",
    ]
