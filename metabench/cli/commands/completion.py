"""``metabench completion``: the script that completes commands in a shell."""

from __future__ import annotations

import os
from pathlib import Path

import click

from metabench.cli.help import Command
from metabench.cli.inputs.options import traceback_option
from metabench.cli.inputs.shells import SHELLS, completion_script
from metabench.cli.views.text import echo_text

__all__ = ["command"]


@click.command("completion", cls=Command)
@click.argument("shell", required=False, type=click.Choice(SHELLS), metavar="[SHELL]")
@traceback_option
def command(shell: str | None) -> int:
    """Print the script for shell completion.

    SHELL is bash, zsh or fish; without it, the shell that $SHELL names. To switch completion on:

    \b
      bash   eval "$(metabench completion bash)"      in ~/.bashrc
      zsh    eval "$(metabench completion zsh)"       in ~/.zshrc
      fish   metabench completion fish | source       in ~/.config/fish/config.fish
    """  # noqa: D301  (click reads the backspace)
    from metabench.cli.main import metabench
    from metabench.errors import UsageError

    name = shell or Path(os.environ.get("SHELL", "")).name
    script = completion_script(name, metabench)
    if script is None:
        raise UsageError(
            f"no completion for the shell {name!r}", hint=f"name one of {', '.join(SHELLS)}"
        )
    echo_text(script)
    return 0
