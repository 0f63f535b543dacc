"""What makes two executions comparable, and what differs between them, in words."""

from __future__ import annotations

import pytest

from metabench.results.profile import changed, environment, same_environment
from metabench.store.records.provenance import PluginNote, differences

FACTS = {
    "versions": {"torch": "2.13", "scikit-learn": "1.9"},
    "plugins": (PluginNote(distribution="extra", version="1"),),
    "platform": "Linux-6.1.0-13-amd64-x86_64-with-glibc2.36",
    "processor": "Xeon",
    "processor_model": "GenuineIntel 6 106",
    "instruction_set": "AVX512",
    "device": "cpu",
    "precision": "fp32",
    "threads": 1,
    "deterministic": False,
    "compiled": False,
    "curvature": "lean",
}


@pytest.fixture
def here(provenance):
    """Return the provenance of a result that tells everything."""
    return provenance.model_copy(update=FACTS)


@pytest.mark.parametrize(
    ("fact", "value", "words"),
    [
        ("metabench", "1", "metabench 0 → 1"),
        ("python", "4", "python 3 → 4"),
        ("versions", {"torch": "2.14", "scikit-learn": "1.9"}, "torch 2.13 → 2.14"),
        ("plugins", (PluginNote(distribution="extra", version="2"),), "extra 1 → 2"),
        ("platform", "macOS-15-arm64", "platform Linux-x86_64-with-glibc2.36 → macOS-15-arm64"),
        ("processor", "EPYC", "processor Xeon → EPYC"),
        ("processor_model", "AMD 25", "processor model GenuineIntel 6 106 → AMD 25"),
        ("instruction_set", "AVX2", "instruction set AVX512 → AVX2"),
        ("device", "NVIDIA H200", "device cpu → NVIDIA H200"),
        ("precision", "bf16", "precision fp32 → bf16"),
        ("threads", 2, "threads 1 → 2"),
        ("deterministic", True, "deterministic false → true"),
        ("compiled", True, "compiled false → true"),
        ("curvature", "auto or fast", "curvature lean → auto or fast"),
    ],
)
def test_each_fact_that_bits_depend_on_makes_another_environment(here, fact, value, words):
    there = here.model_copy(update={fact: value})

    assert changed(here, there) == (words,)
    assert not same_environment(here, there)


@pytest.mark.parametrize("fact", sorted(FACTS.keys() - {"deterministic"}))
def test_a_fact_that_one_record_lacks_is_no_difference(provenance, here, fact):
    unknown = here.model_copy(update={fact: getattr(provenance, fact)})

    assert changed(here, unknown) == changed(unknown, here) == ()
    assert same_environment(unknown, unknown)


def test_neither_time_place_nor_the_version_of_a_kernel_belongs_to_it(here):
    kernel = "Linux-6.12.5-x86_64-with-glibc2.36"
    other = {"started": "later", "command": ("run",), "git_commit": "c", "platform": kernel}

    assert environment(here.model_copy(update=other)) == environment(here)


def test_differences_are_listed_in_the_order_of_the_facts():
    then, now = {"torch": "1", "threads": "1", "only": "x"}, {"threads": "2", "torch": "2"}

    assert list(differences(then, now)) == ["torch 1 → 2", "threads 1 → 2"]
