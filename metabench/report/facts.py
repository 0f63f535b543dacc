"""Where the numbers of a leaderboard come from, one line a fact."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from metabench.api.report import Fact
from metabench.quantities import seconds_text, seeds_text, shortened
from metabench.results.collect import Collected
from metabench.store.records.cell import Result
from metabench.store.records.provenance import Provenance

__all__ = ["facts"]

_Read = Callable[[Provenance], Iterable[str]]
_MOST_VERSIONS = 3
_ENOUGH = 12
"""Characters of a hash that are shown: enough to distinguish two."""


def facts(collected: Collected) -> tuple[Fact, ...]:
    """Return the facts; several values where the cells do not agree, nothing where none is known.

    Paths and command lines are left out: a report is made to be passed on.
    """
    results = [collected.results[key] for key in sorted(collected.results)]
    origins = [result.provenance for result in results]
    said = (
        *_asked(collected),
        *(Fact(name, _values(origins, read)) for name, read in _READERS.items()),
        *_data(collected, origins),
        *_done(collected, results),
    )
    return tuple(fact for fact in said if fact.values)


def _asked(collected: Collected) -> Iterator[Fact]:
    note = collected.note
    yield Fact("benchmark", (note.name,))
    hashes = tuple(part[:_ENOUGH] for part in note.spec_hash.split("+") if part)
    yield Fact("benchmark file", hashes)
    yield Fact("changed on the command line", tuple(map(shortened, note.overrides)))
    metas = sorted({use.meta_seed for use in note.uses})
    tunings = sorted({use.finetune_seed for use in note.uses})
    yield Fact("meta seeds", (seeds_text(metas),) if metas else ())
    yield Fact("fine-tuning seeds", (seeds_text(tunings),) if tunings else ())
    draws = {use.draw for use in note.uses if use.draw is not None}
    yield Fact("draws of few-shot training sets", (seeds_text(sorted(draws)),) if draws else ())


def _values(origins: Iterable[Provenance], read: _Read) -> tuple[str, ...]:
    return tuple(sorted({value for origin in origins for value in read(origin) if value}))


def _encoder(origin: Provenance) -> Iterator[str]:
    if origin.model:
        yield f"{origin.model} {_short(origin.model_identity)}".rstrip()


def _commit(origin: Provenance) -> Iterator[str]:
    if origin.git_commit:
        changed = ", with changes" if origin.git_dirty else ""
        yield f"{origin.git_commit[:_ENOUGH]}{changed}"


def _plugins(origin: Provenance) -> Iterator[str]:
    return (f"{plugin.distribution} {plugin.version}" for plugin in origin.plugins)


def _versions(origin: Provenance) -> Iterator[str]:
    return (f"{name} {version}" for name, version in origin.versions.items())


_READERS: Mapping[str, _Read] = {
    "encoder": _encoder,
    "metabench": lambda origin: [origin.metabench],
    "Python": lambda origin: [origin.python],
    "packages": _versions,
    "plugins": _plugins,
    "commit of the working folder": _commit,
    "operating system": lambda origin: [origin.platform],
    "processor": lambda origin: [origin.processor],
    "device": lambda origin: [origin.device],
    "precision": lambda origin: [origin.precision],
    "threads of a cell": lambda origin: [] if origin.threads is None else [str(origin.threads)],
}


def _data(collected: Collected, origins: Iterable[Provenance]) -> Iterator[Fact]:
    known = {(task, value) for origin in origins for task, value in origin.data.items()}
    known |= {(column.task, column.identity) for column in collected.note.columns}
    values: dict[str, list[str]] = {}
    for task, value in sorted(known):
        values.setdefault(task, []).extend([value] * bool(value))
    named = (each for task, found in values.items() for each in _dataset(task, found))
    yield Fact("datasets", tuple(named))


def _dataset(task: str, values: Sequence[str]) -> Sequence[str]:
    if len(values) > _MOST_VERSIONS:  # one for each few-shot training set
        return [f"{task} {len(values)} training sets"]
    return [f"{task} {_short(value)}" for value in values]


def _done(collected: Collected, results: list[Result]) -> Iterator[Fact]:
    failed = len(collected.failures.keys() - collected.results.keys())
    if results:
        seconds = sum(result.wall_seconds for result in results)
        counted = f"{len(results)} done" + (f", {failed} failed" if failed else "")
        yield Fact("cells", (f"{counted}, {seconds_text(seconds)} in all",))
    starts = sorted(result.provenance.started for result in results if result.provenance.started)
    ends = sorted(result.provenance.ended for result in results if result.provenance.ended)
    if starts and ends:
        yield Fact("computed", (f"{_time(starts[0])} to {_time(ends[-1])} UTC",))


def _short(identity: str) -> str:
    return identity[:_ENOUGH]


def _time(text: str) -> str:
    return text[:16].replace("T", " ")
