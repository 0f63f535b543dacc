"""Observers requested by name: ``--observer NAME``."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

__all__ = ["observer_option"]


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
    help="Notify an observer, such as tensorboard, wandb or mlflow; repeatable.",
)
