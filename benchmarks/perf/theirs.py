"""The meta-gradient by unrolling, as each library's own documentation does it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import torch
from torch import Tensor, nn
from torch.func import functional_call

if TYPE_CHECKING:
    from metabench.learning import Batch, Episode

__all__ = [
    "MetaGradientOf", "fine_tuning", "flat", "higher", "learn2learn", "learn2learn_reptile",
    "loss_of", "torchopt", "unrolled",
]  # fmt: skip

MetaGradientOf: TypeAlias = Callable[[nn.Module, "Episode", float], Sequence[Tensor]]
"""From a model, an episode and the inner learning rate to a tensor for each parameter."""


def unrolled(model: nn.Module, episode: Episode, inner_lr: float) -> Sequence[Tensor]:
    """Backpropagate through the inner loop with nothing but torch: the oracle."""
    leaves: dict[str, Tensor] = dict(model.named_parameters())
    names, fast = list(leaves), leaves
    for batch in episode.support:
        found = torch.autograd.grad(
            loss_of(_Functional(model, fast), batch), list(fast.values()), create_graph=True
        )
        fast = {name: fast[name] - inner_lr * g for name, g in zip(names, found, strict=True)}
    loss = loss_of(_Functional(model, fast), episode.query[0])
    return torch.autograd.grad(loss, list(leaves.values()))


def learn2learn(library: Any, *, first_order: bool) -> MetaGradientOf:
    """Return learn2learn's MAML: clone, adapt, backward."""

    def meta_gradient(model: nn.Module, episode: Episode, inner_lr: float) -> Sequence[Tensor]:
        maml = library.MAML(model, lr=inner_lr, first_order=first_order, allow_unused=True)
        clone = maml.clone()
        for batch in episode.support:
            clone.adapt(loss_of(clone, batch))
        return _backward(model, loss_of(clone, episode.query[0]))

    return meta_gradient


def learn2learn_reptile(library: Any) -> MetaGradientOf:
    """Return Reptile with learn2learn: its first-order clone, and where it ends."""

    def meta_gradient(model: nn.Module, episode: Episode, inner_lr: float) -> Sequence[Tensor]:
        maml = library.MAML(model, lr=inner_lr, first_order=True, allow_unused=True)
        clone = maml.clone()
        for batch in episode.support:
            clone.adapt(loss_of(clone, batch))
        with torch.no_grad():
            pairs = zip(model.parameters(), clone.module.parameters(), strict=True)
            return [before - after for before, after in pairs]

    return meta_gradient


def higher(library: Any) -> MetaGradientOf:
    """Return higher's: a patched module and a differentiable optimizer."""

    def meta_gradient(model: nn.Module, episode: Episode, inner_lr: float) -> Sequence[Tensor]:
        optimizer = torch.optim.SGD(model.parameters(), lr=inner_lr)
        context = library.innerloop_ctx(model, optimizer, copy_initial_weights=False)
        with context as (patched, steps):
            for batch in episode.support:
                steps.step(loss_of(patched, batch))
            return _backward(model, loss_of(patched, episode.query[0]))

    return meta_gradient


def torchopt(library: Any) -> MetaGradientOf:
    """Return TorchOpt's: a differentiable optimizer that writes into the module."""

    def meta_gradient(model: nn.Module, episode: Episode, inner_lr: float) -> Sequence[Tensor]:
        leaves = list(model.parameters())
        before = library.extract_state_dict(model, by="reference")
        optimizer = library.MetaSGD(model, lr=inner_lr)
        for batch in episode.support:
            optimizer.step(loss_of(model, batch))
        gradients = torch.autograd.grad(loss_of(model, episode.query[0]), leaves)
        library.recover_state_dict(model, before)
        return gradients

    return meta_gradient


def fine_tuning(model: nn.Module, episode: Episode, inner_lr: float) -> Sequence[Tensor]:
    """Return one gradient as everybody takes it: forward, backward."""
    del inner_lr
    return _backward(model, loss_of(model, episode.query[0]))


def loss_of(model: Callable[..., Tensor], batch: Batch) -> Tensor:
    """Return the mean cross-entropy of a batch."""
    logits = model(batch.input_ids, batch.attention_mask, batch.token_type_ids)
    return nn.functional.cross_entropy(logits.float(), batch.labels)


def flat(values: Iterable[Tensor]) -> Tensor:
    """Return one vector of all values, in their order."""
    return torch.cat([value.detach().reshape(-1) for value in values])


def _backward(model: nn.Module, loss: Tensor) -> Sequence[Tensor]:
    model.zero_grad()
    loss.backward()
    return [torch.zeros_like(p) if p.grad is None else p.grad for p in model.parameters()]


class _Functional:
    def __init__(self, model: nn.Module, parameters: Mapping[str, Tensor]) -> None:
        self._model, self._parameters = model, dict(parameters)

    def __call__(self, *inputs: Tensor) -> Tensor:
        result: Tensor = functional_call(self._model, self._parameters, inputs)
        return result
