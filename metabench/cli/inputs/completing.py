"""Names for a shell's completion, without torch and without noise."""

from __future__ import annotations

import contextlib
import io
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.shell_completion import CompletionItem

from metabench.cli.inputs.command_line import items
from metabench.store.file_names import RUN

if TYPE_CHECKING:
    from metabench.plugin.catalog import Catalog

__all__ = [
    "complete_anything",
    "complete_benchmark",
    "complete_cell",
    "complete_format",
    "complete_method",
    "complete_run",
    "quietly_installed",
]


def complete_benchmark(
    context: click.Context, parameter: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Return benchmarks that ship with metabench, and benchmark files."""
    from metabench.frontend.places import shipped_benchmarks

    del context, parameter
    folder = Path(incomplete).parent if "/" in incomplete else Path()
    files = (path.as_posix() for path in folder.glob("*.toml"))
    # bash drops the text before an item of type file, and adds files only if none follows
    fallback = CompletionItem(incomplete, type="file")
    return [fallback, *items([*shipped_benchmarks(), *files], incomplete)]


def complete_run(
    context: click.Context, parameter: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Return the run folders below ``--runs``, and let the shell add folders."""
    del parameter
    runs = Path(context.params.get("runs") or "runs")
    names = [path.parent.name for path in runs.glob(f"*/{RUN}")]
    return [CompletionItem(incomplete, type="dir"), *items(names, incomplete)]


def complete_cell(
    context: click.Context, parameter: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Return the adapt cells of the runs below ``--runs``."""
    del parameter
    runs = Path(context.params.get("runs") or "runs")
    return items([path.name for path in runs.glob("[!.]*/cells/adapt-*")], incomplete)


def complete_method(
    context: click.Context, parameter: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Return the methods of all runs below ``--runs``: click does not pass the one named."""
    from metabench.errors import StoreError
    from metabench.store.run_folder import Store

    del parameter
    names: set[str] = set()
    for path in Path(context.params.get("runs") or "runs").glob(f"[!.]*/{RUN}"):
        with contextlib.suppress(StoreError):
            names.update(Store(path.parent).run().methods)
    return items(names, incomplete)


def complete_anything(
    context: click.Context, parameter: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Return names of whatever `metabench show` shows that is installed."""
    from metabench.cli.inputs.installed import offered

    del parameter
    wanted = context.params.get("kind")
    offers = offered(quietly_installed(context)).items()
    names = [name for kind, known in offers if wanted in {None, kind} for name in known]
    return items(names, incomplete)


def complete_format(
    context: click.Context, parameter: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Return the formats that a leaderboard can be shown in."""
    from metabench.plugin.formats import FORMATS

    del parameter
    return items([*FORMATS, *quietly_installed(context).renderers], incomplete)


def quietly_installed(context: click.Context) -> Catalog:
    """Return the catalog, with the plugin files on the line before the cursor."""
    from metabench.cli.inputs.installed import every_plugin

    # A plugin's chatter would garble the line.
    with context.scope(cleanup=False), contextlib.redirect_stderr(io.StringIO()):
        return every_plugin()
