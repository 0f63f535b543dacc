"""Check the methods of a file against the installed algorithms, samplers and adaptations."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from metabench.api import AlgorithmInfo
from metabench.spec.mistakes.problems import Finding, check
from metabench.spec.mistakes.raw import array, table

if TYPE_CHECKING:
    from metabench.spec.mistakes.locate import KeyPath
    from metabench.spec.mistakes.naming import Naming

__all__ = ["DEFAULT_ADAPTATION", "DEFAULT_SAMPLER", "check_methods", "part_table"]

Part: TypeAlias = Literal["sampler", "adaptation"]
Check: TypeAlias = Callable[[Mapping[str, Any]], tuple[Any, list[Finding]]]

DEFAULT_SAMPLER = "pps"
"""The sampler of meta-training where the file names none."""

DEFAULT_ADAPTATION = "fine-tuning"
"""What happens on a target where the file names nothing."""


def check_methods(naming: Naming) -> None:
    """Note every unknown name and option, and every option that cannot be given."""
    for index, method in enumerate(array(naming.document.data, "methods")):
        if isinstance(method, dict):
            _check_method(naming, method, ("methods", index))


def part_table(method: Mapping[str, Any], part: Part) -> tuple[Any, Mapping[str, Any]]:
    """Return name and options of the sampler or the adaptation of a ``[[methods]]`` table."""
    given = method.get(part)
    if not isinstance(given, dict):
        return given, {}
    if isinstance(given.get("options"), dict):
        return given.get("name"), given["options"]
    return given.get("name"), {key: item for key, item in given.items() if key != "name"}


def _check_method(naming: Naming, method: Mapping[str, Any], path: KeyPath) -> None:
    _check_part(naming, "adaptation", method, path)
    offer = naming.find("algorithm", method.get("algorithm"), (*path, "algorithm"))
    if offer is None:
        _check_part(naming, "sampler", method, path)
        return
    info: AlgorithmInfo = offer.value
    _check_inner_loop(naming, info, method, path)
    _check_preset(naming, info, method, path)
    _check_options(naming, info, method, path)
    if info.meta_trains:
        _check_part(naming, "sampler", {"sampler": DEFAULT_SAMPLER, **method}, path)
    elif "sampler" in method:
        naming.report(
            (*path, "sampler"), f"algorithm {info.name!r} has no meta-training, so it takes none"
        )


def _check_inner_loop(
    naming: Naming, info: AlgorithmInfo, method: Mapping[str, Any], path: KeyPath
) -> None:
    """Note an adaptation that takes an inner loop which the algorithm does not have."""
    name, _ = part_table(method, "adaptation")
    offer = naming.catalog.adaptations.get(name) if isinstance(name, str) else None
    if offer is not None and offer.value.inner_loop and info.inner_loop is None:
        algorithms = naming.catalog.algorithms.items()
        able = ", ".join(other for other, one in algorithms if one.value.inner_loop)
        naming.report(
            (*path, "adaptation"),
            f"algorithm {info.name!r} has no inner loop for adaptation {name!r}; have one: {able}",
        )


def _check_preset(
    naming: Naming, info: AlgorithmInfo, method: Mapping[str, Any], path: KeyPath
) -> None:
    for key in ("options", "grid"):
        for name in table(method, key):
            if name in info.preset:
                naming.report((*path, key, name), f"algorithm {info.name!r} fixes this option")


def _check_options(
    naming: Naming, info: AlgorithmInfo, method: Mapping[str, Any], path: KeyPath
) -> None:
    given = {key: item for key, item in table(method, "options").items() if key not in info.preset}
    _, findings = check(info.options, given)
    for place, what in findings:
        naming.report((*path, "options", *place), what)
    if findings:
        given = {}
    for name in table(method, "grid"):
        if name not in info.preset:
            _check_axis(naming, partial(check, info.options), given, (*path, "grid", name))


def _check_axis(naming: Naming, check: Check, given: Mapping[str, Any], path: KeyPath) -> None:
    """Check every value of one option of a grid, each together with the given options."""
    name = str(path[-1])
    values = array({name: naming.document.at(path)}, name)
    if len({json.dumps(value, default=str) for value in values}) < len(values):
        naming.report(path, "names one thing twice")
    for index, value in enumerate(values):
        _, findings = check({**given, name: value})
        for place, what in findings:
            if what.startswith("unknown key"):
                naming.report(path, what)
            else:
                naming.report((*path, index, *place[1:]), what)


def _check_part(naming: Naming, part: Part, method: Mapping[str, Any], path: KeyPath) -> None:
    name, options = part_table(method, part)
    given = method.get(part)
    at_name = (*path, part, "name") if isinstance(given, dict) else (*path, part)
    offer = naming.find(part, name, at_name)
    if offer is None:
        return
    nested = isinstance(given, dict) and isinstance(given.get("options"), dict)
    _, findings = check(offer.value.options, dict(options))
    for place, what in findings:
        naming.report((*path, part, *(("options",) if nested else ()), *place), what)
