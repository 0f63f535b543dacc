"""A fine-tuned model as a folder for transformers, tried before it gets its name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, final

import numpy as np
import safetensors.torch
import torch

from metabench.data.rows import load_rows
from metabench.data.tokens import load_tokens
from metabench.engine.evaluate import evaluate
from metabench.engine.parameters import named
from metabench.errors import SetupError
from metabench.nn.encoder import load_tokenizer
from metabench.plan.cell import MetaWork, PretrainWork
from metabench.session.export.classifier import (
    Classifier,
    as_classifier,
    as_encoder,
    classifier_outputs,
    script_outputs,
    script_text,
)
from metabench.session.export.folder import beside
from metabench.session.export.model_card import ModelCard, render_model_card
from metabench.store.atomic import commit_bytes, commit_folder, empty_folder

if TYPE_CHECKING:
    from pathlib import Path

    from torch import Tensor

    from metabench.plugin.catalog import Catalog
    from metabench.session.cell.context import WorkerContext
    from metabench.session.replay.replay import Replay
    from metabench.store.records.run import RunNote

__all__ = ["TOLERANCE", "Exported", "export_model"]

TOLERANCE = 1e-4
"""Tolerance between an output of the export and that of the learner: both are float32, and they
differ in the order of sums."""

_TRIED_ROWS = 64
_ROUNDING = 1e-6
"""How far a float32 output may be from a number of size 1."""


@final
@dataclass(frozen=True, slots=True)
class Exported:
    """The result of an export.

    Args:
        plain: whether it needs ``predict.py``.
        rows: number of examples of the trial.
        largest: largest deviation of an output.
    """

    plain: bool
    rows: int
    largest: float


def export_model(
    made: Replay, target: Path, *, context: WorkerContext, catalog: Catalog, note: RunNote
) -> Exported:
    """Write a folder, complete or not at all, and return the result.

    The folder is loaded again and tried on evaluation examples before it gets its name.

    Raises:
        SetupError: the folder does not compute the fine-tuned model.
        StoreError: the disk is full or the folder cannot be written.
    """
    rows, expected = _trial(made, context)
    with beside(target) as folder:
        exported = _write(made, folder, context=context, rows=rows, expected=expected)
        card = _card(made, exported, context, catalog=catalog, note=note)
        commit_bytes(folder / "README.md", render_model_card(card).encode())
        readable = (folder / "README.md").stat().st_mode
        for file in folder.iterdir():
            file.chmod(readable)  # safetensors leaves its files to their owner alone
        commit_folder(folder, target)
    return exported


def _write(
    made: Replay,
    folder: Path,
    *,
    context: WorkerContext,
    rows: Sequence[Sequence[str]],
    expected: Tensor,
) -> Exported:
    model = _classifier(made)
    tokenizer: Any = load_tokenizer(made.work.model, hub=context.runtime.hub)
    tokenizer.model_max_length = made.work.model.max_length  # so that truncation=True is enough
    exported = write_model(model, tokenizer, folder, rows=rows, expected=expected)
    tolerance = _tolerance(made)
    if exported.largest > tolerance and not exported.plain:
        empty_folder(folder)
        exported = write_plain(model, tokenizer, folder, rows=rows, expected=expected)
    if exported.largest > tolerance:
        raise SetupError(
            f"the exported model computes something else: an output is off by"
            f" {exported.largest:.2g}",
            where=f"encoder {made.work.model.id!r}",
            hint="report it with the encoder's config.json",
        )
    return exported


def write_model(
    model: Classifier,
    tokenizer: Any,
    folder: Path,
    *,
    rows: Sequence[Sequence[str]],
    expected: Tensor,
) -> Exported:
    """Write transformers' classifier where the model has that form, else the plain form.

    Args:
        model: the model by its parts.
        tokenizer: its tokenizer.
        folder: an empty folder.
        rows: texts of the trial.
        expected: their outputs.
    """
    whole = as_classifier(model)
    if whole is None:
        return write_plain(model, tokenizer, folder, rows=rows, expected=expected)
    _save_tokenizer(model, tokenizer, folder)
    whole.save_pretrained(folder)
    try:
        largest = _largest(classifier_outputs(folder, rows), expected)
    except (IndexError, RuntimeError, TypeError, ValueError):  # the class wants other inputs
        empty_folder(folder)
        return write_plain(model, tokenizer, folder, rows=rows, expected=expected)
    return Exported(plain=False, rows=len(rows), largest=largest)


def write_plain(
    model: Classifier,
    tokenizer: Any,
    folder: Path,
    *,
    rows: Sequence[Sequence[str]],
    expected: Tensor,
) -> Exported:
    """Write the encoder, the head and the script that computes with them, as `write_model`."""
    encoder, head = as_encoder(model)
    _save_tokenizer(model, tokenizer, folder)
    encoder.save_pretrained(folder)
    commit_bytes(folder / "classifier.safetensors", safetensors.torch.save(head))
    commit_bytes(folder / "predict.py", script_text().encode())
    largest = _largest(script_outputs(folder, rows), expected)
    return Exported(plain=True, rows=len(rows), largest=largest)


def _classifier(made: Replay) -> Classifier:
    task = made.work.task.card
    learner = made.tuned.learner
    values = named(made.tuned.theta.detach().cpu(), learner.layout)
    weight, bias = values[f"{task.name}.weight"], values[f"{task.name}.bias"]
    scale = made.tuned.train.scale
    if scale is not None:  # the head itself gives the task's unit
        weight = (weight.double() * scale.deviation).float()
        bias = (bias.double() * scale.deviation + scale.mean).float()
    return Classifier(
        encoder=learner.encoder,
        values={
            **{name: value.cpu().clone() for name, value in learner.frozen.items()},
            **{place.name: values[place.name].clone() for place in learner.layout.encoder},
        },
        weight=weight,
        bias=bias,
        labels=task.labels,
        model_id=made.work.model.id,
    )


def _save_tokenizer(model: Classifier, tokenizer: Any, folder: Path) -> None:
    """Save a tokenizer that pads and numbers texts as the learner's batches do."""
    segments = ["token_type_ids"] * model.encoder.takes_token_types
    names = ["input_ids", *segments, "attention_mask"]
    tokenizer.model_input_names = tokenizer.init_kwargs["model_input_names"] = names
    tokenizer.padding_side = "right"
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token or tokenizer.convert_ids_to_tokens(0)
    for word in ("is_local", "local_files_only"):  # how it was loaded is of no interest
        tokenizer.init_kwargs.pop(word, None)
    tokenizer.save_pretrained(folder)


def _trial(made: Replay, context: WorkerContext) -> tuple[Sequence[Sequence[str]], Tensor]:
    """Return some evaluation examples with their outputs: float32, on the CPU."""
    work, tuned = made.work, made.tuned
    texts = load_rows(work.task, "scored", hub=context.runtime.hub).texts
    cpu = torch.device("cpu")
    table = load_tokens(
        work.task,
        "scored",
        tokenizer=context.tokenizer(work.model),
        max_length=work.model.max_length,
        hub=context.runtime.hub,
        device=cpu,
        cache=context.runtime.cache,
    )
    table = table.take(np.arange(min(_TRIED_ROWS, len(table))))
    learner = replace(tuned.learner, device=cpu, autocast=False)
    raw = evaluate(learner, tuned.theta.cpu(), table, task=work.task.card.name)
    return [*zip(*texts, strict=True)][:_TRIED_ROWS], torch.from_numpy(tuned.in_unit(raw))


def _tolerance(made: Replay) -> float:
    """Return how far an output may be off, in the task's unit."""
    scale = made.tuned.train.scale
    if scale is None:
        return TOLERANCE
    return TOLERANCE * scale.deviation + _ROUNDING * abs(scale.mean)


def _largest(outputs: Tensor, expected: Tensor) -> float:
    return float((outputs.double() - expected.double()).abs().max())


def _card(
    made: Replay, exported: Exported, context: WorkerContext, *, catalog: Catalog, note: RunNote
) -> ModelCard:
    work = made.work
    used = [
        context.assignment.cells[key].work for key in (work.initialisation, work.encoder) if key
    ]
    meta = next((each for each in used if isinstance(each, MetaWork)), None)
    algorithm = catalog.algorithms.get(meta.algorithm.name if meta else "finetune")
    adaptation = work.adaptation and catalog.adaptations.get(work.adaptation.name)
    sources = [offer.value.references for offer in (algorithm, adaptation) if offer]
    return ModelCard(
        benchmark=note.name,
        smoke=note.smoke,
        work=work,
        meta=meta,
        pretrain=next((each for each in used if isinstance(each, PretrainWork)), None),
        result=made.result,
        references=tuple(text for references in sources for text in references),
        pooling=made.tuned.learner.encoder.pooling,
        plain=exported.plain,
        agreement=str(made.agreement),
    )
