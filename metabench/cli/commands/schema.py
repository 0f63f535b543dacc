"""``metabench schema``: the JSON schema of a benchmark file, for editors."""

from __future__ import annotations

import json
from pathlib import Path

import click

from metabench.cli.help import Command
from metabench.cli.inputs.installed import installed, plugin_options
from metabench.cli.inputs.options import traceback_option
from metabench.cli.views.text import echo_text, note, write_output

__all__ = ["command"]


@click.command("schema", cls=Command)
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write to FILE instead of stdout.",
)
@plugin_options()
@traceback_option
def command(output: Path | None) -> int:
    """Print the JSON schema of a benchmark file.

    It holds the options of the installed algorithms, samplers and adaptations. An editor that reads
    `#:schema FILE` in the first line of a TOML file then completes and checks while you type.
    """
    from metabench.errors import UsageError
    from metabench.escape import json_safe
    from metabench.spec.schema import benchmark_schema

    text = json_safe(json.dumps(benchmark_schema(installed()), indent=2, ensure_ascii=False)) + "\n"
    if output is None:
        echo_text(text)
        return 0
    if not output.parent.is_dir():
        raise UsageError(f"there is no folder {str(output.parent)!r}", hint="make it first")
    write_output(output, text.encode())
    note(f"written: {output}")
    return 0
