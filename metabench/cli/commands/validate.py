"""``metabench validate``: everything that `run` does before it runs something."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from metabench.cli.help import Command
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
from metabench.cli.views.cells import plan_entry, plan_lines, plan_uses
from metabench.cli.views.splits import split_lines
from metabench.cli.views.text import echo, echo_json, note
from metabench.quantities import cells

if TYPE_CHECKING:
    from metabench.frontend.planning import Planned
    from metabench.store.records.splits import SplitNote

__all__ = ["command"]


@click.command("validate", cls=Command)
@file_argument
@smoke_option
@set_option
@click.option(
    "--data", is_flag=True, help="Count cut texts, unknown words and classes of each split."
)
@json_option
@hub_option
@plugin_options()
@traceback_option
def command(**options: Any) -> int:
    """Check a benchmark file and show its plan.

    Plugins, options, tasks, splits and the encoder are looked up as `run` does it; nothing is
    written and nothing is trained. With --data, every split is read and tokenised too.
    """
    return _validate(**options)


def _validate(
    file: str, *, smoke: bool, sets: tuple[str, ...], data: bool, as_json: bool, hub: Path | None
) -> int:
    planned = make_plan(file, sets=sets, smoke=smoke, hub=hub)
    _load_classes(planned)
    counted = list(_counted(planned)) if data else None
    if as_json:
        splits = {} if counted is None else {"splits": [one.model_dump() for one in counted]}
        echo_json({**plan_entry(planned.plan), **splits})
    else:
        echo(
            *plan_lines(planned.plan, classes=not data), *(split_lines(counted) if counted else ())
        )
    note(f"valid: {cells(len(planned.plan.cells))}")
    return 0


def _load_classes(planned: Planned) -> None:
    """Load the classes of methods' plugins that do not ship with metabench.

    Raises:
        PluginError: a class cannot be loaded.
    """
    from metabench.plugin.target import load_target

    for method in planned.plan.benchmark.methods:
        for offer in (method.algorithm, method.sampler, method.adaptation):
            if offer is not None and not offer.plugin.built_in and offer.value.target is not None:
                load_target(offer.value.target)


def _counted(planned: Planned) -> Iterator[SplitNote]:
    """Yield the counts of every split that the plan uses."""
    from metabench.cli.inputs.task_uses import parts_of
    from metabench.data.counts import counted_split
    from metabench.nn.encoder import load_tokenizer

    model = planned.plan.cells[0].work.model
    tokenizer = load_tokenizer(model, hub=planned.hub)
    for use in plan_uses(planned.plan):
        for part in parts_of(use):
            yield counted_split(
                use, part, tokenizer=tokenizer, model=model, hub=planned.hub, cache=None
            )
