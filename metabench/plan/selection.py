"""The requested part of a plan: ``--only method=Reptile``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, final

from metabench.errors import NothingMatchedError, UsageError
from metabench.suggest import suggest

if TYPE_CHECKING:
    from metabench.plan.cell import Cell
    from metabench.plan.plan import CellUse, Plan

__all__ = ["SELECTORS", "Selection", "part_of", "select"]

SELECTORS = ("draw", "kind", "method", "seed", "target", "task")
"""The keys that select a part."""


@final
@dataclass(frozen=True, slots=True)
class Selection:
    """A part of a plan.

    Args:
        only: the selection as given.
        matched: keys of the selected cells.
        keys: keys of these cells and of all cells that they need.
    """

    only: tuple[str, ...]
    matched: frozenset[str]
    keys: frozenset[str]


def select(plan: Plan, only: Sequence[str]) -> Selection:
    """Return the part of a plan that ``only`` names; one key twice is "or", two keys are "and".

    ``method``, ``target``, ``task`` (a target or a transfer task), ``seed`` (of meta-training) and
    ``draw`` (of a few-shot training set) name scores, and so the adapt cells that give them;
    ``kind`` names, in place of these, the cells of that stage that they need. Values may be
    patterns with ``*`` and ``?``.

    Raises:
        UsageError: an entry is not ``key=value``, or its key is none of `SELECTORS`.
        NothingMatchedError: a value names nothing, or no cell is all that was asked.
    """
    wanted = _parsed(only)
    uses = [(use, _names(use, plan)) for use in plan.uses]
    for key, values in wanted.items():
        known = {name for _, names in uses for name in names[key]}
        for value in values:
            if not any(_fits(name, value) for name in known):
                raise NothingMatchedError(
                    f"--only {key}={value} names nothing{suggest(value, known)}",
                    where=str(plan.benchmark.path),
                    hint=f"choose one of {_listed(known)}" if known else f"leave {key} out",
                )
    scored = {use.key for use, names in uses if _agrees(names, wanted, leave_out="kind")}
    matched = _of_kind(plan, scored, wanted.get("kind", ()))
    if not matched:
        raise NothingMatchedError(
            f"no cell is all of {', '.join(only)}",
            where=str(plan.benchmark.path),
            hint="see `metabench run FILE --dry-run` for every cell",
        )
    return Selection(tuple(only), frozenset(matched), frozenset(_with_needs(plan, matched)))


def part_of(plan: Plan, key: str) -> Selection:
    """Return the part of a plan that is one cell, by its key, and all that it needs."""
    only = (f"cell={plan.by_key[key].folder}",)
    return Selection(only, frozenset({key}), frozenset(_with_needs(plan, [key])))


def _parsed(only: Sequence[str]) -> Mapping[str, list[str]]:
    wanted: dict[str, list[str]] = {}
    for entry in only:
        key, equals, value = entry.partition("=")
        if not equals or not value:
            raise UsageError(
                f"--only {entry!r} is not KEY=VALUE",
                hint="write --only method=Reptile, for example",
            )
        if key not in SELECTORS:
            raise UsageError(
                f"--only {entry!r}: there is no key {key!r}{suggest(key, SELECTORS)}",
                hint=f"choose one of {_listed(SELECTORS)}",
            )
        wanted.setdefault(key, []).append(value)
    return wanted


def _names(use: CellUse, plan: Plan) -> Mapping[str, tuple[str, ...]]:
    """Return by which names each key can mean a score."""
    targets = {entry.task for entry in plan.benchmark.spec.tasks.targets}
    return {
        "draw": () if use.draw is None else (str(use.draw),),
        "kind": tuple(sorted({cell.kind for cell in plan.cells})),
        "method": (use.method,),
        "seed": (str(use.meta_seed),),
        "target": (use.task,) if use.task in targets else (),
        "task": tuple(dict.fromkeys((use.task, use.column))),
    }


def _agrees(
    names: Mapping[str, tuple[str, ...]], wanted: Mapping[str, Sequence[str]], *, leave_out: str
) -> bool:
    return all(
        any(_fits(name, value) for name in names[key] for value in values)
        for key, values in wanted.items()
        if key != leave_out
    )


def _fits(name: str, value: str) -> bool:
    return name == value or fnmatchcase(name, value)


def _of_kind(plan: Plan, scored: set[str], kinds: Sequence[str]) -> set[str]:
    if not kinds:
        return scored
    cells = plan.by_key
    return {
        key
        for key in _with_needs(plan, scored)
        if any(_fits(cells[key].kind, value) for value in kinds)
    }


def _with_needs(plan: Plan, keys: Iterable[str]) -> set[str]:
    cells: Mapping[str, Cell] = plan.by_key
    found: set[str] = set()
    waiting = list(keys)
    while waiting:
        key = waiting.pop()
        if key not in found:
            found.add(key)
            waiting.extend(cells[key].needs)
    return found


def _listed(names: Iterable[str]) -> str:
    return ", ".join(map(repr, sorted(names)))
