"""The algorithms that ship with metabench; this module is light and only says what there is."""

from __future__ import annotations

from metabench.api import AlgorithmInfo, hookimpl
from metabench_algorithms.options import (
    FineTuneOptions,
    JointOptions,
    MamlOptions,
    ReptileOptions,
)

__all__ = ["METABENCH_API", "metabench_algorithms"]

METABENCH_API = 1

_DOU = (
    "Dou, Yu and Anastasopoulos 2019, Investigating Meta-Learning Algorithms for Low-Resource NLU"
)
_FINN = "Finn, Abbeel and Levine 2017, Model-Agnostic Meta-Learning"
_NICHOL = "Nichol, Achiam and Schulman 2018, On First-Order Meta-Learning Algorithms"
_LIU = "Liu, He, Chen and Gao 2019, Multi-Task Deep Neural Networks"


@hookimpl
def metabench_algorithms() -> list[AlgorithmInfo]:
    """Provide plain fine-tuning, joint training, MAML, FOMAML and Reptile."""
    return [
        AlgorithmInfo(
            name="finetune",
            target=None,
            options=FineTuneOptions,
            summary="plain fine-tuning of the encoder, without meta-training",
            references=("Devlin, Chang, Lee and Toutanova 2019, BERT",),
        ),
        AlgorithmInfo(
            name="joint",
            target="metabench_algorithms.joint:Joint",
            options=JointOptions,
            summary="joint (multi-task) training, then fine-tuning",
            references=(_LIU, _DOU),
        ),
        AlgorithmInfo(
            name="maml",
            target="metabench_algorithms.maml:Maml",
            options=MamlOptions,
            summary="model-agnostic meta-learning with exact second derivatives",
            references=(_FINN, _DOU),
        ),
        AlgorithmInfo(
            name="fomaml",
            target="metabench_algorithms.maml:Maml",
            options=MamlOptions,
            summary="first-order MAML: the second derivatives are left out",
            references=(_FINN, _DOU),
            preset={"second_order": False},
        ),
        AlgorithmInfo(
            name="reptile",
            target="metabench_algorithms.reptile:Reptile",
            options=ReptileOptions,
            summary="move towards the parameters that a task's inner loop ends at",
            references=(_NICHOL, _DOU),
        ),
    ]
