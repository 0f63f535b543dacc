"""The state that a training loop resumes from, as tensors and plain numbers.

It holds no random state: every draw is keyed by its step.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, final

import safetensors.torch
from torch import Tensor

if TYPE_CHECKING:
    import torch

    from metabench.nn.counter import EvaluationCounter

__all__ = [
    "Snapshot",
    "counter_facts",
    "optimizer_tensors",
    "restore_counter",
    "restore_optimizer",
    "under",
]


@final
@dataclass(frozen=True)
class Snapshot:
    """The state of a training loop after ``step`` steps.

    Args:
        step: steps that are done.
        tensors: parameters and moments by name; views of the live tensors, so copy them before the
            next step.
        facts: counts and states, as JSON values.
    """

    step: int
    tensors: Mapping[str, Tensor]
    facts: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(
        cls, step: int, state: bytes, facts: Mapping[str, Any], *, device: torch.device
    ) -> Snapshot:
        """Return the state after a step with the tensors of ``state``, as returned by `packed`."""
        tensors = safetensors.torch.load(state)
        return cls(step, {name: value.to(device) for name, value in tensors.items()}, facts)

    def packed(self) -> bytes:
        """Return the tensors as safetensors writes them, copied to the CPU."""
        ready = {name: value.detach().cpu().contiguous() for name, value in self.tensors.items()}
        return safetensors.torch.save(ready)


def under(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return the tensors whose names begin with ``prefix/``, without it."""
    start = f"{prefix}/"
    return {
        name.removeprefix(start): value for name, value in tensors.items() if name.startswith(start)
    }


def optimizer_tensors(optimizer: torch.optim.Optimizer) -> dict[str, Tensor]:
    """Return an optimizer's moments and step counts, named by parameter."""
    state: Mapping[int, Mapping[str, Tensor]] = optimizer.state_dict()["state"]
    return {
        f"optimizer/{number}/{name}": value
        for number, values in state.items()
        for name, value in values.items()
    }


def restore_optimizer(optimizer: torch.optim.Optimizer, tensors: Mapping[str, Tensor]) -> None:
    """Load the tensors of ``optimizer_tensors`` into a new optimizer over equal parameters."""
    state: dict[int, dict[str, Tensor]] = {}
    for name, value in under("optimizer", tensors).items():
        number, _, part = name.partition("/")
        state.setdefault(int(number), {})[part] = value.clone()
    optimizer.load_state_dict({**optimizer.state_dict(), "state": state})


def counter_facts(counter: EvaluationCounter) -> dict[str, int]:
    """Return a learner's evaluation counts."""
    return asdict(counter)


def restore_counter(counter: EvaluationCounter, facts: Mapping[str, int]) -> None:
    """Restore a learner's evaluation counts."""
    for name, value in facts.items():
        setattr(counter, name, value)
