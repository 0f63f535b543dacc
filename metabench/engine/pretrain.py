"""Stage 1: masked-language-model training of the encoder on the tasks' texts."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, final

import numpy as np
import torch
import transformers
from torch import Tensor, nn

from metabench.engine.finetune import decays, normalisation, rate_factor
from metabench.engine.snapshot import Snapshot, optimizer_tensors, restore_optimizer
from metabench.engine.step import StepDone, require_finite
from metabench.errors import DataError
from metabench.nn.counter import EvaluationCounter
from metabench.nn.seeded import seeded

if TYPE_CHECKING:
    import numpy.typing as npt

    from metabench.data.tokens import TokenTable
    from metabench.seeding import Stream
    from metabench.spec.model.sections import PretrainSpec

__all__ = ["Pretraining"]

_DECAY = 0.01


@final
@dataclass
class Pretraining:
    """One run of masked-language-model training, with transformers' model, collator and schedule.

    Args:
        encoder: the encoder to start from; it is not written to.
        tokenizer: its tokenizer, which must have a mask token.
        tables: the texts; an example is drawn uniformly over all of them.
        settings: steps, rates, masking.
        stream: names all randomness.
        device: where to compute.
        autocast: bf16 autocast around forward passes.
        token_types: whether the encoder embeds token types (first or second text of a pair).

    Source: Devlin et al. 2019, section 3.1 (task 1).
    Differs: there is no next-sentence prediction; pairs are encoded together as in fine-tuning.
    Unless the settings say so (``decay = "matrices"``, ``clip = 1.0``), biases and normalisation
    are decayed too and no gradient is clipped.
    """

    encoder: nn.Module
    tokenizer: Any
    tables: Sequence[TokenTable]
    settings: PretrainSpec
    stream: Stream
    device: torch.device
    autocast: bool = False
    token_types: bool = True

    def run(
        self, *, start: Snapshot | None = None
    ) -> Generator[StepDone, None, Mapping[str, Tensor]]:
        """Train, and return the encoder's parameters by name; with ``start``, resume after it.

        Raises:
            DivergedError: the loss is not finite.
            DataError: the encoder has no masked-language-model head in transformers.
        """
        model = self._model().to(self.device).train()
        optimizer = torch.optim.AdamW(self._groups(model), lr=self.settings.lr, fused=True)
        parameters = {f"model/{name}": value for name, value in model.named_parameters()}
        if start is not None:
            with torch.no_grad():
                for name, value in parameters.items():
                    value.copy_(start.tensors[name])
            restore_optimizer(optimizer, start.tensors)

        def snapshot() -> Snapshot:
            tensors = {name: value.detach() for name, value in parameters.items()}
            return Snapshot(step + 1, {**tensors, **optimizer_tensors(optimizer)})

        rows = self._rows()
        for step in range(start.step if start else 0, self.settings.steps):
            loss = self._loss(model, rows, step)
            scalars = {"loss": loss.item()}
            require_finite(scalars["loss"], "the loss", stage="pretrain", step=step + 1)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            if self.settings.clip:
                nn.utils.clip_grad_norm_(model.parameters(), self.settings.clip)
            factor = rate_factor(step, total=self.settings.steps, warmup=0.1)
            for group in optimizer.param_groups:
                group["lr"] = self.settings.lr * factor
            optimizer.step()
            yield StepDone("pretrain", step + 1, self.settings.steps, scalars, snapshot)
        trained = getattr(model, model.base_model_prefix)
        return {name: value.detach() for name, value in trained.named_parameters()}

    def counter(self) -> EvaluationCounter:
        """Return the counts of all steps, including those of a resumed attempt."""
        lengths = np.concatenate([table.lengths for table in self.tables])
        steps = range(self.settings.steps)
        return EvaluationCounter(
            gradients=self.settings.steps,
            examples=self.settings.steps * self.settings.batch_size,
            tokens=sum(int(lengths[self._picks(step, len(lengths))].sum()) for step in steps),
        )

    def _model(self) -> Any:
        """Return transformers' masked language model with a copy of the encoder's parameters."""
        config: Any = self.encoder.config
        with seeded(self.stream.child("mlm head").seed, torch.device("cpu")):
            try:
                model = transformers.AutoModelForMaskedLM.from_config(
                    config,
                    dtype=torch.float32,
                    attn_implementation=config._attn_implementation,  # noqa: SLF001
                )
            except ValueError as error:
                raise DataError(
                    f"transformers has no masked language model for {type(config).__name__}",
                    where="[pretrain]",
                    hint="leave [pretrain] out, or use another encoder",
                ) from error
        body = getattr(model, model.base_model_prefix)
        body.load_state_dict(self.encoder.state_dict(), strict=False)
        return model

    def _groups(self, model: nn.Module) -> list[dict[str, Any]]:
        """Return the parameters that are decayed and, with ``decay = "matrices"``, the others."""
        if self.settings.decay == "all":
            return [{"params": list(model.parameters()), "weight_decay": _DECAY}]
        norms = normalisation(model)
        groups: dict[bool, list[nn.Parameter]] = {True: [], False: []}
        for name, value in model.named_parameters():
            groups[decays(name, norms)].append(value)
        return [
            {"params": groups[True], "weight_decay": _DECAY},
            {"params": groups[False], "weight_decay": 0.0},
        ]

    def _rows(self) -> list[tuple[TokenTable, int]]:
        return [(table, row) for table in self.tables for row in range(len(table))]

    def _loss(self, model: Any, rows: Sequence[tuple[TokenTable, int]], step: int) -> Tensor:
        stream = self.stream.child("mlm", step)
        collator = transformers.DataCollatorForLanguageModeling(
            self.tokenizer, mlm_probability=self.settings.mlm_probability
        )
        examples = [self._example(*rows[pick]) for pick in self._picks(step, len(rows))]
        with seeded(stream.child("mask").seed, torch.device("cpu")):
            batch = {name: value.to(self.device) for name, value in collator(examples).items()}
        with (
            seeded(stream.child("dropout").seed, self.device),
            torch.autocast(self.device.type, torch.bfloat16, enabled=self.autocast),
        ):
            loss: Tensor = model(**batch).loss
        return loss

    def _picks(self, step: int, rows: int) -> npt.NDArray[np.int64]:
        """Return the example numbers [batch_size] that a step draws."""
        draw = self.stream.child("mlm", step, "rows").numpy()
        return draw.integers(rows, size=self.settings.batch_size)

    def _example(self, table: TokenTable, row: int) -> dict[str, list[int]]:
        types = {"token_type_ids": table.segments(row)} if self.token_types else {}
        return {"input_ids": table.row(row), **types}
