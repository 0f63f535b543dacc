"""The comparisons whose p-values are corrected together."""

from __future__ import annotations

from typing import Literal

__all__ = ["Family"]

Family = Literal["method", "table"]
"""Those of a method with one baseline, or all of a table."""
