"""``metabench plugins new``: a package to start a plugin from, which runs as it is."""

from __future__ import annotations

import re
from pathlib import Path

import click

from metabench.cli.help import Command
from metabench.cli.inputs.installed import every_plugin, plugin_options
from metabench.cli.inputs.options import traceback_option
from metabench.cli.views.text import note
from metabench.errors import UsageError
from metabench.frontend.places import shipped_benchmarks
from metabench.plugin.formats import FORMATS, SUFFIXES
from metabench.plugin.scaffold import KINDS, PackageName, package_files
from metabench.suggest import suggest

__all__ = ["new"]

_BENCHMARK = "quickstart"
_ROWS = (("lamp", "works", 1), ("lamp", "broke", 0), ("chair", "holds", 1), ("chair", "fell", 0))


def _check_kind(context: click.Context, parameter: click.Parameter, value: str) -> str:
    if value in KINDS:
        return value
    said = f"there is no kind {value!r}{suggest(value, KINDS)}"
    raise click.BadParameter(said, ctx=context, param=parameter)


@click.command("new", cls=Command)
@click.argument("name")
@click.option(
    "--kind",
    required=True,
    metavar="KIND",
    callback=_check_kind,
    help=f"Kind: {', '.join(KINDS[:-1])} or {KINDS[-1]}.",
)
@click.option(
    "--folder",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Folder to create; by default metabench-NAME.",
)
@plugin_options()
@traceback_option
def new(name: str, kind: str, folder: Path | None) -> int:
    """Create a plugin package that runs as it is.

    NAME is its name in benchmark files, such as clipped-fomaml. The package has an entry
    point, code, tests with the conformance kit, and a benchmark that puts it on the quickstart's
    leaderboard.
    """
    called = PackageName(name)
    folder = folder or Path(called.distribution)
    _check_free(called, kind)
    _check_folder(folder)
    _write(folder, {**package_files(called, kind), **_benchmark(called, kind)})
    note(f"written: {folder}")
    note(f'  next: cd {folder} && pip install -e ".[test]" && pytest')
    note("  then: metabench run benchmark.toml --smoke")
    return 0


def _check_free(called: PackageName, kind: str) -> None:
    catalog = every_plugin()
    taken = catalog.by_kind[kind].get(called.name)
    by = [taken.plugin.origin] if taken is not None else []
    by += [one.origin for one in catalog.plugins if one.distribution == called.distribution]
    if kind == "renderer" and called.name in {*FORMATS, *SUFFIXES}:
        by.append("metabench")
    if by:
        raise UsageError(
            f"{kind} {called.name!r} is provided by {by[0]} already",
            hint="choose another name: one that two plugins offer belongs to neither",
        )


def _check_folder(folder: Path) -> None:
    if folder.exists() or folder.is_symlink():
        raise UsageError(
            "is there already", where=str(folder), hint="name another with --folder DIR"
        )
    if not folder.absolute().parent.is_dir():
        raise UsageError(f"there is no folder {str(folder.parent)!r}", hint="make it first")


def _write(folder: Path, files: dict[str, str]) -> None:
    """Write all files or none: the folder gets its name when they are there."""
    from metabench.store.atomic import commit_file, commit_folder, new_folder
    from metabench.store.folder import Folder

    whole = folder.absolute()
    around = Folder(whole.parent)
    with new_folder(around, folder.name) as temporary:
        for inside, text in files.items():
            *parts, name = Path(inside).parts
            commit_file(Folder(around.root, (temporary, *parts)), name, text.encode())
        commit_folder(whole.with_name(temporary), whole)


def _benchmark(called: PackageName, kind: str) -> dict[str, str]:
    """Return the quickstart with the plugin in it, and further files that it needs."""
    text = shipped_benchmarks()[_BENCHMARK].read_text(encoding="utf-8")
    _, _, tables = text.partition("schema = 1")
    text = f"# metabench's quickstart, with {kind} {called.name}.\n\nschema = 1{tables}"
    text = re.sub(r'^name = ".*"', f'name = "{called.name}"', text, count=1, flags=re.MULTILINE)
    if kind in {"task", "metric"}:
        text = text.replace("target = [", f'target = ["{_task(called, kind)}", ', 1)
    if kind == "metric":
        text = text.replace("[pretrain]", f"{_defined(called)}\n[pretrain]", 1)
        return {"benchmark.toml": text, "rows.csv": _rows()}
    if kind in {"algorithm", "sampler", "adaptation"}:
        text = text.replace("[compare]", f"{_method(called, kind)}\n[compare]", 1)
    return {"benchmark.toml": text}


def _method(called: PackageName, kind: str) -> str:
    if kind == "algorithm":
        return f'[[methods]]\nid = "{called.words}"\nalgorithm = "{called.name}"\n'
    if kind == "adaptation":
        return (
            f'[[methods]]\nid = "{called.words}"\nalgorithm = "finetune"\n'
            f'adaptation = "{called.name}"\n'
        )
    return (
        f'[[methods]]\nid = "Reptile, {called.words}"\nalgorithm = "reptile"\n'
        f'sampler = "{called.name}"\noptions = {{ inner_steps = 3, inner_lr = 0.05 }}\n'
    )


def _task(called: PackageName, kind: str) -> str:
    return called.name if kind == "task" else "remarks"


def _defined(called: PackageName) -> str:
    return (
        "[[tasks.define]]                # a task that is scored by it; rows.csv has its examples\n"
        'name = "remarks"\ntrain = "rows.csv"\nscored_fraction = 0.5\ntext = ["text"]\n'
        'label = "label"\nlabels = ["negative", "positive"]\n'
        f'metrics = ["{called.name}", "accuracy"]\n'
    )


def _rows() -> str:
    words = {0: "negative", 1: "positive"}
    lines = [
        f"the {thing} of {owner} {does},{words[label]}"
        for owner in ("mine", "yours", "theirs", "the school", "the town", "the ship")
        for thing, does, label in _ROWS
    ]
    return "\n".join(["text,label", *lines, ""])
