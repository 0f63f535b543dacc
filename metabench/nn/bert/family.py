"""The encoders with BERT's layer, and their names of its parameters.

The layer is `metabench.nn.bert.layer`; embeddings, rates of dropout and names differ.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, final

from metabench.nn.bert.layer import MODULES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import Tensor, nn

__all__ = ["POSITIONS", "PROJECTION", "TYPES", "WORDS", "Family", "family_of"]

PROJECTION = "embeddings.projection"
"""The name of the map from the embeddings' width to that of the layers."""
WORDS = "embeddings.word_embeddings.weight"
TYPES = "embeddings.token_type_embeddings.weight"
POSITIONS = "embeddings.position_embeddings.weight"


@final
@dataclass(frozen=True, slots=True)
class Family:
    """How a family differs from BERT.

    Args:
        offset: position of a text's first token.
        layer: name of a layer, ``{}`` for its number. Without ``{}`` all layers are shared.
        modules: its names of `MODULES`.
        others: its names of modules outside of the layers, by BERT's names.
        mixed: whether dropout follows the output of attention.
        out: whether dropout follows the output of the layer.
    """

    offset: int = 0
    layer: str = "encoder.layer.{}"
    modules: tuple[str, ...] = MODULES
    others: Mapping[str, str] = field(default_factory=dict)
    mixed: bool = True
    out: bool = True

    def renamed(self, p: Mapping[str, Tensor], layers: int) -> Mapping[str, Tensor]:
        """Return parameters, or vectors along them, by BERT's names.

        A shared layer has one name per use; values added under these names add up.
        """
        if self.modules is MODULES and not self.others:
            return p
        names = {
            f"encoder.layer.{number}.{ours}": f"{self.layer.format(number)}.{theirs}"
            for number in range(layers)
            for ours, theirs in zip(MODULES, self.modules, strict=True)
        }
        found = dict(p)
        for ours, theirs in (names | dict(self.others)).items():
            for kind in ("weight", "bias"):
                if f"{theirs}.{kind}" in p:
                    found[f"{ours}.{kind}"] = p[f"{theirs}.{kind}"]
        return found


_BERT = Family()
_DISTILBERT = Family(
    layer="transformer.layer.{}",
    modules=(
        "attention.q_lin", "attention.k_lin", "attention.v_lin", "attention.out_lin",
        "sa_layer_norm", "ffn.lin1", "ffn.lin2", "output_layer_norm",
    ),
    mixed=False,
)  # fmt: skip
_ALBERT = Family(
    layer="encoder.albert_layer_groups.0.albert_layers.0",
    modules=(
        "attention.query", "attention.key", "attention.value", "attention.dense",
        "attention.LayerNorm", "ffn", "ffn_output", "full_layer_layer_norm",
    ),
    others={PROJECTION: "encoder.embedding_hidden_mapping_in", "pooler.dense": "pooler"},
    out=False,
)  # fmt: skip
_ELECTRA = Family(others={PROJECTION: "embeddings_project"})
_FAIRSEQ = {"CamembertModel", "Data2VecTextModel", "RobertaModel", "XLMRobertaModel"}


def family_of(module: nn.Module) -> Family | None:
    """Return the family of a transformers module; None where its layer is not BERT's.

    Differs: RoBERTa's positions count all real tokens; transformers skips a padding token that is
    written in a text.
    """
    name = type(module).__name__
    config: Any = module.config
    if _unlike(name, config):
        return None
    if name in _FAIRSEQ:
        return Family(offset=config.pad_token_id + 1)
    known = {
        "AlbertModel": _ALBERT,
        "BertModel": _BERT,
        "DistilBertModel": _DISTILBERT,
        "ElectraModel": _ELECTRA,
        "ErnieModel": _BERT,
    }
    return known.get(name)


def _unlike(name: str, config: Any) -> bool:
    """Return whether a configuration needs a feature that BERT's layer lacks."""
    if getattr(config, "is_decoder", False) or getattr(config, "add_cross_attention", False):
        return True
    if getattr(config, "use_task_id", False):  # ERNIE's third embedding
        return True
    groups = (getattr(config, "num_hidden_groups", 1), getattr(config, "inner_group_num", 1))
    return name == "AlbertModel" and groups != (1, 1)
