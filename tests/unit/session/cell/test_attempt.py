"""What an exception inside a cell becomes, and what a cell misses from another one."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import torch

from metabench.errors import DivergedError, StoreError
from metabench.session.cell.attempt import _known
from metabench.session.cell.context import WorkerContext
from metabench.store.records.cell import record_status
from metabench.store.run_folder import Store


@pytest.mark.parametrize("error", [MemoryError(), torch.OutOfMemoryError("CUDA")])
def test_running_out_of_memory_is_a_status_of_its_own_with_a_way_out(error):
    known = _known(error, where="cell")

    assert record_status(known) == "out_of_memory"
    assert "batch_size" in known.hint


def test_any_other_exception_is_a_bug_with_its_type():
    known = _known(ZeroDivisionError("division by zero"), where="cell")

    assert record_status(known) == "error"
    assert known.problem == "a bug: ZeroDivisionError: division by zero"
    assert "log.txt" in known.hint


def test_an_error_of_ours_stays_what_it_is():
    error = DivergedError("the loss is nan")

    assert _known(error, where="cell") is error
    assert record_status(error) == "diverged"


def test_parameters_of_a_cell_that_is_not_done_are_missed_by_name(tmp_path):
    cells = {"key": SimpleNamespace(folder="meta-maml-0-12345678")}
    context = WorkerContext(Store(tmp_path), SimpleNamespace(cells=cells), device=None)

    with pytest.raises(StoreError, match="is not done") as caught:
        context.parameters("key")
    assert caught.value.where == "cell meta-maml-0-12345678"
    assert caught.value.hint == "run again"


def test_a_fault_of_the_gpu_names_the_cell_and_cuda():
    known = _known(RuntimeError("CUDA error: device-side assert triggered\nmore"), where="cell")

    assert known.where == "cell"
    assert known.problem == ("the GPU reported a fault: CUDA error: device-side assert triggered")
