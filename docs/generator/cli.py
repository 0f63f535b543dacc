"""docs/reference/cli.md: what ``--help`` prints, for every command that is registered."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

import click

from metabench.cli.main import metabench

__all__ = ["VARIABLES", "cli", "commands"]

_WIDTH = 100

VARIABLES: Mapping[str, str] = MappingProxyType(
    {
        "METABENCH_HUB": "Look for datasets and encoders in this mirror first; `--hub` takes"
        " precedence.",
        "METABENCH_DISABLE_PLUGINS": "Disable these plugins, separated by commas, as"
        " `-P no:NAME` does.",
        "_METABENCH_COMPLETE": "Set by the scripts of `metabench completion`.",
        "NO_COLOR": "Any value turns colours off.",
        "TERM": "`dumb` replaces the live display by plain lines.",
        "COLUMNS": "Width of tables on a terminal.",
        "SHELL": "The shell of `metabench completion` without an argument.",
        "HF_HOME": "Cache of the Hugging Face libraries, `~/.cache/huggingface` by default;"
        " `HF_HUB_CACHE` and `HF_DATASETS_CACHE` move parts of it.",
        "HF_HUB_CACHE": "See `HF_HOME`.",
        "HF_DATASETS_CACHE": "See `HF_HOME`.",
        "HF_HUB_OFFLINE": "`1` keeps the Hugging Face libraries off the network.",
        "HF_TOKEN": "Read by the Hugging Face libraries for gated repositories; it is in no record"
        " and no message.",
    }
)
"""Environment variables, and their effect."""

_CONVENTIONS = """\
- `python -m metabench` is the same command.
- Results are on stdout; progress, warnings and errors are on stderr.
  [Exit codes](errors.md) name the kind of problem.
- `--json` prints a result as JSON: {json}.
- There is no configuration file, and nothing is written outside the directory of runs (`--runs`,
  with its cache `.cache`) and the files that an option names. Downloads go to the cache of the
  Hugging Face libraries.
- `metabench completion` prints the script for bash, zsh or fish."""


def cli() -> str:
    """Return the page."""
    with_json = [f"`{name}`" for name, text in commands() if "--json" in text]
    rows = [f"| `{name}` | {effect} |" for name, effect in VARIABLES.items()]
    parts = [
        "# Commands",
        "What `--help` prints, command by command, after what holds for all of them.",
        _CONVENTIONS.format(json=", ".join(with_json)),
        "\n".join(["| environment variable | effect |", "|---|---|", *rows]),
    ]
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
