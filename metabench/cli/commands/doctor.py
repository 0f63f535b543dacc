"""``metabench doctor``: checks of this machine, with a hint for each problem."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from pathlib import Path

import click

from metabench.cli.help import Command
from metabench.cli.inputs.installed import every_plugin, plugin_options
from metabench.cli.inputs.options import json_option, runs_option, traceback_option
from metabench.cli.views.text import aligned, echo, echo_json, note

__all__ = ["command"]

_SOMETHING_IS_MISSING = 4


@click.command("doctor", cls=Command)
@click.option("--device", is_flag=True, help="Load torch and report the devices that it can use.")
@json_option
@runs_option
@click.option(
    "--hub",
    type=click.Path(path_type=Path),
    envvar="METABENCH_HUB",
    show_envvar=True,
    metavar="DIR",
    help="Check this mirror of datasets and models.",
)
@plugin_options()
@traceback_option
def command(device: bool, as_json: bool, runs: Path, hub: Path | None) -> int:
    """Check this machine: versions, memory, data, plugins.

    Versions, processors, memory, disk, data, plugins; each is ok, warn or fail, with a hint. Exit
    code 4: a requirement of every run is missing.
    """
    from metabench.session import doctor as checks

    found = [
        *checks.check_requirements(),
        *checks.check_machine(),
        *checks.check_runs(runs),
        *checks.check_hub(hub),
        *checks.check_plugins(every_plugin()),
        *(checks.check_devices() if device else ()),
    ]
    if as_json:
        echo_json([asdict(check) for check in found])
    else:
        rows = []
        for check in found:
            rows.append((check.state, check.name, check.detail))
            if check.hint:
                rows.append(("", "", f"hint: {check.hint}"))
        echo(*aligned(rows))
    counts = Counter(check.state for check in found)
    note(", ".join(f"{counts[state]} {state}" for state in ("ok", "warn", "fail") if counts[state]))
    return _SOMETHING_IS_MISSING if counts["fail"] else 0
