"""The built-in adaptations. Import-light: this module only registers them.

Modules and packages, in the order in which data passes through:

    options: the options of the adaptations
    linear_probe: logistic or ridge regression on frozen features
    prototype: the class with the nearest mean of frozen features
    inner: the inner loop that the method was meta-trained with
"""

from __future__ import annotations

from metabench.api import AdaptationInfo, hookimpl
from metabench_adaptations.options import (
    FineTuningOptions,
    InnerOptions,
    LinearProbeOptions,
    PrototypeOptions,
)

__all__ = ["METABENCH_API", "metabench_adaptations"]

METABENCH_API = 1

_DEVLIN = "Devlin, Chang, Lee and Toutanova 2019, BERT"
_ALAIN = "Alain and Bengio 2016, Understanding Intermediate Layers Using Linear Classifier Probes"
_TIAN = "Tian et al. 2020, Rethinking Few-Shot Image Classification"
_FINN = "Finn, Abbeel and Levine 2017, Model-Agnostic Meta-Learning"
_SNELL = "Snell, Swersky and Zemel 2017, Prototypical Networks for Few-shot Learning"


@hookimpl
def metabench_adaptations() -> list[AdaptationInfo]:
    """Provide ``fine-tuning``, ``linear-probe``, ``prototype`` and ``inner``."""
    return [
        AdaptationInfo(
            name="fine-tuning",
            target=None,
            options=FineTuningOptions,
            summary="fine-tune encoder and head, as [finetune] sets it (the default)",
            references=(_DEVLIN,),
        ),
        AdaptationInfo(
            name="linear-probe",
            target="metabench_adaptations.linear_probe:LinearProbe",
            options=LinearProbeOptions,
            summary="logistic or ridge regression on the features of the frozen encoder",
            references=(_ALAIN, _TIAN),
        ),
        AdaptationInfo(
            name="prototype",
            target="metabench_adaptations.prototype:Prototype",
            options=PrototypeOptions,
            summary="the class with the nearest mean of the features of the frozen encoder",
            references=(_SNELL,),
            regression=False,
        ),
        AdaptationInfo(
            name="inner",
            target="metabench_adaptations.inner:Inner",
            options=InnerOptions,
            summary="the algorithm's own inner loop, with its learned rates",
            references=(_FINN,),
            inner_loop=True,
        ),
    ]
