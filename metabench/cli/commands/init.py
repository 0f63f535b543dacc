"""``metabench init``: a commented benchmark file to start from."""

from __future__ import annotations

import re
from pathlib import Path

import click

from metabench.cli.help import Command
from metabench.cli.inputs.options import traceback_option
from metabench.cli.views.text import note, warn, write_output
from metabench.errors import UsageError
from metabench.version import __version__

__all__ = ["command"]

_TEMPLATES = Path(__file__).parent / "templates"
_NAMES = sorted(path.stem.replace("_", "-") for path in _TEMPLATES.glob("*.toml"))
_REPOSITORY = {
    "README.md": "readme.md",
    "records/README.md": "records.md",
    "requirements.txt": "requirements.txt",
    ".github/workflows/results.yml": "workflow.yml",
}
_NAME_LINE = re.compile(r'^name = ".*?"', re.MULTILINE)


@click.command("init", cls=Command)
@click.argument("name", required=False)
@click.option(
    "--template",
    type=click.Choice(_NAMES),
    default="quickstart",
    show_default=True,
    help="Template to start from.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="File to write; by default NAME.toml.",
)
@click.option(
    "--train",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Inspect this file of examples and write a benchmark for it.",
)
@click.option(
    "--dev",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="File of the evaluation split; by default a fifth of --train.",
)
@click.option("--force", is_flag=True, help="Overwrite an existing file.")
@click.option(
    "--results-repository",
    is_flag=True,
    help="Write a repository for the records of many runs instead, into a new folder NAME.",
)
@traceback_option
def command(
    name: str | None,
    template: str,
    output: Path | None,
    train: Path | None,
    dev: Path | None,
    force: bool,
    results_repository: bool,
) -> int:
    """Write a commented benchmark file.

    NAME is the name of the benchmark and of its run folder; the default is that of the template.
    With --train, the columns, delimiter and encoding of your file are detected and written, each
    with its reason. The file shows every key; `metabench validate FILE` checks it.
    """
    if results_repository:
        return _results_repository(Path(name or "results"))
    called = (name or f"my-{template}").removesuffix(".toml")
    file = output or Path(f"{called}.toml")
    _check_name(called)
    if not file.parent.is_dir():
        raise UsageError(f"there is no folder {str(file.parent)!r}", hint="make it first")
    if file.exists() and not force:
        raise UsageError(
            "is there already", where=str(file), hint="name another with -o FILE, or use --force"
        )
    if dev is not None and train is None:
        raise UsageError("--dev is missing --train", hint="name the file to train on with --train")
    template = template if train is None else "own-csv"
    text = (_TEMPLATES / f"{template.replace('-', '_')}.toml").read_text(encoding="utf-8")
    text = _NAME_LINE.sub(f'name = "{called}"', text, count=1).replace("FILE", str(file))
    if train is not None:
        text = _of_rows(text, file, train=train, dev=dev)
    write_output(file, text.encode())
    note(f"written: {file}")
    note(f"  next: metabench validate {file}")
    return 0


def _results_repository(folder: Path) -> int:
    """Write the files of a results repository into a new folder.

    Raises:
        UsageError: there is something in the folder.
    """
    from metabench.store.atomic import commit_file
    from metabench.store.folder import Folder

    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError("is there already", where=str(folder), hint="name a new folder")
    for path, template in _REPOSITORY.items():
        text = (_TEMPLATES / "results" / template).read_text(encoding="utf-8")
        *parts, name = path.split("/")
        commit_file(
            Folder(folder, tuple(parts)), name, text.replace("VERSION", __version__).encode()
        )
        note(f"written: {folder / path}")
    note(f"  next: metabench export records RUN {folder / 'records'}/NAME")
    return 0


def _of_rows(text: str, file: Path, *, train: Path, dev: Path | None) -> str:
    from metabench.cli.views.own_table import own_benchmark
    from metabench.tasks.own.guess import guess_file, repeated_rows

    guess = guess_file(str(train))
    for key, value in guess.settings.items():
        why = guess.reasons.get(key)
        note(f"{key} = {value!r}" + (f": {why}" if why else ""))
    if dev is not None:
        both, scored = repeated_rows(guess, str(train), str(dev))
        if both:
            warn(f"{both:,} of the {scored:,} examples of {str(dev)!r} are in {str(train)!r} too")
    return own_benchmark(text, guess, folder=file.parent, train=train, scored=dev)


def _check_name(name: str) -> None:
    from pydantic import TypeAdapter, ValidationError

    from metabench.spec.model.values import FileName

    try:
        TypeAdapter(FileName).validate_python(name)
    except ValidationError as error:
        raise UsageError(
            f"{name!r} cannot be the name of a benchmark",
            hint="use letters, digits, dots, hyphens and underscores",
        ) from error
