"""From checked settings to methods, and back to settings with nothing left open."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from metabench.errors import SpecError
from metabench.spec.mistakes.problems import check
from metabench.spec.model.benchmark import Method
from metabench.spec.model.sections import AdaptationSpec, SamplerSpec
from metabench.spec.reading.methods import DEFAULT_SAMPLER

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pydantic import BaseModel

    from metabench.plugin.catalog import Catalog
    from metabench.spec.mistakes.document import Document
    from metabench.spec.model.sections import BenchmarkSpec, MethodSpec

__all__ = ["fill_in", "resolve_methods"]

_EPOCHS = 5.0


def resolve_methods(
    spec: BenchmarkSpec, catalog: Catalog, document: Document
) -> tuple[Method, ...]:
    """Return the methods of a spec whose names and options have been checked one by one.

    Raises:
        SpecError: a point of a grid combines incompatible options.
    """
    problems = []
    methods = []
    for method in spec.methods:
        info = catalog.algorithms[method.algorithm].value
        options, findings = check(info.options, {**method.options, **info.preset})
        problems += [
            document.problem(("methods",), f"{method.id!r}: {what}") for _, what in findings
        ]
        if options is not None:
            sampler = method.sampler or SamplerSpec(name=DEFAULT_SAMPLER)
            offer = catalog.samplers[sampler.name] if info.meta_trains else None
            draws = check(offer.value.options, dict(sampler.options))[0] if offer else None
            found = Method(
                method.id, catalog.algorithms[info.name], options, offer, draws, train=method.train
            )
            methods.append(_with_adaptation(found, method.adaptation, catalog))
    if problems:
        raise SpecError(problems)
    return tuple(methods)


def _with_adaptation(method: Method, asked: AdaptationSpec | None, catalog: Catalog) -> Method:
    if asked is None:
        return method
    offer = catalog.adaptations[asked.name]
    options = check(offer.value.options, dict(asked.options))[0]
    return replace(method, adaptation=offer, adaptation_options=options)


def fill_in(spec: BenchmarkSpec, methods: Sequence[Method]) -> BenchmarkSpec:
    """Return the spec with every default written out, those of the methods too."""
    meta = spec.meta
    if meta.epochs is None and meta.steps is None:
        meta = meta.model_copy(update={"epochs": _EPOCHS})
    return spec.model_copy(update={"meta": meta, "methods": tuple(_filled(spec.methods, methods))})


def _filled(given: Sequence[MethodSpec], methods: Sequence[Method]) -> Iterator[MethodSpec]:
    for settings, method in zip(given, methods, strict=True):
        sampler = method.sampler and SamplerSpec(
            name=method.sampler.value.name, options=_words(method.sampler_options)
        )
        adaptation = method.adaptation and AdaptationSpec(
            name=method.adaptation.value.name, options=_words(method.adaptation_options)
        )
        options = _words(method.options, without=set(method.algorithm.value.preset))
        yield settings.model_copy(
            update={"options": options, "sampler": sampler, "adaptation": adaptation}
        )


def _words(options: BaseModel | None, *, without: set[str] | None = None) -> dict[str, object]:
    return options.model_dump(mode="json", exclude=without, exclude_none=True) if options else {}
