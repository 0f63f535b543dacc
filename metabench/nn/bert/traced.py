"""What is written here may be traced by a compiler, and is left alone by checks of shapes."""

from __future__ import annotations

from typing import TypeVar

__all__ = ["no_type_check"]

_Function = TypeVar("_Function")


def no_type_check(function: _Function) -> _Function:
    """Return a function as it is: jaxtyping's import hook goes by this decorator's name.

    What it would wrap a function in cannot be traced. Unlike that of ``typing``, mypy sees nothing
    in this decorator that would keep it from checking.
    """
    return function
