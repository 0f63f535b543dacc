"""The built-in algorithms. Import-light: this module only registers them.

Modules and packages, in the order in which data passes through:

    options: the options; docs/reference/paper_settings.md compares their defaults with the paper
    joint: joint training
    maml: MAML and FOMAML
    reptile: Reptile
    partial_maml: ANIL and BOIL
    meta_sgd: Meta-SGD
    maml_plus_plus: MAML++
    imaml: iMAML
    proto_maml: ProtoMAML
    pcgrad: PCGrad
    inner_loops: the inner loop of each, alone, for `adaptation = "inner"`
"""

from __future__ import annotations

from metabench.api import AlgorithmInfo, hookimpl
from metabench_algorithms.options import (
    FineTuneOptions,
    ImamlOptions,
    JointOptions,
    MamlOptions,
    MamlPlusPlusOptions,
    MetaSgdOptions,
    PartialMamlOptions,
    PcGradOptions,
    ProtoMamlOptions,
    ReptileOptions,
)

__all__ = ["METABENCH_API", "metabench_algorithms"]

METABENCH_API = 1

_INNER = "metabench_algorithms.inner_loops"

_DOU = (
    "Dou, Yu and Anastasopoulos 2019, Investigating Meta-Learning Algorithms for Low-Resource NLU"
)
_FINN = "Finn, Abbeel and Levine 2017, Model-Agnostic Meta-Learning"
_NICHOL = "Nichol, Achiam and Schulman 2018, On First-Order Meta-Learning Algorithms"
_LIU = "Liu, He, Chen and Gao 2019, Multi-Task Deep Neural Networks"

_RAGHU = "Raghu, Raghu, Bengio and Vinyals 2020, Rapid Learning or Feature Reuse?"
_OH = "Oh, Yoo, Kim and Yun 2021, BOIL: Towards Representation Change for Few-shot Learning"
_LI = "Li, Zhou, Chen and Li 2017, Meta-SGD: Learning to Learn Quickly for Few-Shot Learning"
_ANTONIOU = "Antoniou, Edwards and Storkey 2019, How to Train Your MAML"
_RAJESWARAN = "Rajeswaran, Finn, Kakade and Levine 2019, Meta-Learning with Implicit Gradients"
_TRIANTAFILLOU = "Triantafillou et al. 2020, Meta-Dataset"
_SNELL = "Snell, Swersky and Zemel 2017, Prototypical Networks for Few-shot Learning"
_YU = "Yu et al. 2020, Gradient Surgery for Multi-Task Learning"


@hookimpl
def metabench_algorithms() -> list[AlgorithmInfo]:
    """Provide plain fine-tuning, joint training, and methods of meta-learning."""
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
            inner_loop=f"{_INNER}:gradient_steps",
        ),
        AlgorithmInfo(
            name="fomaml",
            target="metabench_algorithms.maml:Maml",
            options=MamlOptions,
            summary="first-order MAML: the second derivatives are left out",
            references=(_FINN, _DOU),
            preset={"second_order": False},
            inner_loop=f"{_INNER}:gradient_steps",
        ),
        AlgorithmInfo(
            name="reptile",
            target="metabench_algorithms.reptile:Reptile",
            options=ReptileOptions,
            summary="move towards the parameters that a task's inner loop ends at",
            references=(_NICHOL, _DOU),
            inner_loop=f"{_INNER}:gradient_steps",
        ),
        *_variants_of_maml(),
        AlgorithmInfo(
            name="imaml",
            target="metabench_algorithms.imaml:Imaml",
            options=ImamlOptions,
            summary="implicit MAML: a proximal inner problem and conjugate gradients, no path",
            references=(_RAJESWARAN,),
            inner_loop=f"{_INNER}:proximal",
        ),
        AlgorithmInfo(
            name="pcgrad",
            target="metabench_algorithms.pcgrad:PcGrad",
            options=PcGradOptions,
            summary="joint training without what conflicts between the tasks' gradients",
            references=(_YU,),
        ),
    ]


def _variants_of_maml() -> list[AlgorithmInfo]:
    """Return the algorithms that differentiate a path of inner steps as MAML does."""
    return [
        AlgorithmInfo(
            name="anil",
            target="metabench_algorithms.partial_maml:PartialMaml",
            options=PartialMamlOptions,
            summary="MAML whose inner loop moves the head alone",
            references=(_RAGHU, _FINN),
            preset={"inner_part": "head"},
            inner_loop=f"{_INNER}:partial",
        ),
        AlgorithmInfo(
            name="boil",
            target="metabench_algorithms.partial_maml:PartialMaml",
            options=PartialMamlOptions,
            summary="MAML whose inner loop moves the body alone",
            references=(_OH, _FINN),
            preset={"inner_part": "body"},
            inner_loop=f"{_INNER}:partial",
        ),
        AlgorithmInfo(
            name="meta-sgd",
            target="metabench_algorithms.meta_sgd:MetaSgd",
            options=MetaSgdOptions,
            summary="MAML that learns an inner rate for each parameter",
            references=(_LI,),
            inner_loop=f"{_INNER}:rates",
        ),
        AlgorithmInfo(
            name="maml++",
            target="metabench_algorithms.maml_plus_plus:MamlPlusPlus",
            options=MamlPlusPlusOptions,
            summary="MAML with multi-step loss, learned rates by layer and step, late second order",
            references=(_ANTONIOU,),
            inner_loop=f"{_INNER}:by_layer",
        ),
        AlgorithmInfo(
            name="protomaml",
            target="metabench_algorithms.proto_maml:ProtoMaml",
            options=ProtoMamlOptions,
            summary="MAML whose head begins as a nearest-prototype classifier",
            references=(_TRIANTAFILLOU, _SNELL),
            inner_loop=f"{_INNER}:prototypes",
        ),
    ]
