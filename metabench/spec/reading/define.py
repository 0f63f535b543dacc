"""From ``[[tasks.define]]`` to task cards and problems of the definitions."""

from __future__ import annotations

import os.path
import re
import unicodedata
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from metabench.api.task import DataFile, FileSource, HubSource, TaskCard
from metabench.plugin.status import BUILT_IN, Offer, PluginStatus
from metabench.spec.mistakes.problems import check
from metabench.spec.mistakes.raw import array, table
from metabench.spec.model.own_task import OwnTaskSpec
from metabench.spec.reading.metrics import metric_problems, own_metrics
from metabench.tasks.hub import user_path
from metabench.tasks.own.classes import canonical_label
from metabench.tasks.reading.formats import SUFFIXES, format_of
from metabench.tasks.reading.refusal import why_withheld

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from metabench.plugin.catalog import Catalog
    from metabench.spec.mistakes.document import Document
    from metabench.spec.mistakes.locate import KeyPath
    from metabench.spec.mistakes.naming import Naming

__all__ = ["define_tasks"]

_DEFINED = PluginStatus("tasks.define", "", BUILT_IN, "")
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_ID = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*", re.ASCII)
_SPREADSHEETS = {".xlsx", ".xls", ".ods", ".numbers"}


def define_tasks(naming: Naming) -> Mapping[str, Offer[TaskCard] | None]:
    """Return the tasks that a file defines by name, and note their problems.

    A task with an invalid definition is included without a card, so that its use is no further
    problem. The cards lack sizes and unlisted classes: both are known once the data are read.
    """
    found: dict[str, Offer[TaskCard] | None] = {}
    for index, entry in enumerate(array(table(naming.document.data, "tasks"), "define")):
        path: KeyPath = ("tasks", "define", index)
        name = entry.get("name") if isinstance(entry, dict) else None
        if not isinstance(name, str):
            continue
        if name in found:
            naming.report((*path, "name"), f"task {name!r} is defined twice")
        if name in naming.catalog.tasks or ("task", name) in naming.catalog.conflicts:
            naming.report((*path, "name"), f"task {name!r} is installed; choose another name")
        found[name] = _offer(naming, entry, path)
    return found


def _offer(naming: Naming, entry: Mapping[str, Any], path: KeyPath) -> Offer[TaskCard] | None:
    task, _ = check(OwnTaskSpec, entry)  # the check of the whole file reports the problems
    if task is None:
        return None
    problems = list(_problems(task, naming.catalog))
    for key, what in problems:
        naming.report((*path, key) if key else path, what)
    for position, metric in enumerate(task.metrics):
        naming.find("metric", metric, (*path, "metrics", position))
    return None if problems else Offer(_card(task, naming.document, path), _DEFINED)


def _problems(task: OwnTaskSpec, catalog: Catalog) -> Iterator[tuple[str, str]]:
    yield from _labelling_problems(task)
    yield from metric_problems(task, catalog)
    yield from _of_dataset(task, task.dataset) if task.dataset else _of_files(task)


def _labelling_problems(task: OwnTaskSpec) -> Iterator[tuple[str, str]]:
    if task.label in task.text:
        yield "label", f"{task.label!r} is a text column"
    if task.kind == "regression" and task.labels:
        yield "labels", "the labels of a regression are numbers, so it has no classes"
    if len(task.classes) == 1:
        yield "labels", "one class is nothing to tell apart; list at least two, or none"
    if not task.values and len({canonical_label(_composed(name)) for name in task.labels}) < len(
        task.labels
    ):
        yield "labels", "two of them are one class: they differ in Unicode's form, or as 1 and 1.0"
    yield from _positive_problems(task)


def _positive_problems(task: OwnTaskSpec) -> Iterator[tuple[str, str]]:
    if task.positive is None:
        return
    if task.kind == "regression":
        yield "positive", "the labels of a regression are numbers, so it has no classes"
    elif task.classes and task.positive not in task.classes:
        names = ", ".join(map(repr, task.classes))
        yield "positive", f"{task.positive!r} is none of the classes {names}"
    elif len(task.classes) > 2:  # noqa: PLR2004
        yield "positive", f"is one of two classes, and there are {len(task.classes)}"


def _of_dataset(task: OwnTaskSpec, dataset: str) -> Iterator[tuple[str, str]]:
    if not (_ID.fullmatch(dataset) or _is_folder(dataset)):
        yield "dataset", f"{dataset!r} is neither a hub id, owner/name, nor a folder, ./folder"
    for key in ("format", "delimiter", "encoding", "decimal", "scored_fraction"):
        if getattr(task, key) is not None:
            yield key, "is for files, and dataset names a dataset"
    if task.scored is None:
        yield "", "scored is missing: the name of the split that is scored"
    if task.scored == task.train:
        yield "scored", f"{task.scored!r} is the split that is trained on"
    strangers = sorted(set(task.rows) - {task.train, task.scored})
    if strangers:
        yield "rows", f"{strangers[0]!r} is neither train nor scored"


def _is_folder(dataset: str) -> bool:
    return dataset.startswith(("./", "../", "~", "/")) or dataset == "."


def _of_files(task: OwnTaskSpec) -> Iterator[tuple[str, str]]:
    for key in ("config", "revision", "rows"):
        if getattr(task, key):
            yield key, "belongs to a dataset, and none is named"
    if task.scored is None and task.scored_fraction is None:
        yield "", "scored is missing: a file, or scored_fraction = 0.2 to hold examples out"
    if task.encoding is not None and not _is_encoding(task.encoding):
        yield "encoding", f"{task.encoding!r} is no encoding that Python knows, such as 'cp1252'"
    yield from _of_file(task, "train", task.train)
    if task.scored is None:
        return
    if task.scored_fraction is not None:
        yield "scored_fraction", "give scored or scored_fraction, not both"
    if os.path.normpath(task.scored) == os.path.normpath(task.train):
        yield "scored", "is the file that is trained on; scored_fraction = 0.2 holds examples out"
    yield from _of_file(task, "scored", task.scored)


def _of_file(task: OwnTaskSpec, key: str, name: str) -> Iterator[tuple[str, str]]:
    if _URL.match(name):
        yield key, "is a URL; download the file and name it here"
    elif PurePath(name).suffix.lower() in _SPREADSHEETS:
        yield key, f"{name!r} is a spreadsheet; save it as 'CSV UTF-8' and name that file"
    elif task.format is None and format_of(name) is None:
        yield key, f'{name!r} ends in none of {", ".join(SUFFIXES)}; add format = "csv" or another'


def _is_encoding(name: str) -> bool:
    try:
        return "".encode(name) == b"" or True
    except (LookupError, ValueError):
        return False


def _composed(name: str) -> str:
    return unicodedata.normalize("NFC", name)


def _card(task: OwnTaskSpec, document: Document, path: KeyPath) -> TaskCard:
    train, scored = ("train", "scored") if task.dataset is None else (task.train, task.scored or "")
    return TaskCard(
        name=task.name,
        title=task.title or task.name,
        source=_source(task, document, path),
        text=task.text,
        label=task.label,
        labels=_classes(task),
        values=task.values,
        unlabelled=task.unlabelled,
        standardise=task.kind == "regression" and task.standardise,
        positive=task.positive,
        metrics=own_metrics(task),
        splits={train: task.rows.get(train, 0), scored: task.rows.get(scored, 0)},
        train=train,
        scored=scored,
        summary="defined in the benchmark file",
        licence=task.licence,
        citation=task.citation,
    )


def _source(task: OwnTaskSpec, document: Document, path: KeyPath) -> HubSource | FileSource:
    finds = task.kind == "classification" and not task.labels
    if task.dataset is not None:
        folder = _is_folder(task.dataset)
        place = os.path.abspath(document.path.parent / user_path(task.dataset))  # noqa: PTH100
        return HubSource(
            id=place if folder else task.dataset,
            config=task.config,
            revision=task.revision,
            find_labels=finds,
            withheld=why_withheld(place, str(document.path.parent)) if folder else "",
        )
    train = _file(task, "train", document, path)
    scored = train if task.scored is None else _file(task, "scored", document, path)
    return FileSource(
        files={"train": train, "scored": scored},
        scored_fraction=task.scored_fraction,
        find_labels=finds,
    )


def _file(task: OwnTaskSpec, key: str, document: Document, path: KeyPath) -> DataFile:
    named = str(getattr(task, key))
    place = document.problem((*path, key), "")
    line = f"{place.file}:{place.line}" if place.line else place.file
    file = str(document.path.parent / user_path(named))
    return DataFile(
        path=file,
        withheld=why_withheld(file, str(document.path.parent)),
        format=task.format or format_of(named) or "csv",
        delimiter=task.delimiter,
        encoding=task.encoding,
        decimal=task.decimal,
        place=f"{line}: {place.path}",
    )


def _classes(task: OwnTaskSpec) -> tuple[str, ...]:
    """Return the classes, of two the positive one last."""
    if task.positive in task.classes:
        return (*(name for name in task.classes if name != task.positive), str(task.positive))
    return task.classes
