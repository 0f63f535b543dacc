"""``metabench plugins check``: the conformance kit on one plugin, in a separate process."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from metabench.cli.help import Command
from metabench.cli.inputs.installed import left_out, plugin_files, plugin_options
from metabench.cli.inputs.options import hub_option, json_option, traceback_option
from metabench.cli.views.text import echo, echo_json, note, warn
from metabench.errors import GateFailedError

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from metabench.plugin.trial import Outcome

__all__ = ["check"]


def _complete(
    context: click.Context, parameter: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    from metabench.cli.inputs.command_line import items
    from metabench.plugin.discovery import discover

    del context, parameter
    return items([found.status.name for found in discover()], incomplete)


@click.command("check", cls=Command)
@click.argument("name", shell_complete=_complete)
@click.option(
    "--timeout",
    "seconds",
    type=click.FloatRange(min=1, max=3600),
    default=60,
    show_default=True,
    metavar="SECONDS",
    help="Time limit of each check.",
)
@json_option
@hub_option
@plugin_options()
@traceback_option
def check(name: str, seconds: float, as_json: bool, hub: Path | None) -> int:
    """Check a plugin with the conformance kit.

    NAME is a plugin, a distribution, or what one of them provides, such as a metric. It runs in a
    separate process, which cannot end this one. Exit code 6: a check failed; 3: it cannot be
    loaded. docs/conformance.md explains it.
    """
    from metabench.plugin.trial import Request, run_checks

    request = Request(
        name=name,
        seconds=seconds,
        left_out=tuple(sorted(left_out())),
        files=tuple(str(path.absolute()) for path in plugin_files()),
        hub=None if hub is None else str(hub.absolute()),
    )
    outcomes = run_checks(request, _told(as_json=as_json))
    if as_json:
        told = [asdict(outcome) for outcome in outcomes]
        echo_json(told)
    return _judge(name, outcomes)


def _told(*, as_json: bool) -> Callable[[dict[str, Any]], None]:
    """Return a function that shows each check as it ends, under its subject."""
    shown: list[str] = []

    def tell(event: dict[str, Any]) -> None:
        if event["event"] == "slow":
            origin = event["plugin"]["origin"]
            warn(f"plugin {origin} is still loading after {event['seconds']:.0f} s")
        if event["event"] != "ended" or as_json:
            return
        heading = f"{event['kind']} {event['name']} ({event['origin']})"
        if heading not in shown:
            if shown:
                echo("")
            echo(heading)
            shown.append(heading)
        said = event["detail"] or event["law"]
        echo(f"  {event['state']:<8}{event['check']:<22} {said}")
        if event["state"] == "failed":
            echo(f"          hint: {event['hint']}")

    return tell


def _judge(name: str, outcomes: tuple[Outcome, ...]) -> int:
    counts = Counter(outcome.state for outcome in outcomes)
    note(", ".join(f"{counts[one]} {one}" for one in ("ok", "failed", "skipped") if counts[one]))
    if counts["failed"]:
        raise GateFailedError(
            f"{counts['failed']} of {len(outcomes)} checks of {name!r} failed",
            hint="follow the hint of each failed check; docs/conformance.md explains the command",
        )
    return 0
