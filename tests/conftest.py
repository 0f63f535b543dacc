"""Settings that hold for all tests."""

from __future__ import annotations

from hypothesis import settings

# The same examples in every run, and no deadline: how fast a shared machine is, is no law.
settings.register_profile("metabench", deadline=None, derandomize=True)
settings.load_profile("metabench")
