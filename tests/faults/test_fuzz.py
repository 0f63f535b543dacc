"""Whatever stands in a file: it is read, or refused in our words within a second."""

from __future__ import annotations

import pytest
from kit.fuzz import TARGETS, fuzz

COUNT = 20_000


def test_every_input_has_a_target():
    assert sum(target.share for target in TARGETS.values()) == pytest.approx(1)


@pytest.mark.parametrize("name", TARGETS)
def test_mutants_are_read_or_refused_with_place_and_way_out(memory, scale, name):
    count = round(COUNT * scale * TARGETS[name].share)

    found = fuzz(name, memory, count)

    assert found.inputs == count
    assert found.refused > 0 or name in {"metrics.jsonl", "records of cells"}
