"""The text of a small benchmark file, of which a test writes only what is particular."""

from __future__ import annotations

from typing import Any

import tomli_w

__all__ = [
    "BERT",
    "FOMAML",
    "JOINT",
    "MAML",
    "OWN",
    "PLAIN",
    "REPTILE",
    "REVIEWS",
    "SHORT",
    "TWO_TARGETS",
    "benchmark",
    "method",
]


def method(name: str, algorithm: str, **options: Any) -> dict[str, Any]:
    """Return a method of a benchmark, with options of its algorithm."""
    return {"id": name, "algorithm": algorithm, "options": options}


BERT = method("BERT", "finetune")
PLAIN = method("Plain", "finetune")
JOINT = method("Joint", "joint")
MAML = method("MAML", "maml", inner_steps=2, inner_lr=0.01)
FOMAML = method("FOMAML", "fomaml", inner_steps=2, inner_lr=0.01)
REPTILE = method("Reptile", "reptile", inner_steps=2, inner_lr=0.01)

SHORT = {"max_length": 16}
TWO_TARGETS = {"target": ["embedded/grammar", "embedded/entailment"]}
REVIEWS = {"name": "my/reviews", "train": "train.csv", "text": ["sentence"]}
"""A custom task, without where its evaluation set comes from."""
OWN = {"target": ["my/reviews"], "define": [REVIEWS | {"scored_fraction": 0.25}]}

_ENCODER = {"id": "embedded/encoder", "weights": "random", "max_length": 32}
_TASKS = {"auxiliary": ["embedded/inference"], "target": ["embedded/entailment"]}
_META = {"tasks_per_step": 2, "batch_size": 4}


def benchmark(name: str, *methods: dict[str, Any], **sections: dict[str, Any]) -> str:
    """Return the text of a benchmark of the shipped encoder with random weights.

    A section's settings are added to the base, which is one target task; with ``meta``, an
    auxiliary task and the size of an outer batch too.
    """
    base: dict[str, dict[str, Any]] = {"model": _ENCODER, "tasks": {"target": ["embedded/grammar"]}}
    if "meta" in sections:
        base |= {"tasks": _TASKS, "meta": _META}
    merged = {key: base.get(key, {}) | sections.get(key, {}) for key in [*base, *sections]}
    last = {key: merged.pop(key) for key in ("compare",) if key in merged}  # as people write it
    return tomli_w.dumps({"schema": 1, "name": name, **merged, "methods": list(methods), **last})
