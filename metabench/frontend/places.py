"""Where benchmark files and run folders are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from metabench.errors import NothingMatchedError, UsageError
from metabench.spec.reading.shipped import shipped_folder
from metabench.store.file_names import RUN
from metabench.suggest import closest, did_you_mean

__all__ = ["find_benchmark", "find_run", "newest_run", "shipped_benchmarks"]

_MOST_NAMED = 5
_NOT_BENCHMARKS = {"published", "results"}


def find_benchmark(file: str) -> Path:
    """Return the path of a benchmark: a file, or the name of one that ships with metabench.

    Raises:
        UsageError: there is no such file.
    """
    path = Path(file)
    if path.is_file():
        return path
    shipped = shipped_benchmarks()
    name = file.removesuffix(".toml")
    known = shipped.get(name) or _only(name, shipped)
    if known is not None and not path.exists():
        return known
    if path.is_dir():
        raise UsageError(
            "is a folder, not a benchmark file", where=file, hint="name a TOML file in it"
        )
    raise UsageError(f"there is no benchmark file {file!r}", hint=_nearest_file(path, shipped))


def _nearest_file(path: Path, shipped: Mapping[str, Path]) -> str:
    """Return the hint: a similar file, local or shipped, or the existing ones."""
    here = {other.name: other for other in _toml_files(path.parent)}
    if near := closest(path.with_suffix(".toml").name, here):
        return f"did you mean {str(here[near])!r}?"
    if near := closest(path.name.removesuffix(".toml"), shipped):
        return f"did you mean {near!r}, which ships with metabench?"
    if not path.parent.is_dir():
        return f"there is no folder {str(path.parent)!r}; name an existing TOML file"
    there = f" ({', '.join(sorted(here)[:_MOST_NAMED])} in that folder)" if here else ""
    return f"name a TOML file{there}, or one that `metabench list benchmarks` lists"


def _toml_files(folder: Path) -> list[Path]:
    try:
        return sorted(path for path in folder.iterdir() if path.suffix == ".toml")
    except OSError:  # not there, or not ours to read
        return []


def _only(short: str, shipped: Mapping[str, Path]) -> Path | None:
    """Return the one benchmark with that last part: ``inner_loop`` is unique."""
    paths = [path for name, path in shipped.items() if name.endswith(f"/{short}")]
    return paths[0] if len(paths) == 1 else None


def shipped_benchmarks() -> Mapping[str, Path]:
    """Return the benchmark files that come with metabench, by name (``paper/inner_loop``)."""
    root = shipped_folder()
    if root is None:
        return {}
    return {
        path.relative_to(root).with_suffix("").as_posix(): path
        for path in sorted(root.rglob("*.toml"))
        if path.relative_to(root).parts[0] not in _NOT_BENCHMARKS
    }


def find_run(name: str, *, runs: Path) -> Path:
    """Return the folder of a run: a path, or a name below the folder of runs.

    Raises:
        NothingMatchedError: there is no such run.
    """
    for folder in (Path(name), runs / name):
        if (folder / RUN).is_file():
            return folder
    if Path(name).is_dir():
        raise NothingMatchedError(
            "is no run folder: there is no run.json in it", where=name, hint=_way_to_runs(runs)
        )
    known = [folder.name for folder in _runs(runs)]
    hint = did_you_mean(name.removesuffix(".toml"), known, otherwise=_way_to_runs(runs))
    raise NothingMatchedError(f"there is no run {name!r}", hint=hint)


def _way_to_runs(runs: Path) -> str:
    """Return the alternatives to a missing run."""
    known = [folder.name for folder in _runs(runs)]
    if not known:
        return f"there is none in {str(runs)!r}; name the folder of runs with --runs DIR"
    more = f" and {len(known) - _MOST_NAMED} more" if len(known) > _MOST_NAMED else ""
    return (
        f"name one of {', '.join(known[:_MOST_NAMED])}{more}, or a folder of runs with --runs DIR"
    )


def newest_run(runs: Path) -> Path:
    """Return the folder of the run that was started last.

    Raises:
        NothingMatchedError: there is none.
    """
    folders = list(_runs(runs))
    if not folders:
        raise NothingMatchedError(
            f"there is no run in {str(runs)!r}",
            hint="start one with `metabench run FILE`, or name the folder of runs with --runs DIR",
        )
    return max(folders, key=lambda folder: ((folder / RUN).stat().st_mtime_ns, folder.name))


def _runs(runs: Path) -> Iterator[Path]:
    for note in sorted(runs.glob(f"*/{RUN}")):
        if not note.parent.name.startswith("."):
            yield note.parent
