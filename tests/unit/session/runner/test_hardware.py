"""The hardware of a run that wants one kind: the first decides, for every process on the folder."""

from __future__ import annotations

import pytest

from metabench.session.runner.hardware import RunHardware
from metabench.store.file_names import HARDWARE
from metabench.store.records.cell import Result
from metabench.store.run_folder import Store

OLD = {"processor": "Old 1", "processor_model": "6 79", "instruction_set": "AVX2", "device": "cpu"}
NEW = {**OLD, "processor": "New 2", "instruction_set": "AVX512"}
GPU = {**OLD, "device": "NVIDIA H200"}


@pytest.fixture
def store(tmp_path):
    """Return a run folder without cells."""
    return Store(tmp_path / "run")


def test_the_first_process_decides_for_all_that_come_after_it(store):
    assert RunHardware(store, same=True).differs(OLD) == ()
    assert RunHardware(store, same=True).differs(OLD) == ()
    assert RunHardware(store, same=True).differs(NEW) == (
        "processor Old 1 → New 2",
        "instruction set AVX2 → AVX512",
    )
    assert RunHardware(store, same=True).differs(GPU) == ("device cpu → NVIDIA H200",)


def test_a_run_that_wants_no_one_kind_accepts_all_and_writes_nothing(store):
    any_kind = RunHardware(store, same=False)

    assert [any_kind.differs(facts) for facts in (OLD, NEW)] == [(), ()]
    assert not (store.folder / HARDWARE).exists()


def test_the_oldest_of_the_results_from_before_the_option_decides(store, provenance):
    for number, (ended, facts) in enumerate([("2026-02", NEW), ("2026-01", OLD)]):
        key = str(number) * 64
        where = provenance.model_copy(update={**facts, "ended": ended})
        fields = {"kind": "adapt", "name": "cell", "key": key, "provenance": where}
        store.commit_result(f"cell-{key[:8]}", Result(**fields, wall_seconds=1.0))

    assert RunHardware(store, same=True).differs(NEW) != ()
    assert RunHardware(store, same=True).differs(OLD) == ()


def test_a_damaged_note_is_written_again(store):
    RunHardware(store, same=True).differs(OLD)
    (store.folder / HARDWARE).write_text('{"processor": 1')

    assert RunHardware(store, same=True).differs(NEW) == ()
    assert RunHardware(store, same=True).differs(OLD) != ()
