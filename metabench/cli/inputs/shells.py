"""Completion scripts of shells, with names quoted so that none of them is executed."""

from __future__ import annotations

import shlex
from typing import Any, ClassVar, final

from click import Command
from click.shell_completion import (
    BashComplete,
    CompletionItem,
    ShellComplete,
    add_completion_class,
    get_completion_class,
)
from typing_extensions import override

__all__ = ["COMPLETE", "SHELLS", "completion_class", "completion_script"]

COMPLETE = "_METABENCH_COMPLETE"
"""The variable by which a shell asks."""

SHELLS = ("bash", "zsh", "fish")

_BASH = r"""
%(complete_func)s() {
    local IFS=$'\n' word=${COMP_WORDS[COMP_CWORD]} type value
    COMPREPLY=()
    while IFS=, read -r type value; do
        case $type in
            dir) compopt -o dirnames ;;
            file) compopt -o default ;;
            plain)
                # A name that is quoted would end an open quotation.
                if [[ $value != "'"* || $word != *[\'\"\\\$\`]* ]]; then
                    COMPREPLY+=("$value")
                fi
                ;;
        esac
    done < <(COMP_WORDS="${COMP_WORDS[*]}" COMP_CWORD=$COMP_CWORD \
        %(complete_var)s=bash_complete "$1")
}

complete -o nosort -F %(complete_func)s %(prog_name)s
"""


@final
class _Bash(BashComplete):
    """Completion for bash, which inserts items literally; zsh and fish quote them."""

    source_template: ClassVar[str] = _BASH

    @override
    def format_completion(self, item: CompletionItem[Any]) -> str:
        value = shlex.quote(item.value) if item.type == "plain" else item.value
        return f"{item.type},{value}"


def completion_class(shell: str) -> type[ShellComplete] | None:
    """Return the completion class of a shell; None for an unknown one."""
    add_completion_class(_Bash, "bash")
    return get_completion_class(shell) if shell in SHELLS else None


def completion_script(shell: str, command: Command) -> str | None:
    """Return the completion script of a shell; None for an unknown one."""
    kind = completion_class(shell)
    if kind is None:
        return None
    completion = kind(command, {}, "metabench", COMPLETE)
    return completion.source_template % completion.source_vars() + "\n"
