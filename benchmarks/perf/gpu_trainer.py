"""Trainer on batches that are there already, for a machine without rows."""

from __future__ import annotations

import tempfile
import time
from typing import TYPE_CHECKING, Any, final

import torch
import transformers
from torch import Tensor, nn
from typing_extensions import override

from perf.problem import Classifier, classifier

if TYPE_CHECKING:
    from collections.abc import Sequence

    from metabench.learning import Batch
    from perf.job import Shape

__all__ = ["trainer_seconds"]


def trainer_seconds(
    shape: Shape,
    batches: Sequence[Batch],
    device: torch.device,
    *,
    updates: int,
    warm: int,
    bf16: bool,
) -> float:
    """Return the seconds of one update of Trainer, set-up taken out."""
    model = _Model(classifier(shape, device, attention="sdpa").train())
    rows = [row for batch in batches for row in _rows(batch)]

    def run(count: int) -> float:
        with tempfile.TemporaryDirectory() as folder:
            trainer = transformers.Trainer(
                model=model,
                args=_arguments(folder, count, shape.batch, bf16=bf16, cpu=device.type == "cpu"),
                train_dataset=rows,
                data_collator=_collate,
            )
            trainer.remove_callback(transformers.PrinterCallback)
            begun = time.perf_counter()
            trainer.train()
            if device.type == "cuda":
                torch.cuda.synchronize(device)
            return time.perf_counter() - begun

    run(warm)
    return (run(updates + warm) - run(warm)) / updates


def _arguments(
    folder: str, steps: int, batch: int, *, bf16: bool, cpu: bool
) -> transformers.TrainingArguments:
    return transformers.TrainingArguments(
        output_dir=folder,
        max_steps=steps,
        per_device_train_batch_size=batch,
        learning_rate=2e-5,
        warmup_steps=0.1,
        bf16=bf16,
        use_cpu=cpu,
        save_strategy="no",
        logging_strategy="no",
        report_to="none",
        disable_tqdm=True,
        remove_unused_columns=False,
    )


def _rows(batch: Batch) -> list[dict[str, Any]]:
    lengths = batch.attention_mask.sum(1).tolist()
    return [
        {"input_ids": ids[:length].cpu(), "label": label}
        for ids, length, label in zip(batch.input_ids, lengths, batch.labels.tolist(), strict=True)
    ]


def _collate(rows: Sequence[dict[str, Any]]) -> dict[str, Tensor]:
    """Return a batch padded to its longest row rounded up to eight, as Trainer's collator does."""
    width = -(-max(len(row["input_ids"]) for row in rows) // 8) * 8
    ids = torch.zeros(len(rows), width, dtype=torch.int64)
    mask = torch.zeros(len(rows), width, dtype=torch.int64)
    for number, row in enumerate(rows):
        ids[number, : len(row["input_ids"])] = row["input_ids"]
        mask[number, : len(row["input_ids"])] = 1
    return {"input_ids": ids, "mask": mask, "labels": torch.tensor([r["label"] for r in rows])}


@final
class _Model(nn.Module):
    def __init__(self, inner: Classifier) -> None:
        super().__init__()
        self.inner = inner

    @override
    def forward(self, input_ids: Tensor, mask: Tensor, labels: Tensor) -> dict[str, Tensor]:
        logits = self.inner(input_ids, mask, torch.zeros_like(input_ids))
        return {"loss": nn.functional.cross_entropy(logits, labels), "logits": logits}
