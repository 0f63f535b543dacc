"""Whatever moment a run dies at, and however often: it ends in the same bits."""

from __future__ import annotations

import os
import signal
import time

import pytest
from kit.kills import FILE, ends, kill_often, quick_folder, run_whole

from metabench.seeding import Stream

pytestmark = pytest.mark.slow

KILLS = int(os.environ.get("METABENCH_TEST_KILLS", "50"))
"""How many kills there are; ``python -m kit.kills --kills 1000`` is the same with a report."""


@pytest.fixture(scope="module")
def folder():
    """Return a folder in memory."""
    with quick_folder() as folder:
        yield folder


@pytest.fixture(scope="module")
def whole(server, folder):
    """Return what a run leaves that nobody disturbs, and its time."""
    place = folder / "whole"
    place.mkdir()
    return run_whole(server, place)


@pytest.fixture
def place(folder, request):
    """Return a new folder with the benchmark file."""
    place = folder / request.node.name
    place.mkdir()
    (place / "long.toml").write_text(FILE)
    return place


@pytest.mark.timeout(600)
def test_after_fifty_kills_over_all_algorithms_and_stages_the_bits_are_the_same(
    server, folder, whole
):
    met = kill_often(server, folder, whole, draws=Stream.root(6).numpy(), kills=KILLS)

    assert sum(met.stages.values()) >= KILLS
    assert met.everywhere, met.stages


def test_dying_five_times_while_going_on_costs_nothing(server, place, whole):
    """Each attempt is killed before it can have done a step of its own."""
    running = server.start(place, "run", "long.toml")
    wait_for_checkpoint(place)
    running.send(signal.SIGKILL)
    running.wait()
    for number in range(5):
        running = server.start(place, "run", "long.toml")
        time.sleep(0.02 * (number + 1))
        running.send(signal.SIGKILL)
        assert running.wait() == -signal.SIGKILL

    server.run(place, "run", "long.toml")

    assert ends(place) == whole.ends


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("pause", [0.0, 0.002, 0.02])
def test_a_second_signal_stops_at_once_also_during_a_save(server, place, whole, number, pause):
    running = server.start(place, "run", "long.toml")
    wait_for_checkpoint(place)
    running.send(number)  # every step is saved: what it hears meanwhile, it hears in a save
    time.sleep(pause)
    running.send(number)
    asked = time.monotonic()

    assert running.wait() == 128 + number, running.said
    assert time.monotonic() - asked < 10
    server.run(place, "run", "long.toml")
    assert ends(place) == whole.ends


def test_after_a_crash_behind_the_last_cell_no_step_is_done_again(server, place, whole):
    """The crash is in what observers are told last, before the leaderboard is made."""
    (place / "crash.py").write_text(
        "import os\n"
        "from metabench.api import hookimpl\n"
        "@hookimpl\n"
        "def metabench_run_end(event):\n"
        "    os._exit(99)\n"
    )

    assert server.start(place, "run", "long.toml", "--plugin-file", "crash.py").wait() == 99
    logs = {path: path.read_bytes() for path in (place / "runs").glob("*/cells/*/log.txt")}
    assert ends(place) == whole.ends
    running = server.run(place, "run", "long.toml")

    assert "nothing left to do: 10 cells done" in running.said
    assert {path: path.read_bytes() for path in logs} == logs


def wait_for_checkpoint(place):
    """Wait until some cell has one."""
    while not [*(place / "runs").glob("*/cells/*/checkpoints/step-*")]:
        time.sleep(0.005)
