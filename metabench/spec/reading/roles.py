"""Checks of a file's tasks, their splits and the references to them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from metabench.api.task import GeneratedSource
from metabench.spec.mistakes.raw import array, table, words
from metabench.suggest import suggest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from metabench.api import TaskCard
    from metabench.spec.mistakes.locate import KeyPath
    from metabench.spec.mistakes.naming import Naming

__all__ = ["check_roles"]

Named: TypeAlias = dict[str, "KeyPath"]


def check_roles(naming: Naming) -> None:
    """Note unknown tasks, metrics and splits, and tasks trained on their evaluation split."""
    tasks = table(naming.document.data, "tasks")
    targets = _sized(tasks, "target")
    trained = _named(tasks, "auxiliary") | targets
    scored = targets | _sized(tasks, "transfer")
    if not naming.broken("tasks"):
        _check_references(naming, trained, trained | scored)
    for name, card in _cards(naming, trained | scored).items():
        given = table(table(tasks, "splits"), name)
        _check_split_names(naming, card, given)
        if name in scored:
            _check_scoring(naming, card, given, scored[name])
            _check_shots(naming, card, scored[name])


def _check_references(naming: Naming, trained: Named, used: Named) -> None:
    tasks = table(naming.document.data, "tasks")
    for name in table(tasks, "splits"):
        if name not in used:
            what = f"task {name!r} is not in use here{suggest(name, used)}"
            naming.report(("tasks", "splits", name), what)
    for index, name in words(tasks, "shuffled"):
        if name not in trained:
            what = f"{name!r} is no auxiliary or target task{suggest(name, trained)}"
            naming.report(("tasks", "shuffled", index), what)


def _named(tasks: Mapping[str, Any], role: str) -> Named:
    return {name: ("tasks", role, index) for index, name in words(tasks, role)}


def _sized(tasks: Mapping[str, Any], role: str) -> Named:
    found = _named(tasks, role)
    for index, entry in enumerate(array(tasks, role)):
        if isinstance(entry, dict) and isinstance(entry.get("task"), str):
            found[entry["task"]] = ("tasks", role, index, "task")
    return found


def _cards(naming: Naming, used: Named) -> Mapping[str, TaskCard]:
    offers = {name: naming.find("task", name, path) for name, path in used.items()}
    return {name: offer.value for name, offer in offers.items() if offer is not None}


def _check_split_names(naming: Naming, card: TaskCard, given: Mapping[str, Any]) -> None:
    for part in ("train", "scored"):
        split = given.get(part)
        if isinstance(split, str) and split not in card.splits:
            naming.report(
                ("tasks", "splits", card.name, part),
                f"task {card.name!r} has no split {split!r}{suggest(split, card.splits)}",
            )


def _check_scoring(naming: Naming, card: TaskCard, given: Mapping[str, Any], path: KeyPath) -> None:
    train, scored = given.get("train", card.train), given.get("scored", card.scored)
    if train == scored:
        place = ("tasks", "splits", card.name, "train" if "train" in given else "scored")
        naming.report(
            place if given else path,
            f"task {card.name!r} would be trained on {train!r}, the split that is scored",
        )
    if card.name not in naming.own:  # a definition answers for its metrics itself
        for metric in card.metrics:
            naming.find("metric", metric, path)


def _check_shots(naming: Naming, card: TaskCard, path: KeyPath) -> None:
    """Note shots of a regression; a task whose classes are still to be found is none."""
    role, index = str(path[1]), int(path[2])
    entry = array(table(naming.document.data, "tasks"), role)[index]
    source = card.source
    finds = not isinstance(source, GeneratedSource) and source.find_labels
    if isinstance(entry, dict) and entry.get("shots") and card.regression and not finds:
        what = f"task {card.name!r} is a regression, and shots count examples of a class"
        naming.report((*path[:3], "shots"), f"{what}; give fractions instead")
