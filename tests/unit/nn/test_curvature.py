"""How far a difference of gradients goes along a vector."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import torch

from metabench.nn import curvature
from metabench.nn.curvature import free_memory, step_size


@pytest.mark.parametrize(("way", "share"), [("central", 5e-6), ("forward", 1e-6)])
def test_the_step_is_a_share_of_theta_over_the_length_of_the_vector(way, share):
    theta, vector = torch.tensor([3.0, 4.0]), torch.tensor([0.0, 2.0])

    assert step_size(way, theta, vector).item() == pytest.approx(share * (1 + 5) / 2)


def test_along_a_vector_of_no_length_there_is_no_step():
    assert step_size("forward", torch.ones(2), torch.zeros(2)).item() == 0.0


def meminfo():
    """Return the bytes that Linux says are available."""
    (line,) = [
        line for line in Path("/proc/meminfo").read_text().splitlines() if "MemAvailable" in line
    ]
    return 1024 * int(line.split()[1])


@pytest.mark.skipif(not Path("/proc/meminfo").exists(), reason="Linux says what is available")
def test_on_a_cpu_a_quarter_of_the_available_memory_may_be_used():
    before, found, after = meminfo(), free_memory(torch.device("cpu")), meminfo()
    low, high = sorted((before, after))

    assert 0.25 * 0.9 * low < found < 0.25 * 1.1 * high


def test_where_linux_says_nothing_free_pages_count(monkeypatch):
    monkeypatch.setattr(curvature, "Path", lambda _: Path("/nowhere"))
    pages = os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")

    assert curvature._available() == pytest.approx(pages, rel=0.2)
