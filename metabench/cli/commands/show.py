"""``metabench show``: all facts about an installed thing or a cell."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from metabench.cli.help import Command
from metabench.cli.inputs.completing import complete_anything
from metabench.cli.inputs.installed import installed, offered, plugin_options
from metabench.cli.inputs.options import hub_option, json_option, runs_option, traceback_option
from metabench.cli.views.text import echo, echo_json
from metabench.plugin.absence import unregistered
from metabench.store.file_names import RUN
from metabench.suggest import did_you_mean

if TYPE_CHECKING:
    from metabench.plugin.catalog import Catalog

__all__ = ["command"]

_KINDS = (
    "algorithm", "sampler", "adaptation", "task", "metric", "observer", "renderer", "cell",
)  # fmt: skip
_MOST = 12
_KEY = re.compile(r"[0-9a-f]{6,64}")

Description = dict[str, Any]


@click.command("show", cls=Command)
@click.argument("name", shell_complete=complete_anything)
@click.option(
    "--kind", type=click.Choice(_KINDS), metavar="KIND", help="Kind of NAME, if several have it."
)
@json_option
@runs_option
@hub_option
@plugin_options()
@traceback_option
def command(name: str, kind: str | None, as_json: bool, runs: Path, hub: Path | None) -> int:
    """Show an algorithm, sampler, adaptation, task, metric or cell.

    For an algorithm, sampler or adaptation: its options with defaults, ranges and help. For a task:
    its card and its local examples. For a cell, by its folder or the first digits of its key: its
    record.
    """
    catalog = installed()
    found = [
        description
        for each in ([kind] if kind else _KINDS)
        for description in _look(each, name, catalog=catalog, runs=runs, hub=hub)
    ]
    _check_one_kind(name, found)
    if not found:
        raise _nothing(name, kind, catalog, runs)
    if as_json:
        echo_json(found)
        return 0
    from metabench.cli.views.descriptions import description_lines

    for number, description in enumerate(found):
        if number:
            echo("")
        echo(*description_lines(description))
    return 0


def _look(
    kind: str, name: str, *, catalog: Catalog, runs: Path, hub: Path | None
) -> Iterator[Description]:
    from metabench.cli.views.descriptions import describe
    from metabench.tasks.hub import Hub

    if kind == "cell":
        yield from _cells(name, runs)
    elif name in offered(catalog)[kind] or (kind, name) in catalog.conflicts:
        yield describe(kind, name, catalog=catalog, hub=Hub(mirror=hub))


def _cells(name: str, runs: Path) -> Iterator[Description]:
    from metabench.cli.commands.logs import without_smoke
    from metabench.cli.views.descriptions import cell_description
    from metabench.store.run_folder import Store

    run, _, wanted = name.rpartition("/")
    prefix = wanted if _KEY.fullmatch(wanted) else None
    found = [
        (store, cell)
        for store in map(Store, _run_folders(runs))
        for cell in (store.names() if run in {"", store.folder.name} else ())
        # With its key, or as other commands show it.
        if wanted in {cell, cell[:-9]} or (prefix and store.cell(cell).key.startswith(prefix))
    ]
    for store, cell in without_smoke(found, run=lambda one: one[0].folder.name):
        yield cell_description(store.cell(cell), run=str(store.folder))


def _run_folders(runs: Path) -> Iterator[Path]:
    own = [runs] if (runs / RUN).is_file() else []
    for folder in (*own, *(note.parent for note in sorted(runs.glob(f"*/{RUN}")))):
        if not folder.name.startswith("."):
            yield folder


def _cell_names(folder: Path) -> list[str]:
    from metabench.store.run_folder import Store

    return Store(folder).names()


def _check_one_kind(name: str, found: list[Description]) -> None:
    from metabench.errors import UsageError

    kinds = list(dict.fromkeys(description["kind"] for description in found))
    if len(kinds) > 1:
        raise UsageError(
            f"{name!r} is the name of {' and of '.join(map(_with_article, kinds))}",
            hint=f"choose one with --kind {kinds[0]}",
        )
    keys = {description["key"] for description in found if description["kind"] == "cell"}
    if len(keys) > 1:
        cells = {f"{Path(one['run']).name}/{one['folder']}" for one in found}
        shown = sorted(cells)[:_MOST]
        more = f" and {len(cells) - len(shown)} more" if len(cells) > len(shown) else ""
        raise UsageError(
            f"{name!r} is {len(cells)} cells", hint=f"name one of {', '.join(shown)}{more}"
        )


def _with_article(kind: str) -> str:
    return f"an {kind}" if kind[0] in "aeiou" else f"a {kind}"


def _nothing(name: str, kind: str | None, catalog: Catalog, runs: Path) -> Exception:
    from metabench.errors import NothingMatchedError

    known = {
        other
        for each, offers in offered(catalog).items()
        if kind in {None, each}
        for other in offers
    }
    if kind in {None, "cell"}:
        known |= {cell for folder in _run_folders(runs) for cell in _cell_names(folder)}
    other = unregistered(name) or "see `metabench list`"
    hint = did_you_mean(name, known, otherwise=other)
    if kind in {None, "cell"} and hint.startswith("see"):
        hint += "; cells are looked for below --runs DIR"
    return NothingMatchedError(
        f"nothing is called {name!r}" if kind is None else f"no {kind} is called {name!r}",
        hint=hint,
    )
