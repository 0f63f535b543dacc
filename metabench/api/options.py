"""The strict, frozen pydantic model that every settings table is."""

from pydantic import BaseModel, ConfigDict

__all__ = ["Options"]


class Options(BaseModel):
    """Settings that a benchmark file can give: closed, strict, finite and frozen.

    A field's docstring (the string literal below it) is its help text.
    """

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        strict=True,
        allow_inf_nan=False,
        use_attribute_docstrings=True,
        validate_default=True,
    )
