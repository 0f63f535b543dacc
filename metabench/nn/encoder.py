"""A pretrained (or random) encoder with its tokenizer, and how its states become features."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, final

import torch
import transformers
from jaxtyping import Bool, Float
from torch import Tensor, nn

from metabench.errors import DataError
from metabench.nn.seeded import seeded
from metabench.tasks.encoder import check_encoder

if TYPE_CHECKING:
    from metabench.seeding import Stream
    from metabench.spec.model.sections import ModelSpec
    from metabench.tasks.hub import Hub

__all__ = ["Encoder", "Pooling", "load_encoder", "load_tokenizer", "pool"]

Pooling = Literal["pooler", "cls", "mean"]

transformers.logging.set_verbosity_error()
transformers.logging.disable_progress_bar()


@final
@dataclass(frozen=True)
class Encoder:
    """An encoder as every method finds it: fp32 on the CPU, in evaluation mode."""

    module: nn.Module
    pooling: Pooling
    width: int
    head_dropout: float
    head_std: float
    takes_token_types: bool

    @property
    def cls_only(self) -> bool:
        """Whether features are made of each row's first token alone."""
        return self.pooling != "mean"


def load_tokenizer(model: ModelSpec, *, hub: Hub) -> Any:
    """Return the encoder's fast tokenizer.

    Raises:
        DataError: there is none.
    """
    place = _place(model, hub)
    if isinstance(place, Path):
        check_encoder(place, weights="random")
    try:
        tokenizer = transformers.AutoTokenizer.from_pretrained(
            place, revision=model.revision, trust_remote_code=False, local_files_only=hub.offline
        )
    except Exception as error:
        raise _not_loaded(model, place, error) from error
    if not tokenizer.is_fast:
        raise DataError(
            "has no fast tokenizer", where=f"encoder {model.id!r}", hint="add its tokenizer.json"
        )
    return tokenizer


def load_encoder(model: ModelSpec, *, hub: Hub, stream: Stream) -> Encoder:
    """Load an encoder; ``stream`` seeds whatever the checkpoint does not hold.

    Raises:
        DataError: it cannot be loaded, has a parameter that is no finite real number, or has no
            pooler where one was asked for.
    """
    place = _place(model, hub)
    whole = check_encoder(place, weights=model.weights) if isinstance(place, Path) else frozenset()
    with seeded(stream.child("encoder").seed, torch.device("cpu")):
        module, fresh = _load(model, place, offline=hub.offline)  # Any: transformers' own
    _check_parameters(module, model, whole)
    own_pooler = getattr(module, "pooler", None) is not None and not fresh
    pooling = _pooling(model, own_pooler=own_pooler, has_pooler=hasattr(module, "pooler"))
    if pooling != "pooler" and hasattr(module, "pooler"):
        module.pooler = None
    config: Any = module.config
    return Encoder(
        module=module.float().eval(),
        pooling=pooling,
        width=config.hidden_size,
        head_dropout=_head_dropout(config),
        head_std=getattr(config, "initializer_range", 0.02),
        takes_token_types="token_type_ids" in inspect.signature(module.forward).parameters
        and getattr(config, "type_vocab_size", 0) > 1,
    )


def pool(
    states: Float[Tensor, "batch seq width"], mask: Bool[Tensor, "batch seq"], pooling: Pooling
) -> Float[Tensor, "batch width"]:
    """Return the first token's state (``cls``) or the mean over the real tokens (``mean``)."""
    if pooling == "cls":
        return states[:, 0]
    weight = mask.unsqueeze(-1).to(states.dtype)
    return (states * weight).sum(1) / weight.sum(1).clamp_min(1)


def _place(model: ModelSpec, hub: Hub) -> str | Path:
    return hub.model_folder(model.id) or model.id


def _load(model: ModelSpec, place: str | Path, *, offline: bool) -> tuple[Any, bool]:
    """Return the module, and whether its pooler (if any) is fresh."""
    options: dict[str, Any] = {"trust_remote_code": False}
    try:
        config = transformers.AutoConfig.from_pretrained(
            place, revision=model.revision, local_files_only=offline, **options
        )
        config.use_cache = False
        if model.weights == "random":
            module = transformers.AutoModel.from_config(
                config, dtype=torch.float32, attn_implementation="sdpa", **options
            )
            return module, True
        module, report = transformers.AutoModel.from_pretrained(
            place,
            config=config,
            revision=model.revision,
            local_files_only=offline,
            dtype=torch.float32,
            attn_implementation="sdpa",
            output_loading_info=True,
            use_safetensors=True,
            **options,
        )
    except Exception as error:
        raise _not_loaded(model, place, error) from error
    missing = [name for name in report["missing_keys"] if not name.startswith("pooler.")]
    if missing:
        raise DataError(
            f"lacks {len(missing)} parameters, the first is {missing[0]!r}",
            where=f"encoder {model.id!r}",
            hint='use a complete checkpoint, or model.weights = "random"',
        )
    return module, any(name.startswith("pooler.") for name in report["missing_keys"])


def _check_parameters(module: nn.Module, model: ModelSpec, whole: frozenset[str]) -> None:
    for name, value in module.named_parameters():
        found = [other for other in whole if other == name or other.endswith(f".{name}")]
        if found or not bool(torch.isfinite(value).all()):
            what = "are whole numbers" if found else "are not all finite"
            raise DataError(
                f"parameters {name!r} {what}",
                where=f"encoder {model.id!r}",
                hint="copy the encoder again, or choose another one",
            )


def _pooling(model: ModelSpec, *, own_pooler: bool, has_pooler: bool) -> Pooling:
    if model.pooling == "auto":
        return "pooler" if own_pooler else "mean"
    if model.pooling == "pooler" and not has_pooler:
        raise DataError(
            "has no pooler", where=f"encoder {model.id!r}", hint='set model.pooling = "mean"'
        )
    return model.pooling


def _head_dropout(config: Any) -> float:
    own = getattr(config, "classifier_dropout", None)
    return float(own if own is not None else getattr(config, "hidden_dropout_prob", 0.0))


def _not_loaded(model: ModelSpec, place: str | Path, error: Exception) -> DataError:
    reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    elsewhere = (
        f"set METABENCH_HUB (or --hub) to a folder that holds models/{model.id}, or give model.id"
        " a folder"
    )
    return DataError(
        f"cannot be loaded: {reason}",
        where=f"encoder {model.id!r}",
        hint="copy its files again, or choose another encoder"
        if isinstance(place, Path)
        else elsewhere,
    )
