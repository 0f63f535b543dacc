"""The strict, frozen pydantic model that every settings table is."""

from collections.abc import Collection
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict

__all__ = ["Options"]


class Options(BaseModel):
    """Settings that a benchmark file can give: closed, strict, finite and frozen.

    A field's docstring (the string literal below it) is its help text.
    """

    later_fields: ClassVar[frozenset[str]] = frozenset()
    """Fields that came in a later release, whose defaults compute what was computed before: such a
    default is in no key, so that cells from before keep theirs."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        strict=True,
        allow_inf_nan=False,
        use_attribute_docstrings=True,
        validate_default=True,
        defer_build=True,  # of the models that a command imports, it uses few
    )

    def key_values(self, *, without: Collection[str] = ()) -> dict[str, Any]:
        """Return the settings as JSON values, without ``later_fields`` at their default.

        Args:
            without: further fields to omit.
        """
        fields = type(self).model_fields
        silent = {name for name in self.later_fields if getattr(self, name) == fields[name].default}
        return self.model_dump(mode="json", exclude={*silent, *without})
