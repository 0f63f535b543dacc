"""The inner loop of each algorithm that has one, alone: what it does on a target.

The modules of the algorithms take the same steps; there, what a meta-gradient needs is kept.

Differs: on a target, a support batch holds ``finetune.batch_size`` of its training examples; the
papers take all of them at each step.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import torch
from torch import Tensor

from metabench.learning import inner_path
from metabench_algorithms.maml_plus_plus import _by_layer, _layers
from metabench_algorithms.partial_maml import _SPANS
from metabench_algorithms.proto_maml import _Prototypes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from metabench.learning import Batch, Blocks, Learner
    from metabench_algorithms.options import (
        ImamlOptions,
        MamlOptions,
        MamlPlusPlusOptions,
        MetaSgdOptions,
        PartialMamlOptions,
        ProtoMamlOptions,
        ReptileOptions,
    )

__all__ = ["by_layer", "gradient_steps", "partial", "prototypes", "proximal", "rates"]

Support: TypeAlias = "Sequence[Batch]"


def gradient_steps(
    options: MamlOptions | ReptileOptions, learner: Learner, meta: Blocks, support: Support
) -> Tensor:
    """Return theta [P] after a gradient step per batch: MAML, FOMAML, Reptile.

    Source: Finn et al. 2017, algorithm 1, line 6; Nichol et al. 2018, algorithm 1.
    """
    *_, found = inner_path(learner, meta["theta"], support, inner_lr=options.inner_lr)
    return found


def partial(
    options: PartialMamlOptions, learner: Learner, meta: Blocks, support: Support
) -> Tensor:
    """Return theta [P] after steps of the head alone (ANIL) or of the body alone (BOIL).

    Source: Raghu et al. 2020, section 4; Oh et al. 2021, section 3.
    """
    theta = meta["theta"]
    for batch in support:
        part = learner.spans(batch.task)[_SPANS[options.inner_part]]
        theta = theta - options.inner_lr * learner.gradient(theta, batch, part)
    return theta


def rates(options: MetaSgdOptions, learner: Learner, meta: Blocks, support: Support) -> Tensor:
    """Return theta [P] after steps of the learned rate of each parameter.

    Source: Li et al. 2017, equation 2.
    """
    del options
    theta = meta["theta"]
    for batch in support:
        theta = theta - meta["rates"] * learner.gradient(theta, batch)
    return theta


def by_layer(
    options: MamlPlusPlusOptions, learner: Learner, meta: Blocks, support: Support
) -> Tensor:
    """Return theta [P] after steps of the learned rates of each layer and step.

    Source: Antoniou et al. 2019, section 4.
    """
    del options
    theta = meta["theta"]
    for batch, rate in zip(support, meta["rates"], strict=True):
        layers = _layers(learner, batch.task)
        theta = theta - _by_layer(rate, learner.gradient(theta, batch), layers)
    return theta


def proximal(options: ImamlOptions, learner: Learner, meta: Blocks, support: Support) -> Tensor:
    """Return theta [P] after gradient steps for the inner problem that is held to theta.

    Source: Rajeswaran et al. 2019, equation 3.
    """
    theta = meta["theta"]
    moved = torch.zeros_like(theta)
    for _ in range(options.inner_steps):
        phi = theta + moved
        slopes = [learner.gradient(phi, batch) for batch in support]
        pull = torch.stack(slopes).mean(0) + options.proximal * moved
        moved = moved - options.inner_lr * pull
    return theta + moved


def prototypes(
    options: ProtoMamlOptions, learner: Learner, meta: Blocks, support: Support
) -> Tensor:
    """Return theta [P] after MAML's steps from the head of the support set's prototypes.

    Source: Triantafillou et al. 2020, section 3.
    """
    start: Any = meta["theta"]
    if not support[0].labels.is_floating_point():
        head = learner.spans(support[0].task)["head"]
        start = _Prototypes(learner, start, support, head).start()
    *_, found = inner_path(learner, start, support, inner_lr=options.inner_lr)
    return found
