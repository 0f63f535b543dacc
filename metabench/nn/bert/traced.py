"""The marker of functions that a compiler may trace and that shape checks skip."""

from __future__ import annotations

from typing import TypeVar

__all__ = ["no_type_check"]

_Function = TypeVar("_Function")


def no_type_check(function: _Function) -> _Function:
    """Return a function unchanged: jaxtyping's import hook recognizes this decorator's name.

    The wrapper of jaxtyping cannot be traced. Unlike that of ``typing``, this decorator does not
    stop mypy from checking the function.
    """
    return function
