"""docs/reference/errors.md: the error tree, exit codes and the statuses of failed cells."""

from __future__ import annotations

import inspect
import re

from metabench import errors as tree
from metabench.errors import MetabenchError

__all__ = ["errors"]

_INTRODUCTION = """\
An error is one sentence: the place, the problem and, on a line of its own, the way out. The exit
code says what kind of problem it is. An error inside a cell is recorded with a status, shown in the
table of failures, and the other cells go on; the command then exits with 1."""
_BEYOND = {
    0: "done; also: nothing was left to do",
    129: "stopped by SIGHUP; run again to go on",
    130: "interrupted (Ctrl-C); run again to go on",
    141: "whoever read the output has gone",
    143: "stopped by SIGTERM; run again to go on",
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
