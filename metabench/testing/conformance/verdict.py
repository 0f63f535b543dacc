"""What a check of the conformance kit raises: the law is broken, or does not apply."""

from __future__ import annotations

import unittest

__all__ = ["NotApplicableError", "NotConformingError"]


class NotConformingError(AssertionError):
    """What is checked breaks the law of a check; says how in one sentence."""


class NotApplicableError(unittest.SkipTest):
    """The check has nothing to say here; says why. pytest shows it as skipped."""
