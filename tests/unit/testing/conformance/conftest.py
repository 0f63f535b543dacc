"""What the conformance kit says of something that was planted."""

from __future__ import annotations

import pytest

from metabench.testing.conformance import NotApplicableError, NotConformingError, checks_of


@pytest.fixture
def failures():
    """Return the function that returns what each failing check of a subject says, by its name."""

    def failures(subject):
        said = {}
        for check in checks_of(subject.kind):
            try:
                check.call(subject)
            except NotApplicableError:
                continue
            except NotConformingError as problem:
                said[check.name] = str(problem)
        return said

    return failures
