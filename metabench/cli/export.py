"""``metabench export``: what leaves metabench, in the form that others read."""

from __future__ import annotations

import click

from metabench.cli import export_glue, export_model

__all__ = ["command"]


@click.group("export")
def command() -> None:
    """Write a model for transformers, or a GLUE submission.

    The cells that are exported are fine-tuned once more: a run keeps their predictions, not their
    parameters. What comes out is compared with those predictions.
    """


command.add_command(export_model.command)
command.add_command(export_glue.command)
