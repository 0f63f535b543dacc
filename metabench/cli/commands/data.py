"""``metabench data``: the examples of tasks: listed, fetched, shown, verified."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from metabench.cli.help import Group
from metabench.cli.inputs.installed import installed, plugin_options
from metabench.cli.inputs.options import hub_option, json_option, traceback_option
from metabench.cli.views.text import aligned, echo, echo_json, note, warn
from metabench.errors import DataError

if TYPE_CHECKING:
    from metabench.cli.inputs.task_uses import Wanted
    from metabench.data.check import SplitCheck
    from metabench.tasks.hub import Hub
    from metabench.tasks.presence import Presence

__all__ = ["command"]


@click.group("data", cls=Group)
def command() -> None:
    """List, fetch, show and verify datasets.

    Datasets come from a mirror (--hub DIR or METABENCH_HUB), else from the hub and its cache.
    """


@command.command("list")
@json_option
@hub_option
@plugin_options()
@traceback_option
def list_(as_json: bool, hub: Path | None) -> int:
    """List tasks and how many of their examples are available.

    No network is used. `metabench data fetch TASK` fetches absent datasets.
    """
    from metabench.tasks.hub import Hub
    from metabench.tasks.presence import presence

    where = Hub(mirror=hub)
    found = [presence(offer.value, hub=where) for offer in installed().tasks.values()]
    if as_json:
        _echo_json({"tasks": [{**asdict(one), "state": one.state} for one in found]})
        return 0
    rows = [("task", "rows", "train", "scored", "source")]
    echo(*aligned([*rows, *map(_row, found)]))
    for one in found:
        for split in one.splits:
            if split.state == "damaged":
                warn(split.problem)
    return 0


@command.command("fetch")
@click.argument("names", nargs=-1, required=True, metavar="TASK|FILE...")
@json_option
@hub_option
@plugin_options()
@traceback_option
def fetch(names: tuple[str, ...], as_json: bool, hub: Path | None) -> int:
    """Fetch the datasets of tasks or of a benchmark file into the hub's cache.

    For a benchmark FILE, fetches the datasets of its tasks and its encoder. Run it where there is a
    network; later runs find the files without one.
    """
    from metabench.cli.inputs.task_uses import fetch_encoder, wanted
    from metabench.tasks.hub import Hub

    where = Hub(mirror=hub)
    asked = wanted(names, hub=where)
    checks = []
    for check in _checks(asked, where):
        note(f"{check.task} {check.split}: {_of(check.rows, check.official)} rows")
        checks.append(check)
    for model in asked.models:
        fetch_encoder(model, hub=where)
        note(f"encoder {model.id} is here")
    return _judge(checks, as_json=as_json)


@command.command("show")
@click.argument("names", nargs=-1, required=True, metavar="TASK|FILE...")
@click.option(
    "--task",
    "only",
    multiple=True,
    metavar="TASK",
    help="Show only TASK of a FILE; repeatable.",
)
@click.option(
    "--rows",
    type=click.IntRange(0, 1000),
    default=3,
    show_default=True,
    help="Examples per split.",
)
@json_option
@hub_option
@plugin_options()
@traceback_option
def show(
    names: tuple[str, ...], only: tuple[str, ...], rows: int, as_json: bool, hub: Path | None
) -> int:
    """Show the first examples as the encoder gets them: texts, tokens, label.

    With the examples of each class, the lengths in tokens, and how many texts are cut or have
    unknown words. Of a benchmark FILE, all of its tasks, auxiliary ones last, with its encoder; of
    a TASK, with the encoder that ships with metabench.
    """
    from metabench.cli.inputs.task_uses import parts_of, shown_encoder, wanted
    from metabench.cli.views.examples import sample
    from metabench.nn.encoder import load_tokenizer
    from metabench.tasks.hub import Hub

    where = Hub(mirror=hub)
    asked = wanted(names, hub=where)
    model = shown_encoder(asked)
    tokenizer = load_tokenizer(model, hub=where)
    samples = [
        sample(use, part, model=model, tokenizer=tokenizer, hub=where, rows=rows)
        for use in sorted(asked.only(only), key=lambda use: use.role == "auxiliary")
        for part in parts_of(use)
    ]
    if as_json:
        _echo_json({"splits": [one.entry() for one in samples]})
        return 0
    for number, one in enumerate(samples):
        echo(*([""] if number else []), *one.lines())
    return 0


@command.command("verify")
@click.argument("names", nargs=-1, metavar="[TASK|FILE]...")
@json_option
@hub_option
@plugin_options()
@traceback_option
def verify(names: tuple[str, ...], as_json: bool, hub: Path | None) -> int:
    """Verify datasets: texts, label names, number of examples.

    Without a name, all tasks with local examples. Fewer examples than the official number give a
    note, damage exit code 4.
    """
    from metabench.cli.inputs.task_uses import present, wanted
    from metabench.tasks.hub import Hub

    where = Hub(mirror=hub)
    asked = wanted(names, hub=where) if names else present(hub=where)
    return _judge(list(_checks(asked, where)), as_json=as_json, forgive_absent=not names)


def _checks(asked: Wanted, hub: Hub) -> Iterator[SplitCheck]:
    from metabench.cli.inputs.task_uses import parts_of
    from metabench.data.check import check_split, every_set

    for use in asked.uses:
        for each in every_set(use):
            for part in parts_of(each):
                yield check_split(each, part, hub=hub)


def _judge(checks: Sequence[SplitCheck], *, as_json: bool, forgive_absent: bool = False) -> int:
    """Show the checks.

    Raises:
        DataError: examples are damaged or not available; the first problem.
    """
    if as_json:
        _echo_json({"splits": [asdict(check) for check in checks]})
    else:
        rows = [("task", "split", "state", "rows")]
        rows += [
            (check.task, check.split, _state(check), _of(check.rows, check.official))
            for check in checks
        ]
        echo(*aligned(rows))
    bad = {"damaged"} if forgive_absent else {"absent", "damaged"}
    damaged = list({check.problem: check for check in checks if check.state in bad}.values())
    for check in damaged[1:]:
        warn(check.problem)
    if damaged:
        raise DataError(damaged[0].problem, hint=damaged[0].hint)
    return 0


def _state(check: SplitCheck) -> str:
    return "PARTIAL" if check.state == "partial" else check.state


def _row(one: Presence) -> tuple[str, ...]:
    train, scored = one.splits[0], one.splits[-1]
    return (
        one.task,
        one.state,
        f"{train.split} {_of(train.rows, train.official)}",
        f"{scored.split} {_of(scored.rows, scored.official)}",
        one.source,
    )


def _of(rows: int | None, official: int | None) -> str:
    there = "-" if rows is None else f"{rows:,}"
    return there if official in {None, rows} else f"{there} of {official:,}"


def _echo_json(tree: dict[str, Any]) -> None:
    echo_json({"schema": 1, **tree})
