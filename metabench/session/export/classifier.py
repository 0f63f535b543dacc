"""A fine-tuned model as transformers knows it: its own classifier class, or encoder and head."""

from __future__ import annotations

import copy
import inspect
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, final

import torch
import transformers

from metabench.nn.seeded import seeded
from metabench.session.export import predict_script

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from torch import Tensor, nn

    from metabench.nn.encoder import Encoder

__all__ = [
    "Classifier",
    "as_classifier",
    "as_encoder",
    "classifier_outputs",
    "script_outputs",
    "script_text",
]

_BATCH = 32


@final
@dataclass(frozen=True, slots=True)
class Classifier:
    """The parts of a fine-tuned model, all of them on the CPU.

    Args:
        encoder: the source of structure and config.
        values: parameters of the encoder by name.
        weight: [outputs, width] of the head.
        bias: [outputs] of the head.
        labels: names of the classes in the order of their numbers; empty for regression.
        model_id: the encoder's public name, instead of a local folder.
    """

    encoder: Encoder
    values: Mapping[str, Tensor]
    weight: Tensor
    bias: Tensor
    labels: tuple[str, ...]
    model_id: str


def as_classifier(model: Classifier) -> Any:
    """Return an ``AutoModelForSequenceClassification``; None where its class computes otherwise.

    It fits where the encoder is used with its own pooler and the class adds one linear layer to it,
    as that of BERT does; whether the outputs are equal has still to be tried.
    """
    if model.encoder.pooling != "pooler":
        return None
    with seeded(0, torch.device("cpu")):
        try:
            whole: Any = transformers.AutoModelForSequenceClassification.from_config(
                _config(model), dtype=torch.float32, trust_remote_code=False
            )
        except ValueError:  # transformers has no such class for this encoder
            return None
    inner: nn.Module = whole.base_model
    own = {id(value) for value in inner.parameters()}
    head = {name: value for name, value in whole.named_parameters() if id(value) not in own}
    shapes = [tuple(value.shape) for value in head.values()]
    names = {name for name, _ in inner.named_parameters()}
    if names != model.values.keys() or shapes != [model.weight.shape, model.bias.shape]:
        return None
    inner.load_state_dict(model.values, strict=False)  # the rest are buffers
    with torch.no_grad():
        for value, new in zip(head.values(), (model.weight, model.bias), strict=True):
            value.copy_(new)
    return whole.eval()


def as_encoder(model: Classifier) -> tuple[Any, dict[str, Tensor]]:
    """Return the encoder as an ``AutoModel``, and the head's tensors, for ``predict.py``."""
    encoder: Any = copy.deepcopy(model.encoder.module).cpu()
    encoder.load_state_dict(model.values, strict=False)
    encoder.config = _config(model)
    encoder.config.classifier_pooling = model.encoder.pooling
    return encoder.eval(), {"weight": model.weight.clone(), "bias": model.bias.clone()}


@torch.inference_mode()
def classifier_outputs(folder: Path, rows: Sequence[Sequence[str]]) -> Tensor:
    """Return the outputs [examples, outputs] of a folder, as any user of transformers gets them."""
    # A folder of ours, not an id of the hub.
    tokenizer: Any = transformers.AutoTokenizer.from_pretrained(  # nosec B615
        folder, trust_remote_code=False
    )
    model = transformers.AutoModelForSequenceClassification.from_pretrained(  # nosec B615
        folder, trust_remote_code=False
    )
    parts = []
    for start in range(0, len(rows), _BATCH):
        texts = map(list, zip(*rows[start : start + _BATCH], strict=True))
        encoded = tokenizer(*texts, truncation=True, padding=True, return_tensors="pt")
        parts.append(model.eval()(**encoded).logits)
    return torch.cat(parts)


def script_outputs(folder: Path, rows: Sequence[Sequence[str]]) -> Tensor:
    """Return the outputs [examples, outputs] that ``predict.py`` computes in a folder."""
    return predict_script.Predictor(folder).outputs(rows)


def script_text() -> str:
    """Return the text of ``predict.py``."""
    return inspect.getsource(predict_script)


def _config(model: Classifier) -> Any:
    """Return the encoder's config with the task's labels, without the places of this machine."""
    config: Any = copy.deepcopy(model.encoder.module.config)
    names = model.labels or ("score",)
    config.num_labels = len(names)
    config.id2label = dict(enumerate(names))
    config.label2id = {name: index for index, name in enumerate(names)}
    config.problem_type = "single_label_classification" if model.labels else "regression"
    config.name_or_path = model.model_id
    config.dtype = torch.float32
    return config
