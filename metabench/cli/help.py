"""Help pages: a command's purpose, its options in groups with defaults, and three examples."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import final

import click
from typing_extensions import override

from metabench.cli.examples import EXAMPLES

__all__ = ["Command", "Group", "write_examples"]

_FEW = 12
"""Up to this number of options, a page has one group."""
_GROUPS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "Selection": ("dry_run", "only", "smoke", "sets", "retry_failed", "force"),
        "Columns and methods": ("baselines", "targets", "metric", "sort", "alpha", "allow_missing"),
        "Content": ("explain", "seeds", "layout"),
        "Output": ("as_json", "form", "output", "plots"),
        "Gates": ("strict", "fail_if"),
        "Failures": ("max_failures", "retries", "cell_timeout", "allow_drift"),
        "Machine and folders": (
            "device",
            "jobs",
            "launcher",
            "launcher_sets",
            "same_hardware",
            "detached",
            "runs",
            "hub",
            "own_file",
            "file",
        ),
        "Plugins": ("observers", "left_out", "plugin_files"),
    }
)
_OTHER = "Other"


@final
class Command(click.Command):
    """A command with groups of options and examples in its help."""

    @override
    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        shown = [
            (parameter.name or "", record)
            for parameter in self.get_params(ctx)
            if isinstance(parameter, click.Option)
            and (record := parameter.get_help_record(ctx)) is not None
        ]
        if len(shown) <= _FEW:
            _section(formatter, "Options", [record for _, record in shown])
            return
        grouped = {name: group for group, names in _GROUPS.items() for name in names}
        for group in (*_GROUPS, _OTHER):
            records = [one for name, one in shown if grouped.get(name, _OTHER) == group]
            _section(formatter, group, records)

    @override
    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        write_examples(ctx, formatter)


@final
class Group(click.Group):
    """A group of commands with examples in its help."""

    command_class: type[click.Command] | None = Command

    @override
    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        write_examples(ctx, formatter)


def write_examples(ctx: click.Context, formatter: click.HelpFormatter) -> None:
    """Write the examples of a context's command, one line each."""
    path = ctx.command_path.split(maxsplit=1)[1:]
    lines = EXAMPLES[" ".join(path)]
    with formatter.section("Examples"):
        for line in lines:
            formatter.write(f"{' ' * formatter.current_indent}metabench {line}\n")


def _section(formatter: click.HelpFormatter, title: str, records: list[tuple[str, str]]) -> None:
    if records:
        with formatter.section(title):
            formatter.write_dl(records)
