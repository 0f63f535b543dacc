"""The ``[compare]`` table: defaults of a comparison."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer

from metabench.api.leaderboard import Average, Family
from metabench.api.options import Options
from metabench.spec.model.values import Names, Text

__all__ = ["CompareSpec", "PublishedSpec"]

_LATER = {"average": "primary", "family": "method"}


class PublishedSpec(Options):
    """A file with numbers reported elsewhere, and which of its tables are meant."""

    file: Text
    """Path from the folder of the benchmark file; else one that ships with metabench."""
    tables: Names = ()
    """Names of tables in it; all of them where none is given."""


class CompareSpec(Options):
    """The defaults of ``metabench compare``."""

    baselines: Names = ()
    """Methods that the others are compared with."""
    published: Annotated[tuple[Text | PublishedSpec, ...], Field(max_length=100)] = ()
    """Files with numbers reported elsewhere; shown next to ours, never tested."""
    alpha: Annotated[float, Field(gt=0, lt=0.5)] = 0.05
    """One minus the coverage of the intervals."""
    family: Family = "method"
    """Comparisons that are Holm-corrected together: those of one method with one baseline over the
    targets (``method``), or all of the table (``table``)."""
    average: Average = "primary"
    """The score of each target in the average: its primary metric (``primary``), or the mean of all
    metrics on its card, which is GLUE's average (``glue``)."""

    @model_serializer(mode="wrap")
    def _without_a_default_of_later(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Leave out a default that older files did not have, so that their hash stays."""
        values: dict[str, Any] = dump(self)
        return {name: value for name, value in values.items() if value != _LATER.get(name)}

    @property
    def sources(self) -> tuple[PublishedSpec, ...]:
        """The files with numbers reported elsewhere, each with its tables."""
        return tuple(
            entry if isinstance(entry, PublishedSpec) else PublishedSpec(file=entry)
            for entry in self.published
        )
