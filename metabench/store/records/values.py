"""The kinds of value that records have, with their patterns and ranges.

A run folder is not trusted. A value of a record is a name, a path below its folder, a number in its
range or a text of bounded length; anything else makes the record damaged.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final, TypeAlias, TypeVar

from pydantic import Field, GetPydanticSchema
from pydantic_core import CoreSchema, core_schema

from metabench import limits

__all__ = [
    "PATTERNS",
    "Amount",
    "Bounded",
    "Bytes",
    "Component",
    "Count",
    "Entries",
    "Loss",
    "RelativePath",
    "Score",
    "Seconds",
    "Seed",
    "Sha256",
    "Text",
    "Uses",
    "Word",
]

_COMPONENT = r"[A-Za-z0-9_][A-Za-z0-9_.@+=-]{0,199}"
_SHA256 = r"^[0-9a-f]{64}$"

PATTERNS: Final[Mapping[str, str]] = {
    f"^{_COMPONENT}$": "is not the name of a file or folder: letters, digits and _.@+=-, no dot"
    " or dash first",
    f"^{_COMPONENT}(/{_COMPONENT}){{0,7}}$": "is not a path of plain names below the cell's folder",
    _SHA256: "is not a sha256: 64 digits of 0-9 and a-f",
}
"""The problem of a text that does not match a pattern."""

_component, _path, _sha256 = PATTERNS

Component = Annotated[str, Field(pattern=_component)]
"""The name of one file or folder: no separator, no hidden file, no way up."""
RelativePath = Annotated[str, Field(max_length=1000, pattern=_path)]
"""A path of such names, with forward slashes; it cannot leave the folder that it counts from."""
Sha256 = Annotated[str, Field(pattern=_sha256)]
Word = Annotated[str, Field(max_length=limits.LONGEST_WORD)]

Seed = Annotated[int, Field(ge=0, lt=2**31)]
Count = Annotated[int, Field(ge=0, le=limits.MOST_COUNT)]
Bytes = Annotated[int, Field(ge=0, le=limits.MOST_BYTES)]
Amount = Annotated[float, Field(ge=0, le=limits.MOST_COUNT)]
Seconds = Annotated[float, Field(ge=0, le=limits.MOST_SECONDS)]
Score = Annotated[float, Field(ge=-limits.MOST_SCORE, le=limits.MOST_SCORE)]
Loss = Annotated[float, Field(ge=-limits.MOST_LOSS, le=limits.MOST_LOSS)]

Bounded = Field(max_length=limits.MOST_ENTRIES)
"""Marks a mapping that has a bound."""
_Item = TypeVar("_Item")
Entries: TypeAlias = Annotated[tuple[_Item, ...], Bounded]
Uses: TypeAlias = Annotated[tuple[_Item, ...], Field(max_length=limits.MOST_USES)]


def _encodable(value: object) -> object:
    # A path or an argument that is not UTF-8 reaches us with lone surrogates in it.
    if isinstance(value, str):
        text = value.encode("utf-8", "backslashreplace").decode("utf-8")
        return text if len(text) <= limits.LONGEST_TEXT else f"{text[: limits.LONGEST_TEXT - 3]}..."
    return value


def _text_schema(source: Any, handler: Any) -> CoreSchema:
    text = handler(Annotated[source, Field(max_length=limits.LONGEST_TEXT)])
    checked = core_schema.no_info_before_validator_function(_encodable, text)
    # JSON is UTF-8 already; without a call back into Python a large run is read in half the time.
    return core_schema.json_or_python_schema(json_schema=text, python_schema=checked)


Text = Annotated[str, GetPydanticSchema(_text_schema)]
"""Text from outside: anything goes in, UTF-8 of bounded length comes out."""
