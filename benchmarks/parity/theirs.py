"""The Trainer's side: transformers' own tokenization, collation, AdamW, schedule and clipping.

Only the pooling and the head are written out, as transformers has none for an encoder without a
pooler; everything that is compared is Trainer's.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, final

import numpy as np
import torch
import transformers
from torch import Tensor, nn
from torch.utils.data import DataLoader
from transformers.modeling_outputs import SequenceClassifierOutput
from typing_extensions import override

from parity.setting import Setting, Trained

if TYPE_CHECKING:
    from metabench.data.order import RowNumbers
    from metabench.data.rows import Rows

__all__ = ["fine_tune"]


def fine_tune(setting: Setting, *, scored: bool) -> Trained:
    """Fine-tune with Trainer; return the losses and, if ``scored``, the scored rows' outputs."""
    model = _Model(setting)
    tokenizer = setting.tokenizer()
    with tempfile.TemporaryDirectory() as folder:
        trainer = _Trainer(
            setting.order(),
            model=model,
            args=_arguments(setting, folder),
            train_dataset=_examples(setting, setting.rows("train"), tokenizer),
            data_collator=transformers.DataCollatorWithPadding(tokenizer, pad_to_multiple_of=8),
        )
        trainer.remove_callback(transformers.PrinterCallback)
        trainer.train()
        losses = model.losses[: setting.steps]
        if not scored:
            return Trained(losses)
        examples: Any = _examples(setting, setting.rows("scored"), tokenizer)
        outputs = trainer.predict(examples).predictions
    return Trained(losses, np.asarray(outputs, dtype=np.float32))


def _arguments(setting: Setting, folder: str) -> transformers.TrainingArguments:
    optimizer = setting.finetune.optimizer
    return transformers.TrainingArguments(
        output_dir=folder,
        max_steps=setting.steps,
        per_device_train_batch_size=setting.finetune.batch_size,
        per_device_eval_batch_size=64,
        learning_rate=optimizer.lr,
        warmup_steps=optimizer.warmup,  # a share of the steps where it is below one
        lr_scheduler_type="linear",
        weight_decay=optimizer.weight_decay,
        adam_beta1=optimizer.betas[0],
        adam_beta2=optimizer.betas[1],
        adam_epsilon=optimizer.eps,
        max_grad_norm=optimizer.clip or 0.0,
        seed=setting.seed,
        save_strategy="no",
        logging_strategy="no",
        report_to="none",
        use_cpu=True,
        disable_tqdm=True,
        remove_unused_columns=False,
        dataloader_pin_memory=False,
    )


def _examples(setting: Setting, rows: Rows, tokenizer: Any) -> list[dict[str, Any]]:
    encoded = tokenizer(*rows.texts, truncation=True, max_length=setting.model.max_length)
    return [
        {**{name: values[row] for name, values in encoded.items()}, "labels": label}
        for row, label in enumerate(rows.labels.tolist())
    ]


@final
class _Trainer(transformers.Trainer):
    """Trainer, but for the order of the rows."""

    def __init__(self, order: Sequence[RowNumbers], **settings: Any) -> None:
        super().__init__(**settings)
        self._order = order

    @override
    def get_train_dataloader(self) -> Any:
        rows: Any = self.train_dataset
        return DataLoader(
            rows,
            batch_sampler=_Order(self._order),
            collate_fn=self.data_collator,
        )


@final
class _Order(torch.utils.data.Sampler[list[int]]):
    """Batches of row numbers, in an order that is given."""

    def __init__(self, batches: Sequence[RowNumbers]) -> None:
        self._batches = batches

    @override
    def __iter__(self) -> Iterator[list[int]]:
        return (batch.tolist() for batch in self._batches)

    def __len__(self) -> int:
        return len(self._batches)


@final
class _Model(nn.Module):
    """The encoder, the mean over the real tokens (or the pooler), dropout, one linear layer."""

    def __init__(self, setting: Setting) -> None:
        super().__init__()
        encoder = setting.encoder()
        self.encoder: Any = encoder.module.train()
        self.pooling = encoder.pooling
        self.dropout = nn.Dropout(encoder.head_dropout)
        self.classifier = nn.Linear(encoder.width, setting.card.outputs)
        weight, bias = setting.head(encoder)
        self.classifier.to(setting.dtype)
        self.classifier.load_state_dict({"weight": weight, "bias": bias})
        self.regression = setting.card.regression
        self.losses: list[float] = []
        if not setting.dropout:
            for module in self.modules():
                _switch_off(module)

    @override
    def forward(self, labels: Tensor, **inputs: Tensor) -> SequenceClassifierOutput:
        result = self.encoder(**inputs)
        mask = inputs["attention_mask"].unsqueeze(-1)
        if self.pooling == "pooler":
            pooled = result.pooler_output
        elif self.pooling == "cls":
            pooled = result.last_hidden_state[:, 0]
        else:
            pooled = (result.last_hidden_state * mask).sum(1) / mask.sum(1)
        logits = self.classifier(self.dropout(pooled))
        if self.regression:
            loss = nn.functional.mse_loss(logits.squeeze(-1), labels)
        else:
            loss = nn.functional.cross_entropy(logits, labels)
        self.losses.append(loss.item())
        return SequenceClassifierOutput(loss=loss, logits=logits)


def _switch_off(module: nn.Module) -> None:
    """Set every probability of dropout to zero, those that attention keeps as numbers too."""
    if isinstance(module, nn.Dropout):
        module.p = 0.0
