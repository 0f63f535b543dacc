"""The return values of provider hooks, checked item by item."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from metabench.api import (
    AdaptationInfo,
    AdaptationOptions,
    AlgorithmInfo,
    AlgorithmOptions,
    LauncherInfo,
    MetricInfo,
    ObserverInfo,
    Options,
    RendererInfo,
    SamplerInfo,
    TaskCard,
)
from metabench.lookalikes import looks_alike
from metabench.plugin.formats import FORMATS, SUFFIXES
from metabench.plugin.hooks import HookProblem

if TYPE_CHECKING:
    import pluggy

__all__ = ["KINDS", "collect_offers"]

KINDS: Mapping[str, tuple[str, type[Any]]] = {
    "algorithm": ("metabench_algorithms", AlgorithmInfo),
    "sampler": ("metabench_samplers", SamplerInfo),
    "adaptation": ("metabench_adaptations", AdaptationInfo),
    "task": ("metabench_tasks", TaskCard),
    "metric": ("metabench_metrics", MetricInfo),
    "renderer": ("metabench_renderers", RendererInfo),
    "observer": ("metabench_observers", ObserverInfo),
    "launcher": ("metabench_launchers", LauncherInfo),
}
"""Kinds of registrations: the hook of each and its type of descriptor."""

_OPTIONS: Mapping[type[Any], type[Options]] = {
    AdaptationInfo: AdaptationOptions,
    AlgorithmInfo: AlgorithmOptions,
    LauncherInfo: Options,
    SamplerInfo: Options,
}
"""Descriptors with options, and the type of these."""

_TARGET = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*:[^\W\d]\w*(\.[^\W\d]\w*)*")
_NAME = re.compile(r"[^\x00-\x1f\x7f]{1,100}")


def collect_offers(manager: pluggy.PluginManager) -> Mapping[str, Mapping[str, Any]]:
    """Return the registrations of a manager's plugin: descriptors by kind and name.

    Raises:
        HookProblem: a returned value is not a valid descriptor.
    """
    return {kind: _of_kind(manager, hook, expected) for kind, (hook, expected) in KINDS.items()}


def _of_kind(manager: pluggy.PluginManager, hook: str, expected: type[Any]) -> Mapping[str, Any]:
    offers: dict[str, Any] = {}
    for returned in getattr(manager.hook, hook)():
        if isinstance(returned, str | bytes | Mapping) or not isinstance(returned, Iterable):
            raise HookProblem(f"{hook} returned {type(returned).__name__}, not a list")
        for value in returned:
            _check(hook, value, expected)
            if value.name in offers:
                raise HookProblem(f"{hook} offers {value.name!r} twice")
            offers[value.name] = value
    return offers


def _check(hook: str, value: Any, expected: type[Any]) -> None:
    if not isinstance(value, expected):
        raise HookProblem(
            f"{hook} returned a list with a {type(value).__name__}, not {expected.__name__}"
        )
    if not isinstance(value.name, str) or not _NAME.fullmatch(value.name):
        raise HookProblem(f"{hook}: {value.name!r} is not a name")
    if problem := looks_alike(value.name):
        raise HookProblem(f"{hook}: the name {value.name!r} {problem}")
    if isinstance(value, RendererInfo) and value.name in {*FORMATS, *SUFFIXES}:
        raise HookProblem(f"{hook}: {value.name!r} is the name of a format of metabench's own")
    if isinstance(value, TaskCard):
        return
    engine_has_one = isinstance(value, AdaptationInfo | AlgorithmInfo)
    _check_target(hook, value.name, value.target, optional=engine_has_one)
    if isinstance(value, AlgorithmInfo):
        _check_target(hook, value.name, value.inner_loop, optional=True)
    if type(value) in _OPTIONS:
        _check_options(hook, value, _OPTIONS[type(value)])


def _check_target(hook: str, name: str, target: Any, *, optional: bool = False) -> None:
    if target is None and optional:
        return
    if not isinstance(target, str) or not _TARGET.fullmatch(target):
        raise HookProblem(f"{hook}: target of {name!r} is {target!r}, not 'package.module:Name'")


def _check_options(
    hook: str,
    value: AdaptationInfo | AlgorithmInfo | LauncherInfo | SamplerInfo,
    expected: type[Options],
) -> None:
    name = value.name
    preset: Mapping[str, Any] = getattr(value, "preset", {})
    options: Any = value.options
    if not isinstance(options, type) or not issubclass(options, expected):
        raise HookProblem(f"{hook}: options of {name!r} are not a subclass of {expected.__name__}")
    unknown = sorted(set(preset) - set(options.model_fields))
    if unknown:
        raise HookProblem(f"{hook}: preset of {name!r} names no option: {', '.join(unknown)}")
    try:
        options.model_validate(dict(preset))
    except ValueError as error:
        said = " ".join(str(error).split())
        raise HookProblem(f"{hook}: defaults of {name!r} are not valid: {said}") from error
