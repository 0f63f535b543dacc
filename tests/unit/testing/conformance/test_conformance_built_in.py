"""Everything that ships with metabench passes the kit that it is shipped with."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from metabench.api import TaskCard
from metabench.plugin.catalog import load_catalog
from metabench.testing.conformance import NotApplicableError, checks_of, find_subjects

pytestmark = pytest.mark.slow  # every algorithm trains

CATALOG = load_catalog(blocked=frozenset({"all"}))
HUB = os.environ.get("METABENCH_HUB") or None
SUBJECTS = [
    subject
    for plugin in CATALOG.plugins
    for subject in find_subjects(plugin.name, CATALOG, hub=Path(HUB) if HUB else None)
]
CASES = [
    pytest.param(subject, check, id=f"{subject.kind} {subject.name}: {check.name}")
    for subject in SUBJECTS
    for check in checks_of(subject.kind)
]


def test_every_kind_but_observers_is_among_what_ships():
    assert {subject.kind for subject in SUBJECTS} >= {"algorithm", "sampler", "task", "metric"}


REASONS = {
    "has no meta-training stage": {"finetune"},
    "is done by the engine": {"fine-tuning"},
    "declares no inner loop": {"finetune", "joint", "pcgrad"},
    "it does not train: NotApplicableError": {"finetune"},
    "it is an error: less is better, without an upper end": {"mae", "mse"},
    "its examples are not generated": {s.name for s in SUBJECTS if s.value.__class__ is TaskCard},
}
"""Why a check has nothing to say, and of whom that is expected."""
OF_ANYBODY = {
    "does not declare follows_gradients",
    "reads numbers back from the device",
    "all draws are of one task",
}


@pytest.mark.parametrize(("subject", "check"), CASES)
def test_what_ships_conforms(subject, check):
    if subject.kind == "observer":
        pytest.importorskip(subject.name)
    if subject.name == "ray":
        pytest.skip("test_launchers.py tries it on a cluster of its own")
    skipped = ""
    try:
        check.call(subject)
    except NotApplicableError as reason:
        skipped = str(reason)

    if skipped:
        rows_are_elsewhere = "on this machine" in skipped
        no_cluster = subject.kind == "launcher" and "it cannot be tried here" in skipped
        known = rows_are_elsewhere or no_cluster or skipped in OF_ANYBODY
        assert known or subject.name in REASONS[skipped]
        pytest.skip(skipped)
