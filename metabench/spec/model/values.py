"""The kinds of value that settings have, with their ranges."""

from __future__ import annotations

from typing import Annotated, Any, final

from pydantic import AfterValidator, Field, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, core_schema

from metabench.lookalikes import looks_alike

__all__ = [
    "FILE_NAME",
    "PLAIN_TEXT",
    "Beta",
    "Count",
    "Distinct",
    "FileName",
    "Fraction",
    "Label",
    "Name",
    "Names",
    "Parts",
    "PlainName",
    "Rate",
    "Seed",
    "Seeds",
    "Text",
]


def _distinct(values: tuple[Any, ...]) -> tuple[Any, ...]:
    if len(set(values)) != len(values):
        raise ValueError("names one thing twice")
    return values


_MOST_SEEDS = 1000


def _listed(value: Any) -> Any:
    """Return the seeds of a number: 3 is 0, 1 and 2."""
    if not isinstance(value, int) or isinstance(value, bool):
        return tuple(value) if isinstance(value, list) else value
    if not 1 <= value <= _MOST_SEEDS:
        said = f"is a number of seeds, 1 to {_MOST_SEEDS:,}, got {value:,}"
        raise ValueError(f"{said}; write [{value}] for one seed")
    return tuple(range(value))


@final
class _Countable:
    """Lets an array of seeds be written as how many there are."""

    @staticmethod
    def __get_pydantic_core_schema__(source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_before_validator_function(_listed, handler(source))

    @staticmethod
    def __get_pydantic_json_schema__(
        schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        number = {"type": "integer", "minimum": 1, "maximum": _MOST_SEEDS}
        return {"anyOf": [handler(schema), number]}


def _unmistakable(name: str) -> str:
    if problem := looks_alike(name):
        raise ValueError(problem)
    return name


Distinct = AfterValidator(_distinct)
"""Refuses an array that holds one value twice."""

PLAIN_TEXT = r"^[^\x00-\x1f\x7f]+$"
FILE_NAME = r"^[A-Za-z0-9][A-Za-z0-9._-]*$"

Text = Annotated[str, Field(min_length=1, max_length=1000, pattern=PLAIN_TEXT)]
Name = Annotated[str, Field(min_length=1, max_length=100, pattern=PLAIN_TEXT)]
Label = Annotated[str, Field(min_length=1, max_length=100)]
FileName = Annotated[str, Field(min_length=1, max_length=100, pattern=FILE_NAME)]
PlainName = Annotated[Name, AfterValidator(_unmistakable)]
Names = Annotated[tuple[Name, ...], Field(max_length=1000), Distinct]
Parts = Annotated[tuple[Name, ...], Field(min_length=1, max_length=1000), Distinct]
"""Parts of theta by name."""
Seed = Annotated[int, Field(ge=0, lt=2**31)]
Seeds = Annotated[tuple[Seed, ...], Field(min_length=1), Distinct, _Countable]
"""Seeds in an array, or their number: 3 is [0, 1, 2]."""
Count = Annotated[int, Field(ge=1, le=10**9)]
Rate = Annotated[float, Field(gt=0, le=1e3)]
Fraction = Annotated[float, Field(gt=0, le=1)]
Beta = Annotated[float, Field(ge=0, lt=1)]
