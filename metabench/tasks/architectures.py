"""The supported architectures of transformers, known before anything is loaded.

`tests/integration/test_zoo.py` builds each architecture and checks these tables against it. An
architecture in no table is tried when it is loaded (`metabench.nn.trial`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

from metabench.errors import DataError
from metabench.tasks.weights import read_object

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = [
    "CAUSAL",
    "ENCODER_ALONE",
    "MASKED_LM",
    "POOLED",
    "REFUSED",
    "USABLE",
    "Pooling",
    "check_architecture",
    "check_pooling",
    "saved_pooling",
]


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


Pooling: TypeAlias = Literal["pooler", "cls", "mean", "last"]

POOLED: Final = _names("""
    albert bert big_bird camembert data2vec-text ernie esm ibert jina_embeddings_v3 layoutlm luke
    markuplm megatron-bert mobilebert mpnet rembert roberta roberta-prelayernorm roc_bert
    squeezebert tapas xlm-roberta xlm-roberta-xl
""")
"""Encoders with a pooler."""

_UNPOOLED: Final = _names("""
    bart bert-generation bigbird_pegasus deberta deberta-v2 distilbert electra esmc
    eurobert flaubert gte mbart modernbert mt5 mvp nomic_bert plbart roformer
    t5 tipsv2_text_model ultrabert umt5 xlm xlnet
""")

CAUSAL: Final = _names("""
    afmoe apertus arcee aria_text axk2 bailing_hybrid bamba beam biogpt bitnet bloom
    clip_text_model codegen cohere cohere2 cohere2_moe ctrl cwm deepseek_v2 deepseek_v4 diffllama
    doge ernie4_5 ernie4_5_moe exaone4 exaone_moe falcon falcon_h1 falcon_mamba flex_olmo flint
    gemma gemma2 gemma3_text glm glm4 glm4_moe glm4_moe_lite gpt-sw3 gpt2 gpt_bigcode gpt_neo
    gpt_neox gpt_neox_japanese gpt_oss gptj granite granite_swa granitemoe granitemoe_swa
    granitemoeshared helium hrm_text hunyuan_v1_dense hunyuan_v1_moe hy_v3 hyperclovax
    inkling_text internlm3 iquestcoder jais2 jamba jetmoe kimi_linear kolibri1 laguna lfm2 lfm3
    llama llama4_text mamba mamba2 mellum minicpm3 minimax minimax_m2 minimax_m3_vl_text ministral
    ministral3 mistral mixtral modernbert-decoder molmo2_text moshi mpt nanochat nemotron
    nemotron_h olmo olmo2 olmo3 olmo_hybrid olmoe openai-gpt opt persimmon phi phi3 phimoe qwen2
    qwen2_moe qwen3 qwen3_5_moe_text qwen3_5_text qwen3_moe qwen3_next qwen4_exp_text
    recurrent_gemma rwkv seed_oss smollm3 solar_open stablelm starcoder2 vaultgemma xlstm zaya
""")
"""Decoders: a token's state depends on earlier tokens alone."""

USABLE: Final = POOLED | _UNPOOLED | CAUSAL

ENCODER_ALONE: Final = frozenset({"mt5", "t5", "umt5"})
"""Loaded by ``AutoModelForTextEncoding``: without the decoder, which needs further inputs."""

MASKED_LM: Final = _names("""
    albert bert big_bird camembert data2vec-text deberta deberta-v2 distilbert electra
    ernie esm esmc eurobert flaubert gte ibert jina_embeddings_v3 layoutlm luke
    megatron-bert mobilebert modernbert mpnet nomic_bert rembert roberta
    roberta-prelayernorm roc_bert roformer squeezebert tapas ultrabert xlm xlm-roberta
    xlm-roberta-xl
""")
"""Encoders with a masked language model, which ``[pretrain]`` needs."""

_REASONS: Final = {
    "reads images, sounds or bytes, and not only tokens of a text": """
        blt canine dots3_note emu3 fuyu gemma3 gemma3n gemma4 gemma4_assistant gemma4_unified
        gemma4_unified_assistant git got_ocr2 layoutlmv2 layoutlmv3 llama4 mllama modernvbert
        moss_transcribe_diarize musicgen musicgen_melody neomme perceiver phi4_multimodal qwen3_5
        qwen3_5_moe qwen4_exp t5gemma2 trocr ultravbert whisper""",
    "has a decoder that needs separate inputs": """
        blenderbot blenderbot-small marian pegasus prophetnet t5gemma""",
    "computes other states for a text with padding": """
        convbert cpmant fnet funnel nystromformer yoso""",
    "has derivatives that are not finite at padding": "longformer",
    "draws random numbers in each pass that no seed repeats": "reformer",
    "needs positions of words on a page": "lilt",
    "needs a language with each text": "xmod",
    "cannot be compared with double precision": "inkling2_text mra xglm",
    "has not been compared with transformers' own derivatives": """
        axk1 cohere_compass_text dbrx deepseek_v3 deepseek_v32 dots1 dots3_note_text gemma3n_text
        gemma4_text gemma4_unified_text glm_moe_dsa granitemoehybrid hy_v4 lfm2_moe longcat_flash
        mimo_v2_flash mistral4 youtu zamba zamba2""",
}

REFUSED: Final = {name: why for why, names in _REASONS.items() for name in names.split()}
"""Why an architecture cannot be used, by its ``model_type``."""

_ANOTHER: Final = "choose another encoder, such as a BERT, RoBERTa, DeBERTa or ModernBERT"
_POOLING_FILE: Final = "1_Pooling/config.json"
_SAVED: Final = {
    "pooling_mode_cls_token": "cls",  # nosec B105  (a token of a text, and no password)
    "pooling_mode_mean_tokens": "mean",
    "pooling_mode_lasttoken": "last",
}


def check_architecture(
    model: str, config: Mapping[str, Any], *, pooling: str = "auto", masked_lm: bool = False
) -> None:
    """Refuse an encoder that cannot be used, or not with these settings.

    Args:
        model: the encoder, for messages.
        config: the content of its ``config.json``.
        pooling: ``model.pooling``.
        masked_lm: whether ``[pretrain]`` trains it.

    Raises:
        DataError: its architecture is refused, or lacks the requested feature.
    """
    kind = config.get("model_type")
    where = f"encoder {model!r}"
    if kind in REFUSED:
        raise DataError(
            f"its architecture {kind!r} {REFUSED[kind]}, so it cannot be used",
            where=where,
            hint=_ANOTHER,
        )
    if kind not in USABLE:
        return
    if pooling == "pooler" and kind not in POOLED:
        raise DataError("has no pooler", where=where, hint='set model.pooling = "mean"')
    check_pooling(model, pooling, causal=kind in CAUSAL)
    if masked_lm and kind not in MASKED_LM:
        raise DataError(
            f"transformers has no masked language model for {kind!r}",
            where="[pretrain]",
            hint="leave [pretrain] out, or use another encoder",
        )


def check_pooling(model: str, pooling: str, *, causal: bool) -> None:
    """Refuse the first token's state of a decoder, which is the same for every text.

    Raises:
        DataError: it is requested.
    """
    if pooling == "cls" and causal:
        raise DataError(
            'model.pooling = "cls", but the first token of a decoder sees no other token',
            where=f"encoder {model!r}",
            hint='set model.pooling = "last" or "mean"',
        )


def saved_pooling(folder: Path, config: Mapping[str, Any]) -> Pooling | None:
    """Return the pooling of ``model.pooling = "auto"`` where the files define it; else None.

    It is that of a sentence-transformers encoder, or the last token's state for a decoder, as in
    transformers' classifiers.

    Raises:
        DataError: the file of the pooling cannot be read, or names one that metabench lacks.
    """
    path = folder / _POOLING_FILE
    if not path.is_file():
        return "last" if config.get("model_type") in CAUSAL else None
    wanted = [name for name, value in read_object(path).items() if value is True]
    modes = [name for name in wanted if name.startswith("pooling_mode_")]
    if len(modes) != 1 or modes[0] not in _SAVED:
        raise DataError(
            f"asks for the pooling {', '.join(modes) or 'none'}, which metabench does not have",
            where=str(path),
            hint='set model.pooling to "mean", "cls" or "last"',
        )
    pooling: Any = _SAVED[modes[0]]
    found: Pooling = pooling
    return found
