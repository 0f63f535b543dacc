"""``metabench export``: models, submissions and records for other programs."""

from __future__ import annotations

import click

from metabench.cli.commands.export import glue, model, records
from metabench.cli.help import Group

__all__ = ["command"]


@click.group("export", cls=Group)
def command() -> None:
    """Export a model, a GLUE submission, or records.

    A model or submission is fine-tuned again: a run keeps a cell's predictions, not its parameters.
    The new predictions are compared with the recorded ones.
    """


command.add_command(model.command)
command.add_command(glue.command)
command.add_command(records.command)
