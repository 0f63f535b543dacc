"""The exceptions of conformance checks: the property is violated, or does not apply."""

from __future__ import annotations

import unittest

__all__ = ["NotApplicableError", "NotConformingError"]


class NotConformingError(AssertionError):
    """A violation of a check's property, described in one sentence."""


class NotApplicableError(unittest.SkipTest):
    """A check that does not apply, with the reason; pytest shows it as skipped."""
