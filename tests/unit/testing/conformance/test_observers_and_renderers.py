"""Faulty observers and renderers: each is caught by the check that names its fault."""

from __future__ import annotations

import os
import types

import numpy as np
import pytest

from metabench.api import (
    RendererInfo,
    hookimpl,
)
from metabench.plugin.hooks import open_manager
from metabench.plugin.observers import Observer
from metabench.plugin.status import PluginStatus
from metabench.testing.conformance import (
    Subject,
)

LOCAL = PluginStatus("planted", __name__, "local", "1")


def observer(call, hook="metabench_step"):
    plugin = types.SimpleNamespace(**{hook: hookimpl(call)})
    return Subject("observer", "planted", Observer(LOCAL, open_manager(plugin)), LOCAL)


def listens(event):
    del event


def raises(event):
    return event.scalars["no such scalar"]


def draws(event):
    np.random.random()  # noqa: NPY002


def moves(event):
    os.chdir("/")


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        (listens, set()),
        (raises, {"accepts_events"}),
        (draws, {"no_ambient_randomness"}),
        (moves, {"leaves_globals"}),
    ],
)
def test_a_faulty_observer_is_caught_by_the_check_that_names_its_fault(call, expected, failures):
    assert set(failures(observer(call))) == expected


def plain(board):
    names = [row.method for row in board.rows]
    return "\n".join("".join(c if c.isprintable() else " " for c in name) for name in names)


def nothing(board):
    return None


def first_only(board):
    return plain(board).partition("\n")[0]


def unescaped(board):
    return "\n".join(row.method for row in board.rows)


def never_alike(board):
    return f"{plain(board)} {os.urandom(4).hex()}"


def needs_a_mean(board):
    return plain(board) + "".join(f"{score.mean:.2f}" for row in board.rows for score in row.scores)


def shuffled(board):
    return f"{plain(board)}{np.random.random()}"  # noqa: NPY002


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        (plain, set()),
        (first_only, {"names_every_method"}),
        (unescaped, {"no_control_characters"}),
        (never_alike, {"deterministic"}),
        (shuffled, {"no_ambient_randomness"}),
    ],
)
def test_a_faulty_renderer_is_caught_by_the_check_that_names_its_fault(
    function, expected, failures
):
    info = RendererInfo("planted", f"{__name__}:{function.__name__}", "a summary")

    assert set(failures(Subject("renderer", "planted", info, LOCAL))) == expected


@pytest.mark.parametrize("function", [nothing, needs_a_mean])
def test_a_renderer_that_gives_no_text_is_caught(function, failures):
    info = RendererInfo("planted", f"{__name__}:{function.__name__}", "a summary")

    assert "returns_text" in failures(Subject("renderer", "planted", info, LOCAL))
