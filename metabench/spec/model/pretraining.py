"""The ``[pretrain]`` table: stage 1, where the encoder isn't taken as it comes."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from metabench.api.options import Options
from metabench.spec.model.values import Count, Fraction, Rate, Seed

__all__ = ["PretrainSpec"]


class PretrainSpec(Options):
    """Stage 1: masked-language-model training of the encoder on the tasks' texts."""

    corpus: Literal["tasks"] = "tasks"
    """``tasks``: the training texts of all auxiliary and target tasks."""
    steps: Count
    """Updates."""
    batch_size: Count = 32
    """Rows an update."""
    lr: Rate = 5e-4
    """Peak learning rate of AdamW; a tenth of the steps warms up, then it falls linearly to 0."""
    mlm_probability: Fraction = 0.15
    """Share of the tokens that are to be predicted."""
    decay: Literal["all", "matrices"] = "all"
    """The parameters with a weight decay of 0.01: ``matrices`` excludes biases and normalization,
    as BERT does."""
    clip: Annotated[float, Field(ge=0)] = 0.0
    """Largest norm of the gradient, 1.0 for BERT; 0 clips nothing."""
    seed: Seed = 0
    """One encoder for all methods and seeds."""
    later_fields: ClassVar[frozenset[str]] = frozenset({"decay", "clip"})
