"""``metabench export``: what leaves metabench, in the form that others read."""

from __future__ import annotations

import click

from metabench.cli.commands import export_glue, export_model, export_records
from metabench.cli.help import Group

__all__ = ["command"]


@click.group("export", cls=Group)
def command() -> None:
    """Export a model, a GLUE submission, or records.

    A model or submission is fine-tuned once more: a run keeps a cell's predictions, not its
    parameters. What comes out is compared with those predictions.
    """


command.add_command(export_model.command)
command.add_command(export_glue.command)
command.add_command(export_records.command)
