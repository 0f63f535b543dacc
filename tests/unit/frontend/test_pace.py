"""Laws of the time left, with the times of a run that was recorded."""

from __future__ import annotations

import pytest

from metabench.api.events import CellEnded, CellStarted, Progressed, RunStarted
from metabench.frontend.pace import Pace

RECORDED = (
    ("pretrain", 16000, 9.1, 13.5, 27.6, 27.7),
    ("meta", 17280, 27.8, 27.9, 56.0, 56.1),
    ("meta", 8640, 30.4, 34.9, 55.0, 55.0),
    ("adapt", 1664, 55.1, 55.1, 56.2, 59.3),
    ("adapt", 1664, 56.1, 56.2, 57.7, 59.8),
    ("adapt", 1664, 59.3, 59.4, 60.9, 61.1),
    ("adapt", 1280, 59.8, 59.9, 61.7, 62.0),
    ("adapt", 1280, 61.1, 61.2, 62.9, 63.1),
    ("adapt", 1280, 62.0, 62.3, 63.4, 63.7),
    ("adapt", 1280, 63.1, 63.3, 64.4, 64.5),
    ("adapt", 1280, 63.7, 63.7, 65.2, 65.5),
    ("adapt", 1280, 64.5, 64.6, 66.1, 66.2),
    ("adapt", 1280, 65.5, 65.6, 67.3, 67.6),
    ("adapt", 1280, 66.2, 66.3, 67.6, 67.8),
    ("adapt", 1280, 67.6, 67.7, 69.5, 69.7),
    ("adapt", 1280, 67.8, 67.8, 69.4, 69.5),
    ("adapt", 1280, 69.5, 69.6, 71.1, 71.3),
    ("adapt", 1280, 69.7, 69.8, 71.5, 71.7),
    ("adapt", 1280, 71.3, 71.4, 73.2, 73.4),
    ("adapt", 1280, 71.7, 71.8, 73.6, 73.8),
    ("adapt", 1280, 73.4, 73.5, 75.2, 75.4),
)
"""Stage, work, and the seconds of the start, first step, last step and end of each cell of a run of
the quickstart: joint training and Reptile with one meta seed, two cells at a time, on a machine
that others used too."""


def replayed():
    """Return the seconds left as they were estimated and as they were, at each event."""
    events = []
    for number, (stage, _, start, first, last, end) in enumerate(RECORDED):
        key = str(number)
        steps = ((first + (last - first) * step / 99, step + 1) for step in range(100))
        events.append((start, CellStarted(key, key)))
        events += [(when, Progressed(key, stage, step, 100)) for when, step in steps]
        events.append((end, CellEnded(key, key, "ok", end - start)))
    works = {str(number): float(work) for number, (_, work, *_) in enumerate(RECORDED)}
    stages = {str(number): stage for number, (stage, *_) in enumerate(RECORDED)}
    now = [0.0]
    pace = Pace(works, clock=lambda: now[0], stages=stages, jobs=2)
    pace.count(RunStarted("x", done=0, planned=len(RECORDED)))
    for when, event in sorted(events, key=lambda item: item[0]):
        now[0] = when
        pace.count(event)
        if pace.seconds_left is not None:
            yield pace.seconds_left, RECORDED[-1][-1] - when


def test_the_time_left_is_never_off_by_much_when_a_stage_begins():
    found = [(said, true) for said, true in replayed() if true > 5]

    assert len(found) > 1500
    assert max(max(said / true, true / said) for said, true in found) < 2.5


def test_before_anything_else_is_known_the_jobs_share_the_time_left():
    now = [0.0]
    pace = Pace({"p": 10.0, "m": 40.0}, clock=lambda: now[0], jobs=2)
    pace.count(RunStarted("x", done=0, planned=3))
    pace.count(CellStarted("p", "p"))
    now[0] = 5.0
    pace.count(CellEnded("p", "p", "ok", 5.0))

    assert pace.seconds_left == pytest.approx(40 * 0.5 / 2)


def test_loading_before_the_first_step_is_not_counted_again():
    now = [0.0]
    pace = Pace({"a": 10.0, "b": 10.0}, clock=lambda: now[0])
    pace.count(RunStarted("x", done=0, planned=2))
    pace.count(CellStarted("a", "a"))
    now[0] = 7.0
    pace.count(Progressed("a", "meta", 1, 100))
    now[0] = 17.0
    pace.count(CellEnded("a", "a", "ok", 17.0))

    assert pace.seconds_left == pytest.approx(10.0)
