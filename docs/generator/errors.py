"""docs/reference/errors.md: the error tree, exit codes and the statuses of failed cells."""

from __future__ import annotations

import inspect
import re

from metabench import errors as tree
from metabench.errors import MetabenchError

__all__ = ["errors"]

_INTRODUCTION = """\
An error is one sentence: the place, the problem and, on the next line, a hint. The exit
code is the kind of problem. An error inside a cell is recorded with a status, shown in the
table of failures, and the other cells continue; the command then exits with 1."""
_BEYOND = {
    0: "done; also: nothing was left to do",
    129: "stopped by SIGHUP; rerun to resume",
    130: "interrupted (Ctrl-C); rerun to resume",
    141: "the reader of the output has closed it",
    143: "stopped by SIGTERM; rerun to resume",
}


def errors() -> str:
    """Return the page."""
    kinds = [
        kind
        for kind in vars(tree).values()
        if inspect.isclass(kind) and issubclass(kind, MetabenchError)
    ]
    rows = ["| error | exit code | status of a cell | |", "|---|--:|---|---|"]
    rows += [_row(kind) for kind in kinds if kind is not MetabenchError]
    return "\n\n".join(
        ["# Errors and exit codes", _INTRODUCTION, _codes(kinds), "## Errors", "\n".join(rows)]
    )


def _codes(kinds: list[type[MetabenchError]]) -> str:
    found = dict(_BEYOND)
    for kind in kinds:
        names = [each.__name__ for each in kinds if each.exit_code == kind.exit_code]
        found[kind.exit_code] = ", ".join(f"`{name}`" for name in names)
    found[MetabenchError.exit_code] = "a bug of metabench; `--traceback` shows where"
    found[1] = "some cells failed; each has its reason"
    lines = [f"| {code} | {what} |" for code, what in sorted(found.items())]
    return "\n".join(["| exit code | |", "|--:|---|", *lines])


def _row(kind: type[MetabenchError]) -> str:
    status = f"`{kind.status}`" if kind.status != MetabenchError.status else ""
    first = re.split(r"\n\s*\n", inspect.getdoc(kind) or "")[0].replace("\n", " ")
    return f"| `{kind.__name__}` | {kind.exit_code} | {status} | {first} |"
