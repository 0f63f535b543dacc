"""The command line as it was typed, for provenance and for the line that runs something again."""

from __future__ import annotations

import shlex
from collections.abc import Collection, Iterable, Sequence

import click
from click.shell_completion import CompletionItem

__all__ = ["again", "items", "remember", "typed"]

_ARGUMENTS = "metabench.arguments"


def remember(context: click.Context, arguments: Sequence[str]) -> None:
    """Remember the arguments of ``metabench``."""
    context.meta[_ARGUMENTS] = tuple(arguments)


def typed() -> tuple[str, ...]:
    """Return the command line of the command that runs now."""
    context = click.get_current_context(silent=True)
    return ("metabench", *(() if context is None else context.meta.get(_ARGUMENTS, ())))


def again(*, without: Collection[str] = (), add: str = "") -> str:
    """Return the command line for a shell, without some flags and with one more."""
    words = [word for word in typed() if word not in without]
    return shlex.join([*words, *([add] if add and add not in words else [])])


def items(names: Iterable[str], incomplete: str) -> list[CompletionItem]:
    """Return the sorted names with the typed prefix.

    Names that are not one word on one line, or that look like an option, are omitted.
    """
    return [
        CompletionItem(name)
        for name in sorted(set(names))
        if name.startswith(incomplete) and name.isprintable() and not name.startswith("-")
    ]
