"""Ray where there is none: said at once, and what to do. A cluster is tried in the integration."""

from __future__ import annotations

import signal
import socket
import sys
from pathlib import Path

import pytest

from metabench.api import AgentCommand
from metabench.errors import SetupError
from metabench_launchers.options import RayOptions
from metabench_launchers.ray_actors import Ray

COMMAND = AgentCommand((sys.executable, "-c", ""), Path.cwd())


@pytest.fixture
def unused():
    """Return an address at which nothing answers."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield f"127.0.0.1:{bound.getsockname()[1]}"


def test_a_cluster_that_does_not_answer_is_said_at_once(unused):
    pytest.importorskip("ray", reason="Ray is not installed; it is the extra [ray]")
    before = signal.getsignal(signal.SIGTERM)

    with pytest.raises(SetupError, match=r"Ray cannot be used: .*[Cc]onnection refused"):
        Ray(RayOptions(address=unused), COMMAND)
    assert signal.getsignal(signal.SIGTERM) is before


def test_without_ray_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)

    with pytest.raises(SetupError, match="Ray is not installed") as caught:
        Ray(RayOptions(), COMMAND)
    assert caught.value.hint == 'pip install "metabench[ray]"'
