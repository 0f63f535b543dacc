"""``metabench compare``: the leaderboard of completed runs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, final

import click

from metabench.cli.help import Command
from metabench.cli.inputs.completing import complete_format, complete_run
from metabench.cli.inputs.installed import installed, plugin_options
from metabench.cli.inputs.options import json_option, runs_option, traceback_option
from metabench.cli.views.leaderboard import put, put_plots, rendered, results_of, terminal
from metabench.cli.views.text import note
from metabench.errors import GateFailedError, UsageError
from metabench.frontend.comparing import RUNS_READ, compare
from metabench.frontend.places import find_run, newest_run
from metabench.frontend.rendering import Detail, Terminal, render
from metabench.leaderboard.gates import parse_gate, strict_reasons
from metabench.plugin.formats import FORMATS, SUFFIXES, Format
from metabench.suggest import suggest

if TYPE_CHECKING:
    from metabench.api import RendererInfo
    from metabench.frontend.comparing import Compared
    from metabench.leaderboard.columns import Choice
    from metabench.plugin.status import Offer

__all__ = ["command"]

_SOME_DIFFER = 1


@click.command("compare", cls=Command)
@click.argument("run", nargs=-1, metavar="[RUN]...", shell_complete=complete_run)
@click.option(
    "--baseline",
    "baselines",
    multiple=True,
    metavar="METHOD",
    help="Show differences to METHOD; repeatable.",
)
@click.option("--targets", metavar="A,B", help="Show these columns only.")
@click.option("--metric", metavar="NAME", help="Show this metric in every column that has it.")
@click.option("--sort", metavar="COLUMN", help="Sort by this column, best first; or by method.")
@click.option("--alpha", type=float, metavar="A", help="Significance level of intervals and tests.")
@click.option("--allow-missing", is_flag=True, help="Average incomplete methods, marked with †.")
@click.option("--explain", is_flag=True, help="Add a paragraph on the statistics for a paper.")
@click.option(
    "--seeds",
    "--long",
    "seeds",
    is_flag=True,
    help="Show each seed's scores; CSV: one line each.",
)
@click.option(
    "--layout", type=click.Choice(["leaderboard", "paper"]), default="leaderboard",
    metavar="NAME", help="Layout of the tables: leaderboard or paper.",
)  # fmt: skip
@click.option(
    "--format",
    "form",
    metavar="NAME",
    shell_complete=complete_format,
    help="Choose terminal, markdown, csv, json, latex, html or parquet.",
)
@json_option
@click.option(
    "-o", "--output", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE",
    help="Write to FILE, in the format of its suffix.",
)  # fmt: skip
@click.option(
    "--plots", type=click.Path(file_okay=False, path_type=Path), metavar="DIR",
    help="Write the report's plots to DIR.",
)  # fmt: skip
@click.option("--strict", is_flag=True, help="Exit with 6 if a score is missing or not comparable.")
@click.option(
    "--fail-if",
    multiple=True,
    metavar="EXPR",
    help="Exit with 6 if this holds, such as 'rte < -1.0'.",
)
@runs_option
@plugin_options()
@traceback_option
def command(**options: Any) -> int:
    """Show the leaderboard of runs.

    RUN is a run folder or its name; without one, the newest run is shown.
    """
    from metabench.store.run_folder import reading_many

    with reading_many():
        return _compare(_Asked(**options))


@final
@dataclass(frozen=True, slots=True)
class _Asked:
    """The options of the command line."""

    run: tuple[str, ...]
    baselines: tuple[str, ...]
    targets: str | None
    metric: str | None
    sort: str | None
    alpha: float | None
    allow_missing: bool
    form: str | None
    as_json: bool
    layout: Literal["leaderboard", "paper"]
    explain: bool
    seeds: bool
    output: Path | None
    plots: Path | None
    strict: bool
    fail_if: tuple[str, ...]
    runs: Path


def _compare(asked: _Asked) -> int:
    from metabench.store.run_folder import Store

    form = _format(asked)
    _check_output(asked.output)
    gates = [parse_gate(text) for text in asked.fail_if]
    folders = [find_run(name, runs=asked.runs) for name in asked.run] or [newest_run(asked.runs)]
    stores = [Store(folder) for folder in dict.fromkeys(folders)]
    found = compare(
        stores,
        results_of(stores),
        baselines=asked.baselines,
        choice=_choice(asked),
        most_runs=_most_runs(asked, form),
    )
    caught = [(gate.text, gate.caught(found.board)) for gate in gates]
    put(_text(asked, found, form), asked.output)
    if asked.output is not None:
        note(f"written: {asked.output}")
    if asked.plots is not None:
        put_plots(found, asked.plots)
    _judge(found, caught, strict=asked.strict)
    return _SOME_DIFFER if found.collected.nondeterministic else 0


def _most_runs(asked: _Asked, form: object) -> float:
    """Return of how many runs the predictions are read for this output."""
    if asked.explain:
        return math.inf
    return RUNS_READ if form in ("html", "json", "csv") and not asked.seeds else 0


def _text(asked: _Asked, found: Compared, form: Format | Offer[RendererInfo]) -> str | bytes:
    if form == "parquet":
        from metabench.report.formats.parquet import render_parquet

        return render_parquet(found.lines())
    if isinstance(form, str):
        more = Detail(asked.layout, asked.explain, asked.seeds)
        return render(found, form, more, terminal() if asked.output is None else Terminal())
    return rendered(form, found.board)


def _format(asked: _Asked) -> Format | Offer[RendererInfo]:
    """Return the format: that of --json or --format, else that of the file's suffix.

    Raises:
        UsageError: there is no such format, or the options contradict each other.
    """
    named = asked.form
    if asked.as_json and named not in {None, "json"}:
        raise UsageError(f"--json and --format {named} contradict", hint="leave one of them out")
    if asked.as_json:
        named = "json"
    if named is None:
        suffix = "" if asked.output is None else asked.output.suffix.lower()
        named = suffix.removeprefix(".") or "terminal"
    form: Format | None = SUFFIXES.get(named)
    form = form or next((known for known in FORMATS if known == named), None)
    offered = {} if form else installed().renderers
    if named in offered:
        return offered[named]
    if form is None:
        where = f"-o {asked.output}" if asked.form is None else "--format"
        raise UsageError(
            f"there is no format {named!r}{suggest(named, [*FORMATS, *SUFFIXES, *offered])}",
            where=where,
            hint=f"choose one of {', '.join([*FORMATS, *offered])} with --format",
        )
    _check_format(asked, form)
    return form


def _check_format(asked: _Asked, form: Format) -> None:
    """Refuse options that a format cannot show.

    Raises:
        UsageError: there is one.
    """
    if asked.explain and form in {"csv", "parquet"}:
        raise UsageError(
            f"--explain has no place in {form}", hint="choose json, which always has it"
        )
    if form == "parquet" and asked.output is None:
        raise UsageError("parquet is not a text", hint="name a file with -o scores.parquet")
    if form == "parquet" and asked.layout == "paper":
        raise UsageError("--layout paper is not there as parquet", hint="leave --layout out")


def _check_output(output: Path | None) -> None:
    if output is not None and not output.parent.is_dir():
        raise UsageError(f"there is no folder {str(output.parent)!r}", hint="make it first")


def _choice(asked: _Asked) -> Choice:
    from metabench.leaderboard.columns import Choice

    targets = asked.targets
    columns = () if targets is None else tuple(name.strip() for name in targets.split(","))
    if not all(columns):
        raise UsageError("a name is empty", where=f"--targets {targets!r}", hint="write A,B")
    return Choice(
        metric=asked.metric,
        columns=columns,
        alpha=asked.alpha,
        allow_missing=asked.allow_missing,
        sort=asked.sort,
    )


def _judge(found: Compared, caught: Sequence[tuple[str, Sequence[str]]], *, strict: bool) -> None:
    """Print every reason to exit with 6, those of gates by their expression.

    Raises:
        GateFailedError: there is one.
    """
    from metabench.leaderboard.origins import mixed_origins

    failed: list[str] = []
    if strict:
        reasons = list(strict_reasons(found.board, mixed_origins(found.collected)))
        failed += ["--strict"] * bool(reasons)
        for reason in reasons:
            note(f"strict: {reason}")
    for text, lines in caught:
        failed += [f"--fail-if {text!r}"] * bool(lines)
        for line in lines:
            note(f"{text}: {line}")
    if failed:
        raise GateFailedError(
            f"caught by {' and '.join(failed)}",
            where=found.board.name,
            hint="read the reasons above; they do not change the output",
        )
