"""``metabench validate``: everything that `run` does before it runs something."""

from __future__ import annotations

from pathlib import Path

import click

from metabench.cli.inputs.benchmark import make_plan
from metabench.cli.inputs.installed import plugin_options
from metabench.cli.inputs.options import (
    file_argument,
    hub_option,
    json_option,
    set_option,
    smoke_option,
    traceback_option,
)
from metabench.cli.views.cells import plan_entry, plan_lines
from metabench.cli.views.text import cells, echo, echo_json, note

__all__ = ["command"]


@click.command("validate")
@file_argument
@smoke_option
@set_option
@json_option
@hub_option
@plugin_options()
@traceback_option
def command(file: str, smoke: bool, sets: tuple[str, ...], as_json: bool, hub: Path | None) -> int:
    """Check a benchmark file and show what it plans.

    Plugins, options, tasks, splits and the encoder are looked up as `run` does it; nothing is
    written and nothing is trained.
    """
    planned = make_plan(file, sets=sets, smoke=smoke, hub=hub)
    if as_json:
        echo_json(plan_entry(planned.plan))
    else:
        echo(*plan_lines(planned.plan))
    note(f"valid: {cells(len(planned.plan.cells))}")
    return 0
