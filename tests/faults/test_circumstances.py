"""Folder, locale, hash seed, order, workers, other plugins: none of it changes a record."""

from __future__ import annotations

import pytest
from kit.same import circumstances, differing, run_under

from metabench.seeding import Stream


@pytest.mark.slow
def test_the_same_benchmark_gives_the_same_records_whatever_surrounds_it(tmp_path):
    draws = Stream.root(7).child("circumstances").numpy()
    found = [run_under(circumstances(draws, number), tmp_path) for number in range(3)]

    assert len(found[0]) == 10
    for other in found[1:]:
        assert differing(found[0], other) == []
