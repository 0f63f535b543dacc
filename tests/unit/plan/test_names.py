"""Slugs are safe, short, distinct and stable."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from metabench.plan.names import slugs


@given(st.lists(st.text(min_size=1, max_size=100), unique=True, max_size=8))
def test_every_name_has_a_safe_slug_of_its_own(names):
    found = slugs(names, width=30)

    assert list(found) == names
    assert len(set(found.values())) == len(names)
    assert all(re.fullmatch(r"[a-z0-9][a-z0-9-]{0,29}", slug) for slug in found.values())


@given(st.lists(st.text(min_size=1, max_size=20), unique=True, min_size=1, max_size=5))
def test_a_further_name_changes_no_slug_before_it(names):
    assert list(slugs(names, width=30).items())[:-1] == list(slugs(names[:-1], width=30).items())


def test_slugs_can_be_read():
    assert slugs(["glue/cola", "FOMAML", "Reptile[inner_steps=3,inner_lr=0.01]"], width=40) == {
        "glue/cola": "glue-cola",
        "FOMAML": "fomaml",
        "Reptile[inner_steps=3,inner_lr=0.01]": "reptile-inner-steps-3-inner-lr-0-01",
    }
