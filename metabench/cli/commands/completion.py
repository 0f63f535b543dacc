"""``metabench completion``: what a shell runs to complete commands."""

from __future__ import annotations

import os
from pathlib import Path

import click

from metabench.cli.inputs.options import traceback_option
from metabench.cli.views.text import echo_text

__all__ = ["command"]

_SHELLS = ("bash", "zsh", "fish")


@click.command("completion")
@click.argument("shell", required=False, type=click.Choice(_SHELLS), metavar="[SHELL]")
@traceback_option
def command(shell: str | None) -> int:
    """Print what makes a shell complete commands.

    SHELL is bash, zsh or fish; without it, the shell that $SHELL names. To switch completion on:

    \b
      bash   eval "$(metabench completion bash)"      in ~/.bashrc
      zsh    eval "$(metabench completion zsh)"       in ~/.zshrc
      fish   metabench completion fish | source       in ~/.config/fish/config.fish
    """  # noqa: D301  (click reads the backspace)
    from click.shell_completion import get_completion_class

    from metabench.cli.main import metabench
    from metabench.errors import UsageError

    name = shell or Path(os.environ.get("SHELL", "")).name
    kind = get_completion_class(name) if name in _SHELLS else None
    if kind is None:
        raise UsageError(
            f"no completion for the shell {name!r}", hint=f"name one of {', '.join(_SHELLS)}"
        )
    completion = kind(metabench, {}, "metabench", "_METABENCH_COMPLETE")
    echo_text(completion.source_template % completion.source_vars() + "\n")
    return 0
