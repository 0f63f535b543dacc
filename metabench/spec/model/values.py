"""The kinds of value that settings have, with their ranges."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, Field

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
    "Rate",
    "Seed",
    "Text",
]


def _distinct(values: tuple[Any, ...]) -> tuple[Any, ...]:
    if len(set(values)) != len(values):
        raise ValueError("names one thing twice")
    return values


Distinct = AfterValidator(_distinct)
"""Refuses an array that holds one value twice."""

PLAIN_TEXT = r"^[^\x00-\x1f\x7f]+$"
FILE_NAME = r"^[A-Za-z0-9][A-Za-z0-9._-]*$"

Text = Annotated[str, Field(min_length=1, max_length=1000, pattern=PLAIN_TEXT)]
Name = Annotated[str, Field(min_length=1, max_length=100, pattern=PLAIN_TEXT)]
Label = Annotated[str, Field(min_length=1, max_length=100)]
FileName = Annotated[str, Field(min_length=1, max_length=100, pattern=FILE_NAME)]
Names = Annotated[tuple[Name, ...], Field(max_length=1000), Distinct]
Seed = Annotated[int, Field(ge=0, lt=2**31)]
Count = Annotated[int, Field(ge=1, le=10**9)]
Rate = Annotated[float, Field(gt=0, le=1e3)]
Fraction = Annotated[float, Field(gt=0, le=1)]
Beta = Annotated[float, Field(ge=0, lt=1)]
