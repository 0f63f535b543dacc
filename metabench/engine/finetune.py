"""Stage 3, fine-tuning: AdamW with warm-up and linear decay on the flat vector."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING, final

import torch
from torch import Tensor, nn

from metabench.engine.snapshot import (
    Snapshot,
    counter_facts,
    optimizer_tensors,
    restore_counter,
    restore_optimizer,
)
from metabench.engine.step import StepDone, require_finite

if TYPE_CHECKING:
    from metabench.learning import Batch
    from metabench.nn.learner import TransformerLearner
    from metabench.spec.model.sections import FineTuneOptimizer

__all__ = ["FineTuning", "decays", "normalisation", "rate_factor"]

_UNREAD = {"cpu": 1, "cuda": 16}
"""Number of steps whose scalars may still be on the device."""


@final
@dataclass
class FineTuning:
    """One fine-tuning run.

    Args:
        learner: the model, with the head of this task.
        task: name of the task.
        settings: AdamW's settings and its schedule.
        steps: updates.
    """

    learner: TransformerLearner
    task: str
    settings: FineTuneOptimizer
    steps: int

    def run(
        self, theta: Tensor, batches: Iterable[Batch], *, start: Snapshot | None = None
    ) -> Generator[StepDone, None, Tensor]:
        """Fine-tune from ``theta`` [P], which is not modified; return the final parameters.

        With ``start``, resume after its step from its theta; ``batches`` always has all batches.

        On a GPU a step's scalars are read back and yielded some steps later, so that the device
        never waits; on a CPU at once.

        Raises:
            DivergedError: a loss or a gradient is not finite.
        """
        theta = (theta if start is None else start.tensors["theta"]).clone()
        gradient = torch.zeros_like(theta)
        optimizer = self._optimizer(theta, gradient)
        first = 0
        if start is not None:
            first = start.step
            restore_optimizer(optimizer, start.tensors)
            restore_counter(self.learner.counter, start.facts["tally"])

        def snapshot() -> Snapshot:
            tensors = {"theta": theta, **optimizer_tensors(optimizer)}
            return Snapshot(step + 1, tensors, {"tally": counter_facts(self.learner.counter)})

        unread: list[Tensor] = []
        for step, batch in enumerate(islice(batches, first, None), first):
            gradient.copy_(self.learner.gradient(theta, batch))
            norm = gradient.norm()
            unread.append(torch.stack([self.learner.drain_losses()[-1].double(), norm.double()]))
            due = len(unread) >= _UNREAD[theta.device.type]
            ready = list(self._read(unread, step + 1)) if due else []
            if self.settings.clip:
                gradient.mul_((self.settings.clip / (norm + 1e-6)).clamp_(max=1.0))
            for group in optimizer.param_groups:
                group["lr"] = self.settings.lr * rate_factor(
                    step, total=self.steps, warmup=self.settings.warmup
                )
            optimizer.step()
            for done in ready:
                yield replace(done, snapshot=snapshot) if done is ready[-1] else done
        yield from self._read(unread, self.steps)
        return theta

    def _read(self, unread: list[Tensor], last: int) -> Iterator[StepDone]:
        """Yield the pending steps up to ``last``."""
        first = last - len(unread) + 1
        values = torch.stack(unread).tolist() if unread else []
        unread.clear()
        for step, (loss, norm) in enumerate(values, start=first):
            require_finite(loss, "the loss", stage="adapt", step=step, task=self.task)
            require_finite(norm, "the gradient", stage="adapt", step=step, task=self.task)
            yield StepDone("adapt", step, self.steps, {"loss": loss, "gradient_norm": norm})

    def _optimizer(self, theta: Tensor, gradient: Tensor) -> torch.optim.AdamW:
        """Return AdamW over views of theta, its gradients views of ``gradient``."""
        places = self.learner.layout.places(self.task)
        norms = normalisation(self.learner.encoder.module)
        groups: dict[bool, list[nn.Parameter]] = {True: [], False: []}
        for place in places:
            parameter = nn.Parameter(theta[place.span].view(place.shape))
            parameter.grad = gradient[place.span].view(place.shape)
            groups[decays(place.name, norms)].append(parameter)
        return torch.optim.AdamW(
            [
                {"params": groups[True], "weight_decay": self.settings.weight_decay},
                {"params": groups[False], "weight_decay": 0.0},
            ],
            lr=self.settings.lr,
            betas=self.settings.betas,
            eps=self.settings.eps,
            fused=True,
        )


def rate_factor(step: int, *, total: int, warmup: float) -> float:
    """Return the share of the peak learning rate at a step (from 0): up linearly, down linearly.

    Source: Devlin et al. 2019, appendix A.2; the same numbers as transformers'
    ``get_linear_schedule_with_warmup`` with ``ceil(warmup * total)`` steps of warm-up.
    """
    rising = -int(-(warmup * total) // 1)
    if step < rising:
        return step / max(1, rising)
    return max(0.0, (total - step) / max(1, total - rising))


def normalisation(module: nn.Module) -> frozenset[str]:
    """Return the names of the parameters that belong to a normalisation layer."""
    return frozenset(
        f"{name}.{part}"
        for name, layer in module.named_modules()
        if isinstance(layer, nn.LayerNorm) or "norm" in type(layer).__name__.lower()
        for part, _ in layer.named_parameters(recurse=False)
    )


def decays(name: str, norms: frozenset[str]) -> bool:
    """Return whether weight decay shrinks a parameter: no bias and nothing of a normalisation."""
    return name not in norms and name.rsplit(".", 1)[-1] != "bias"
