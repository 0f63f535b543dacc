"""Observers requested by name: ``--observer NAME``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from metabench.cli.views.text import warn
from metabench.errors import PluginError

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from metabench.cli.inputs.benchmark import Prepared

__all__ = ["observed", "observer_option"]


def _complete(
    context: click.Context, parameter: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    from metabench.cli.inputs.command_line import items
    from metabench.cli.inputs.completing import quietly_installed

    del parameter
    return items(quietly_installed(context).on_request, incomplete)


observer_option: Callable[[Callable[..., Any]], Callable[..., Any]] = click.option(
    "--observer",
    "observers",
    multiple=True,
    metavar="NAME",
    shell_complete=_complete,
    help="Notify an observer, such as tensorboard; repeatable.",
)


def observed(prepared: Sequence[Prepared], names: Sequence[str]) -> list[Prepared]:
    """Return the plans to run with the requested observers.

    One that cannot be loaded is reported, and the run continues without it.

    Raises:
        PluginError: no observer has that name.
    """
    from metabench.plugin.observers import open_observer

    offers = [prepared[0].catalog.observer(name) for name in dict.fromkeys(names)]
    opened = []
    for offer in offers:
        try:
            opened.append(open_observer(offer))
        except PluginError as problem:
            warn(f"{problem.problem}; {problem.hint}; the run continues without it")
    return [
        replace(one, catalog=replace(one.catalog, observers=(*one.catalog.observers, *opened)))
        for one in prepared
    ]
