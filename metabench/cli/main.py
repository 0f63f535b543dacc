"""The entry point: every error becomes text and an exit code here and nowhere else."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Sequence
from typing import TextIO

import click

from metabench.cli.group import LazyGroup
from metabench.cli.inputs.command_line import remember
from metabench.cli.inputs.installed import plugin_options
from metabench.cli.inputs.options import TRACEBACK
from metabench.cli.surroundings import (
    caused_outside,
    flush_streams,
    open_closed_streams,
    require_docstrings,
    silence,
)
from metabench.cli.views.text import complain
from metabench.errors import MetabenchError, SpecError, StoppedError
from metabench.version import __version__

__all__ = ["main"]

_BUG = 70
_INTERRUPTED = 130
_BROKEN_PIPE = 141
_COMPLETE = "_METABENCH_COMPLETE"
_REPORT = "report it with what --traceback shows"
_COMMANDS = {
    "run": ("metabench.cli.commands.run", "Run a benchmark, skipping completed cells."),
    "validate": (
        "metabench.cli.commands.validate",
        "Check a benchmark file and show its plan.",
    ),
    "compare": ("metabench.cli.commands.compare", "Show the leaderboard of runs."),
    "site": ("metabench.cli.commands.site", "Write the results of runs as a static site."),
    "advise": ("metabench.cli.commands.advise", "Advise the number of meta seeds and draws."),
    "merge": ("metabench.cli.commands.merge", "Show where runs agree, and where scores come from."),
    "status": ("metabench.cli.commands.status", "Show the state of a run, running or not."),
    "watch": ("metabench.cli.commands.watch", ""),  # `status --help` names it
    "attach": ("metabench.cli.commands.attach", ""),  # `run --help` names it
    "cancel": ("metabench.cli.commands.cancel", "Stop a run, wherever it runs."),
    "logs": ("metabench.cli.commands.logs", "Print a cell's log."),
    "score": ("metabench.cli.commands.score", "Recompute scores from saved predictions."),
    "verify": (
        "metabench.cli.commands.verify",
        "Verify the checksums of a run.",
    ),
    "review": (
        "metabench.cli.commands.review",
        "Check contributed records before you publish them.",
    ),
    "reproduce": (
        "metabench.cli.commands.reproduce",
        "Rerun one result and compare.",
    ),
    "export": (
        "metabench.cli.commands.export.group",
        "Export a model, a GLUE submission, or records.",
    ),
    "data": ("metabench.cli.commands.data", "List, fetch, show and verify datasets."),
    "list": (
        "metabench.cli.commands.list",
        "List algorithms, tasks, metrics, benchmarks and more.",
    ),
    "plugins": ("metabench.cli.commands.plugins.group", "List plugins and whether they loaded."),
    "show": (
        "metabench.cli.commands.show",
        "Show an algorithm, sampler, adaptation, task, metric or cell.",
    ),
    "init": ("metabench.cli.commands.init", "Write a commented benchmark file."),
    "schema": ("metabench.cli.commands.schema", "Print the JSON schema of a benchmark file."),
    "doctor": (
        "metabench.cli.commands.doctor",
        "Check this machine: versions, memory, data, plugins.",
    ),
    "completion": (
        "metabench.cli.commands.completion",
        "Print the script for shell completion.",
    ),
}
_NOTES = {
    "Options": "-P no:NAME, --plugin-file FILE, --version, -h, --help",
    "Exit codes": "0 done, 1 failed, 2 usage, 3 plugin, 4 setup, 5 no match, 6 gate",
}


@click.group(
    cls=LazyGroup,
    modules=_COMMANDS,
    notes=_NOTES,
    context_settings={
        "help_option_names": ["-h", "--help"],
        "max_content_width": 100,
        "show_default": True,
    },
)
@plugin_options()
@click.version_option(__version__, prog_name="metabench", message="%(prog)s %(version)s")
def metabench() -> None:
    """Honest benchmarks of meta-learning for low-resource NLP."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit code."""
    open_closed_streams()
    for stream in (sys.stdout, sys.stderr):
        _never_fail_to_encode(stream)
    try:
        if _COMPLETE in os.environ:
            return _complete(os.environ[_COMPLETE])
        code = _call(list(sys.argv[1:] if arguments is None else arguments))
        lost = flush_streams()
    except BrokenPipeError:
        silence(sys.stdout)
        return _BROKEN_PIPE
    return code if lost is None or code else _explain(lost, with_traceback=False)


def _complete(instruction: str) -> int:
    """Answer a shell's request for completions."""
    from click.shell_completion import shell_complete

    from metabench.cli.inputs.shells import COMPLETE, completion_class

    completion_class("bash")  # puts ours in the place of click's
    return shell_complete(metabench, {}, "metabench", COMPLETE, instruction)


def _call(arguments: list[str]) -> int:
    context: click.Context | None = None
    try:
        require_docstrings()
        with metabench.make_context("metabench", [*arguments]) as context:
            remember(context, arguments)
            return int(metabench.invoke(context) or 0)
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except BrokenPipeError:
        raise
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001  (the last line of defence)
        return _explain(error, with_traceback=context is not None and TRACEBACK in context.meta)


def _explain(error: BaseException, *, with_traceback: bool) -> int:
    """Print an error and its hint if stderr is open, and return its exit code."""
    if with_traceback:
        complain("".join(traceback.format_exception(error)))
    error = _behind(error) or caused_outside(error) or error
    _say_what_it_means(error)
    return _exit_code(error)


def _behind(error: BaseException | None) -> StoppedError | None:
    """Return the request to stop that an error came up in, as when a display cannot be ended."""
    while error is not None and not isinstance(error, StoppedError):
        error = error.__context__ if isinstance(error, OSError) else None
    return error


def _exit_code(error: BaseException) -> int:
    match error:
        case click.ClickException() | MetabenchError():
            return error.exit_code
        case KeyboardInterrupt() | click.Abort():
            return _INTERRUPTED
        case _:
            return _BUG


def _say_what_it_means(error: BaseException) -> None:
    match error:
        case click.ClickException():
            _say_usage(error)
        case KeyboardInterrupt() | click.Abort():
            _say("interrupted", hint="rerun the command to resume")
        case MetabenchError():
            _say_error(error)
        case _:
            _say(f"a bug of metabench: {type(error).__name__}: {error}", hint=_REPORT)


def _say(problem: str, *, hint: str = "") -> None:
    complain(f"error: {problem}")
    if hint:
        complain(f"  hint: {hint}")


def _say_error(error: MetabenchError) -> None:
    if isinstance(error, SpecError):
        for problem in error.problems:
            _say(str(problem))
        return
    _say(f"{error.where}: {error.problem}" if error.where else error.problem, hint=error.hint)


def _say_usage(error: click.ClickException) -> None:
    message = error.format_message().rstrip(".")
    context = error.ctx if isinstance(error, click.UsageError) else None
    path = context.command_path if context is not None else "metabench"
    if message.startswith("Usage:"):  # no command was given; click answers with the help
        complain(message)
        return
    _say(f"{message[:1].lower()}{message[1:]}", hint=f"see `{path} --help`")


def _never_fail_to_encode(stream: TextIO) -> None:
    reconfigure = getattr(stream, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(errors="backslashreplace")


if __name__ == "__main__":
    sys.exit(main())
