"""docs/reference/cli.md: what ``--help`` prints, for every command that is registered."""

from __future__ import annotations

from collections.abc import Iterator

import click

from metabench.cli.main import metabench

__all__ = ["cli", "commands"]

_WIDTH = 100


def cli() -> str:
    """Return the page."""
    parts = ["# Commands", "What `--help` prints, command by command."]
    for name, text in commands():
        parts += [f"## {name}", f"```text\n{text.rstrip()}\n```"]
    return "\n\n".join(parts)


def commands() -> Iterator[tuple[str, str]]:
    """Yield each command's full name and its help, the group itself first."""
    yield from _below(metabench, "metabench", None)


def _below(
    command: click.Command, name: str, parent: click.Context | None
) -> Iterator[tuple[str, str]]:
    settings = {**command.context_settings, "terminal_width": _WIDTH}
    context = command.context_class(command, info_name=name, parent=parent, **settings)
    with context.scope(cleanup=False):
        yield context.command_path, command.get_help(context)
    if isinstance(command, click.Group):
        for each in command.list_commands(context):
            below = command.get_command(context, each)
            if below is not None and not below.hidden:
                yield from _below(below, each, context)
