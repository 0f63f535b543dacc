"""``metabench advise``: the numbers of seeds and draws that a pilot run advises."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from typing_extensions import override

from metabench.cli.help import Command
from metabench.cli.inputs.completing import complete_run
from metabench.cli.inputs.options import json_option, runs_option, traceback_option
from metabench.cli.views.text import aligned, echo, echo_json
from metabench.frontend.places import find_run
from metabench.quantities import percent, seconds_text

if TYPE_CHECKING:
    from metabench.leaderboard.design import Advice, Design

__all__ = ["command"]

_UNITS = {"s": 1, "m": 60, "min": 60, "h": 3600, "d": 86400}


class _Time(click.ParamType[float]):
    """A time with its unit, such as ``40h``, in seconds."""

    name = "TIME"

    @override
    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        if isinstance(value, float):
            return value
        found = re.fullmatch(r"(\d{1,9}(?:\.\d+)?) ?(s|m|min|h|d)", value.strip())
        if found is None or not float(found[1]):
            self.fail(f"{value!r} is no time such as 90min, 40h or 2d", param, ctx)
        return float(found[1]) * _UNITS[found[2]]


@click.command("advise", cls=Command)
@click.argument("run", metavar="RUN", shell_complete=complete_run)
@click.option("--budget", type=_Time(), metavar="TIME", help="Wall time of all cells, such as 40h.")
@click.option(
    "--effect",
    type=click.FloatRange(min=0, min_open=True),
    metavar="POINTS",
    help="Difference to be found with 80 % power. [default: 1 without --budget]",
)
@click.option("--baseline", metavar="METHOD", help="Compare with this method.")
@json_option
@runs_option
@traceback_option
def command(
    run: str,
    budget: float | None,
    effect: float | None,
    baseline: str | None,
    as_json: bool,
    runs: Path,
) -> int:
    """Advise the number of meta seeds and draws.

    RUN is a pilot: a finished run of at least two meta seeds. Its spread over seeds, draws and
    evaluation examples gives the confidence interval that a larger run can be expected to have, and
    its cells the cost.
    """
    from metabench.frontend.comparing import collected_runs, compare
    from metabench.leaderboard.design import advice
    from metabench.store.run_folder import Store

    stores = [Store(find_run(run, runs=runs))]
    collected = collected_runs(stores)
    board = compare(stores, collected, baselines=[baseline] if baseline else []).board
    found = advice(stores, collected, board)
    asked: dict[str, Design | None] = {}
    if budget is not None:
        asked[f"in {seconds_text(budget)}"] = found.narrowest(budget)
    if effect is not None or budget is None:
        size = 1.0 if effect is None else effect
        scale = 100 if found.column.percent else 1
        asked[f"finds {size:g}{' points' * found.column.percent}"] = found.cheapest(size / scale)
    if as_json:
        echo_json(_tree(found, asked, name=board.name))
    else:
        echo(*_lines(found, asked))
    return 0


def _lines(found: Advice, asked: Mapping[str, Design | None]) -> Iterator[str]:
    scale, unit = (100, " in points") if found.column.percent else (1, "")
    parts = found.components
    column = found.column
    named = "the average" if column.role == "average" else f"{column.title} {column.label}".strip()
    yield f"Difference to {found.baseline} on {named}, standard deviations{unit}:"
    deviations = [("meta seeds", parts.seeds)]
    if found.crossed:
        deviations += [("draws", parts.draws), ("seed and draw together", parts.both)]
    deviations += [("the mean over the evaluation examples", parts.examples)]
    yield from (f"  {what}: {scale * math.sqrt(value):.1f}" for what, value in deviations)
    draws = f", each draw of it {seconds_text(found.per_draw)}" * found.crossed
    once = f", once {seconds_text(found.fixed)}" * (found.fixed > 0)
    yield f"Wall time: each meta seed {seconds_text(found.per_seed)}{draws}{once}"
    yield ""
    sure = f"{percent(1 - found.alpha)} % CI"
    rows: list[Sequence[str]] = [(sure, "seeds", "draws", "over seeds", "over all", "wall time")]
    for name, design in {"this run": found.design(*found.pilot), **asked}.items():
        rows.append((name, *_row(design, found, scale)))
    yield from aligned(rows)
    yield ""
    yield from _advised(found, asked)


def _row(design: Design | None, found: Advice, scale: int) -> tuple[str, ...]:
    if design is None:
        return ("none", "", "", "", "")
    ends = (design.seed_half_width, design.half_width)
    widths = (f"± {scale * end:.1f}" if math.isfinite(end) else "-" for end in ends)
    draws = f"{design.draws}" if found.crossed else "-"
    return (f"{design.seeds}", draws, *widths, seconds_text(design.seconds))


def _advised(found: Advice, asked: Mapping[str, Design | None]) -> Iterator[str]:
    known = [design for design in asked.values() if design is not None]
    for design in known[:1]:
        draws = f", and draws = {design.draws} in its entries with shots" * found.crossed
        yield f"In the benchmark file: seeds.meta = {design.seeds}{draws}"
    if len(known) < len(asked):
        yield "none: not with 3 meta seeds, or not with 1,000"
    scale = 100 if found.column.percent else 1
    yield (
        f"The {found.components.count:,} evaluation examples alone give"
        f" ± {scale * found.components.least(alpha=found.alpha):.1f}, however many seeds"
    )


def _tree(found: Advice, asked: Mapping[str, Design | None], *, name: str) -> dict[str, Any]:
    return {
        "schema": 1,
        "benchmark": name,
        "column": found.column.name,
        "baseline": found.baseline,
        "variance": asdict(found.components),
        "seconds": {"once": found.fixed, "seed": found.per_seed, "draw": found.per_draw},
        "run": _design(found.design(*found.pilot)),
        "advised": {name: design and _design(design) for name, design in asked.items()},
    }


def _design(design: Design) -> dict[str, Any]:
    return {name: value if math.isfinite(value) else None for name, value in asdict(design).items()}
