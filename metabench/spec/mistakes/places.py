"""Which keys a place of a pydantic model has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, get_args, get_origin

from pydantic import BaseModel

if TYPE_CHECKING:
    from collections.abc import Iterator

    from metabench.spec.mistakes.locate import KeyPath

__all__ = ["known_keys"]

_BY_HAND_ONLY = {"smoke"}
"""Fields that a file has when metabench wrote it; they are not suggested."""


def known_keys(model: type[BaseModel], path: KeyPath) -> tuple[str, ...]:
    """Return the keys that the table at ``path`` can have; none where it can have any."""
    places: list[Any] = [model]
    for key in path:
        places = [inner for place in places for inner in _inside(place, key)]
    names = {name for place in places if _is_model(place) for name in _fields(place)}
    return tuple(sorted(names - _BY_HAND_ONLY))


def _inside(place: Any, key: str | int) -> Iterator[Any]:
    if _is_model(place):
        annotation = _fields(place).get(str(key))
        if annotation is not None:
            yield from _parts(annotation)
    elif get_origin(place) is tuple and isinstance(key, int):
        yield from _parts(get_args(place)[0])
    elif get_origin(place) is Mapping:
        yield from _parts(get_args(place)[1])


def _parts(annotation: Any) -> Iterator[Any]:
    origin = get_origin(annotation)
    if _is_model(annotation) or origin in {tuple, Mapping}:
        yield annotation
    elif origin is not None:
        for argument in get_args(annotation):
            yield from _parts(argument)


def _fields(model: type[BaseModel]) -> Mapping[str, Any]:
    return {field.alias or name: field.annotation for name, field in model.model_fields.items()}


def _is_model(place: Any) -> bool:
    return isinstance(place, type) and issubclass(place, BaseModel)
