"""Options that several commands share."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import click

from metabench.cli.inputs.completing import complete_benchmark

__all__ = [
    "TRACEBACK",
    "device_option",
    "file_argument",
    "files_argument",
    "hub_option",
    "json_option",
    "own_file_option",
    "runs_option",
    "set_option",
    "smoke_option",
    "traceback_option",
]

TRACEBACK = "metabench.traceback"
"""The context's key for requested tracebacks."""

Decorator: TypeAlias = Callable[[Callable[..., Any]], Callable[..., Any]]


def _remember(context: click.Context, parameter: click.Parameter, value: bool) -> None:
    del parameter
    if value:
        context.meta[TRACEBACK] = True


def _check_device(context: click.Context, parameter: click.Parameter, value: str) -> str:
    if not re.fullmatch(r"auto|cpu|cuda(:\d{1,3})?", value):
        raise click.BadParameter(
            f"{value!r} is none of auto, cpu, cuda, cuda:N", ctx=context, param=parameter
        )
    return value


device_option: Decorator = click.option(
    "--device",
    default="auto",
    metavar="NAME",
    callback=_check_device,
    help="Compute on auto, cpu, cuda or cuda:N.",
)
traceback_option: Decorator = click.option(
    "--traceback",
    is_flag=True,
    expose_value=False,
    callback=_remember,
    help="Show the Python traceback of an error.",
)
file_argument: Decorator = click.argument("file", metavar="FILE", shell_complete=complete_benchmark)
files_argument: Decorator = click.argument(
    "files", nargs=-1, required=True, metavar="FILE...", shell_complete=complete_benchmark
)
set_option: Decorator = click.option(
    "--set",
    "sets",
    multiple=True,
    metavar="KEY=VALUE",
    help="Override a setting, such as finetune.epochs=2; repeatable.",
)
smoke_option: Decorator = click.option(
    "--smoke",
    is_flag=True,
    help="Run every cell for a few steps; never a result.",
)
hub_option: Decorator = click.option(
    "--hub",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    envvar="METABENCH_HUB",
    show_envvar=True,
    metavar="DIR",
    help="Look for datasets and encoders in this mirror first.",
)
runs_option: Decorator = click.option(
    "--runs",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("runs"),
    show_default=True,
    metavar="DIR",
    help="Directory of the run folders.",
)
own_file_option: Decorator = click.option(
    "--file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Benchmark file, if it reads custom datasets.",
)
json_option: Decorator = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
