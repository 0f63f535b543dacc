"""The ``[compare]`` table: what a comparison does without being asked."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from metabench.api.options import Options
from metabench.spec.model.values import Names, Text

__all__ = ["CompareSpec", "PublishedSpec"]


class PublishedSpec(Options):
    """A file with numbers reported elsewhere, and which of its tables are meant."""

    file: Text
    """Path from the folder of the benchmark file; else one that ships with metabench."""
    tables: Names = ()
    """Names of tables in it; all of them where none is given."""


class CompareSpec(Options):
    """What ``metabench compare`` does without being asked."""

    baselines: Names = ()
    """Methods that the others are compared with."""
    published: Annotated[tuple[Text | PublishedSpec, ...], Field(max_length=100)] = ()
    """Files with numbers reported elsewhere; shown beside ours, never tested."""
    alpha: Annotated[float, Field(gt=0, lt=0.5)] = 0.05
    """One minus the coverage of the intervals."""

    @property
    def sources(self) -> tuple[PublishedSpec, ...]:
        """The files with numbers reported elsewhere, each with its tables."""
        return tuple(
            entry if isinstance(entry, PublishedSpec) else PublishedSpec(file=entry)
            for entry in self.published
        )
