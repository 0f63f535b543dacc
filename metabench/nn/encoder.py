"""A pretrained (or random) encoder with its tokenizer, and how its states become features."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, final

import torch
import transformers
from torch import nn
from transformers.utils.hub import cached_file

from metabench.errors import DataError
from metabench.nn.features import Pooling
from metabench.nn.pairs import separate_pairs
from metabench.nn.seeded import seeded
from metabench.nn.trial import Trial, tried
from metabench.tasks.architectures import (
    ENCODER_ALONE,
    check_architecture,
    check_pooling,
    saved_pooling,
)
from metabench.tasks.encoder import check_encoder

if TYPE_CHECKING:
    from collections.abc import Callable

    from metabench.seeding import Stream
    from metabench.spec.model.sections import ModelSpec
    from metabench.tasks.hub import Hub

__all__ = ["Encoder", "build_module", "load_encoder", "load_tokenizer", "parameter_names"]

_DROPOUTS = (
    "classifier_dropout", "classifier_dropout_prob", "cls_dropout", "seq_classif_dropout",
    "summary_last_dropout", "summary_first_dropout", "hidden_dropout_prob", "hidden_dropout",
)  # fmt: skip
"""Configuration names of the dropout of transformers' classifier; the first that is set counts."""
_DEVIATIONS = ("initializer_range", "init_std")

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
        """Whether features are made of a single token of each row."""
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
    separate_pairs(tokenizer)
    return tokenizer


def load_encoder(model: ModelSpec, *, hub: Hub, stream: Stream) -> Encoder:
    """Load an encoder; ``stream`` seeds whatever the checkpoint does not hold.

    Raises:
        DataError: it cannot be loaded, has a parameter that is no finite real number, has no pooler
            where one was asked for, or states that cannot be used.
    """
    place = _place(model, hub)
    whole = check_encoder(place, weights=model.weights) if isinstance(place, Path) else frozenset()
    with seeded(stream.child("encoder").seed, torch.device("cpu")):
        module, fresh = _load(model, place, offline=hub.offline)  # Any: transformers' own
    _check_parameters(module, model, whole)
    config: Any = module.config
    own_pooler = getattr(module, "pooler", None) is not None and not fresh
    pooling = _pooling(
        model,
        _saved_pooling(model, place, config, offline=hub.offline),
        own_pooler=own_pooler,
        has_pooler=getattr(module, "pooler", None) is not None,
    )
    module = module.float().eval()
    trial = _trial(module, model, pooling)
    return Encoder(
        module=module,
        pooling=pooling,
        width=trial.width,
        head_dropout=_first(config, () if trial.causal else _DROPOUTS, 0.0),
        head_std=_first(config, _DEVIATIONS, 0.02),
        takes_token_types=_takes_token_types(module),
    )


def build_module(config: Any) -> Any:
    """Return a transformers module with random weights in fp32: `_build`, from a configuration."""
    return _build(config, lambda auto, options: auto.from_config(config, **options))


def parameter_names(model: ModelSpec, *, hub: Hub) -> tuple[str, ...]:
    """Return the names of an encoder's parameters, in their order; reads no weights.

    Raises:
        DataError: it cannot be built.
    """
    blank = model.model_copy(update={"weights": "random"})
    with torch.device("meta"):
        module, _ = _load(blank, _place(model, hub), offline=hub.offline)
    if model.pooling not in {"auto", "pooler"} and hasattr(module, "pooler"):
        module.pooler = None
    return tuple(name for name, _ in module.named_parameters())


def _place(model: ModelSpec, hub: Hub) -> str | Path:
    return hub.model_folder(model.id) or model.id


def _load(model: ModelSpec, place: str | Path, *, offline: bool) -> tuple[Any, bool]:
    """Return the module, and whether its pooler (if any) is fresh."""
    try:
        config = transformers.AutoConfig.from_pretrained(
            place, revision=model.revision, local_files_only=offline, trust_remote_code=False
        )
        check_architecture(model.id, config.to_dict())
        if model.weights == "random":
            return build_module(config), True
        module, report = _build(
            config,
            lambda auto, options: auto.from_pretrained(
                place,
                config=config,
                revision=model.revision,
                local_files_only=offline,
                output_loading_info=True,
                use_safetensors=True,
                **options,
            ),
        )
    except DataError:
        raise
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


def _build(config: Any, make: Callable[[Any, dict[str, Any]], Any]) -> Any:
    """Return the model that ``make`` loads, with attention that can be differentiated twice.

    That is torch's SDPA where the architecture has it, else the eager one.
    """
    config.use_cache, config.return_dict = False, True
    alone = config.model_type in ENCODER_ALONE
    auto = transformers.AutoModelForTextEncoding if alone else transformers.AutoModel
    options = {"dtype": torch.float32, "trust_remote_code": False}
    try:
        made = make(auto, {**options, "attn_implementation": "sdpa"})
    except ValueError:  # the architecture has no such attention, or the error comes again
        made = make(auto, {**options, "attn_implementation": "eager"})
    module = made[0] if isinstance(made, tuple) else made
    for part in module.modules():
        if hasattr(part, "config"):  # of experts: grouped products have no second derivative
            part.config._experts_implementation = "eager"  # noqa: SLF001  (its only name)
    return made


def _trial(module: Any, model: ModelSpec, pooling: Pooling) -> Trial:
    """Return the trial of an encoder on a few tokens; remove a pooler that is not used.

    Raises:
        DataError: its states cannot be used, or not with this pooling.
    """
    unused = pooling != "pooler" and hasattr(module, "pooler")
    if unused:
        module.pooler = None
    with seeded(0, torch.device("cpu")):
        try:
            trial = tried(module)
        except TypeError:  # it calls its pooler, whatever that is
            if not unused:
                raise
            module.pooler = nn.Identity()
            trial = tried(module)
    if trial.problem:
        raise DataError(
            f"{trial.problem}, so it cannot be used",
            where=f"encoder {model.id!r}",
            hint="choose another encoder",
        )
    check_pooling(model.id, pooling, causal=trial.causal)
    return trial


def _check_parameters(module: nn.Module, model: ModelSpec, whole: frozenset[str]) -> None:
    for name, value in module.named_parameters():
        found = [other for other in whole if other == name or other.endswith(f".{name}")]
        if found or not bool(torch.isfinite(value).all()):
            what = "are integers" if found else "are not all finite"
            raise DataError(
                f"parameters {name!r} {what}",
                where=f"encoder {model.id!r}",
                hint="copy the encoder again, or choose another one",
            )


def _pooling(
    model: ModelSpec, saved: Pooling | None, *, own_pooler: bool, has_pooler: bool
) -> Pooling:
    if model.pooling == "auto":
        return saved or ("pooler" if own_pooler else "mean")
    if model.pooling == "pooler" and not has_pooler:
        raise DataError(
            "has no pooler", where=f"encoder {model.id!r}", hint='set model.pooling = "mean"'
        )
    return model.pooling


def _saved_pooling(
    model: ModelSpec, place: str | Path, config: Any, *, offline: bool
) -> Pooling | None:
    """Return the pooling that comes with the encoder, which counts for ``auto``; else None."""
    if model.pooling != "auto":
        return None
    if isinstance(place, Path):
        return saved_pooling(place, config.to_dict())
    file = cached_file(
        place,
        "1_Pooling/config.json",
        revision=model.revision,
        local_files_only=offline,
        _raise_exceptions_for_missing_entries=False,
    )
    return saved_pooling(Path(file or ".").parents[1] if file else Path(), config.to_dict())


def _takes_token_types(module: Any) -> bool:
    """Return whether the numbers of a pair's two texts are something that the module embeds."""
    embeds = getattr(module.config, "type_vocab_size", 0) > 1 or module.config.model_type == "xlnet"
    return embeds and "token_type_ids" in inspect.signature(module.forward).parameters


def _first(config: Any, names: tuple[str, ...], default: float) -> float:
    """Return the first of these values that a configuration sets."""
    found = (getattr(config, name, None) for name in names)
    return float(next((value for value in found if value is not None), default))


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
