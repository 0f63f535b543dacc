"""Load a benchmark file: read, check, expand; all that is wrong with it in one error."""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING

from metabench.errors import SpecError
from metabench.spec.mistakes.naming import Naming
from metabench.spec.mistakes.problems import check
from metabench.spec.mistakes.raw import array, table, words
from metabench.spec.model.benchmark import Benchmark
from metabench.spec.model.sections import BenchmarkSpec
from metabench.spec.reading.define import define_tasks
from metabench.spec.reading.expand import MOST_CELLS, count_cells, expand_grids, method_ids
from metabench.spec.reading.methods import check_methods
from metabench.spec.reading.published import load_published
from metabench.spec.reading.read import read_document
from metabench.spec.reading.resolve import fill_in, resolve_methods
from metabench.spec.reading.roles import check_roles
from metabench.spec.reading.smoke import shrink_methods, shrink_spec
from metabench.suggest import suggest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from metabench.api import TaskCard
    from metabench.errors import Problem
    from metabench.plugin.catalog import Catalog
    from metabench.spec.mistakes.document import Document

__all__ = ["load_benchmark"]

_MOST_IDS = 10_000
_INDEX = re.compile(r"\[([0-9]+)\]")


def load_benchmark(
    path: Path,
    *,
    catalog: Catalog,
    sets: Sequence[str] = (),
    smoke: bool = False,
    text: str | None = None,
) -> Benchmark:
    """Return a benchmark file as a value; reads the file and the published numbers it names.

    Args:
        path: the file.
        catalog: the installed plugins.
        sets: changes, each ``key.path=value``.
        smoke: whether everything is reduced to the minimum.
        text: TOML in place of the file's content; the file need not exist.

    Raises:
        SpecError: the file, or a file of published numbers, is not valid; carries all problems in
            the order of the file.
        PluginError: the file is valid, but a faulty plugin withholds one of its names.
    """
    document = read_document(path, sets, text=text)
    spec, own = _checked(document, catalog)
    cells = count_cells(spec)
    if cells > MOST_CELLS:
        what = f"ask for {cells:,} cells; {MOST_CELLS:,} is the most"
        raise SpecError([document.problem(("methods",), what)])
    spec = expand_grids(spec)
    methods = resolve_methods(spec, catalog, document)
    published = load_published(spec.compare, document)
    if smoke or spec.smoke:
        spec, methods = shrink_spec(spec), shrink_methods(methods)
    filled = fill_in(spec, methods)
    return Benchmark(filled, methods, path, document.text, tuple(sets), own, published)


def _checked(document: Document, catalog: Catalog) -> tuple[BenchmarkSpec, Mapping[str, TaskCard]]:
    spec, findings = check(BenchmarkSpec, document.data)
    naming = Naming(document, catalog, tuple(place for place, _ in findings))
    for place, what in findings:
        naming.report(place, what)
    naming.own = define_tasks(naming)
    check_roles(naming)
    check_methods(naming)
    _check_baselines(naming)
    if naming.problems or spec is None:
        raise SpecError(_in_file_order(naming.problems))
    if naming.faults:
        raise naming.faults[0]
    return spec, {name: offer.value for name, offer in naming.own.items() if offer is not None}


def _check_baselines(naming: Naming) -> None:
    if naming.broken("methods"):
        return
    ids = list(_ids(naming.document))
    for index, name in words(table(naming.document.data, "compare"), "baselines"):
        if name not in ids:
            what = f"there is no method {name!r}{suggest(name, ids)}"
            naming.report(("compare", "baselines", index), what)


def _ids(document: Document) -> Iterator[str]:
    for method in array(document.data, "methods"):
        names = method_ids(method["id"], table(method, "grid"))
        yield from islice(names, _MOST_IDS)


def _in_file_order(problems: Iterable[Problem]) -> Sequence[Problem]:
    return sorted(problems, key=_place)


def _place(problem: Problem) -> tuple[object, ...]:
    """Return the line, then the path with its indexes as numbers; overrides come last, as given."""
    if not problem.line:
        return (1,)
    parts = _INDEX.split(problem.path)
    return 0, problem.line, [int(part) if n % 2 else part for n, part in enumerate(parts)]
