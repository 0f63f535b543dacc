"""A group of commands whose modules are imported when they are called, not when they are listed."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any, final

import click
from typing_extensions import override

from metabench.cli.help import write_examples
from metabench.suggest import closest

__all__ = ["LazyGroup"]

_OPTIONS = {"help": "--help", "version": "--version"}  # commands of other tools


@final
class LazyGroup(click.Group):
    """A click group over modules that each hold one ``command``.

    Args:
        modules: module and one-line help by name of the command, in the order of the listing; a
            command without a line is not listed.
        notes: lines below the commands, among them the options.
    """

    def __init__(
        self,
        *arguments: Any,
        modules: Mapping[str, tuple[str, str]],
        notes: Mapping[str, str],
        **settings: Any,
    ) -> None:
        super().__init__(*arguments, **settings)
        self._modules = modules
        self._notes = notes

    @override
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self._modules)

    @override
    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self._modules:
            return None
        command: click.Command = import_module(self._modules[cmd_name][0]).command
        return command

    @override
    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in self._modules and not args[0].startswith("-"):
            near = _OPTIONS.get(args[0]) or closest(args[0], self._modules)
            meant = f"; did you mean {near!r}?" if near else ""
            raise click.UsageError(f"no command is called {args[0]!r}{meant}", ctx)
        return super().resolve_command(ctx, args)

    @override
    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        self.format_commands(ctx, formatter)
        with formatter.indentation():
            formatter.write_dl(list(self._notes.items()))
        write_examples(ctx, formatter)

    @override
    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in self._modules.items() if line])
