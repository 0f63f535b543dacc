"""The state that the cells of a process share: encoders, tokenizers and encoded examples."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal, TypeVar, final

import numpy as np

from metabench.data.order import few_shot, subsample
from metabench.data.tokens import load_tokens
from metabench.engine.device import resolve_device
from metabench.engine.parameters import unpack_parameters
from metabench.errors import DataError, StoreError
from metabench.nn.encoder import Encoder, load_encoder, load_tokenizer
from metabench.nn.learner import HeadShape, TransformerLearner
from metabench.nn.trained import frozen_names
from metabench.plan.uses import too_few
from metabench.seeding import Stream
from metabench.spec.model.sections import EVERYTHING
from metabench.store.file_names import PARAMETERS
from metabench.store.run_folder import Store
from metabench.tasks.reading.refusal import class_names

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import torch

    from metabench.data.tokens import TokenTable
    from metabench.engine.device import Device
    from metabench.nn.bert.compiled import CompiledLayer
    from metabench.nn.curvature import Curvature
    from metabench.plan.cell import Cell, TaskUse
    from metabench.session.runtime import Assignment, Runtime
    from metabench.spec.model.sections import ModelSpec

__all__ = ["WorkerContext", "open_context"]

LoadedT = TypeVar("LoadedT")


@final
@dataclass
class WorkerContext:
    """A process's store, device and loaded encoders, tokenizers and examples.

    ``faulted``: the device has failed for this process, which runs no other cell.
    """

    store: Store
    assignment: Assignment
    device: Device
    layers: CompiledLayer | None = None
    faulted: bool = False
    _loaded: dict[tuple[Any, ...], Any] = field(default_factory=dict)

    @property
    def runtime(self) -> Runtime:
        """How the run is carried out."""
        return self.assignment.runtime

    @property
    def compiles(self) -> bool:
        """Whether layers are compiled here."""
        return self.layers is not None and not self.layers.failure

    @property
    def uncompiled(self) -> str:
        """The reason why layers are not compiled although requested, in one sentence; else ""."""
        if self.layers is None or not self.layers.failure:
            return ""
        return (
            "compute.compile: layers are computed plainly, because they could not be compiled"
            f" ({self.layers.failure})"
        )

    def take(self, cells: Mapping[str, Cell]) -> None:
        """Know these cells from now on, by their keys, and no others."""
        self.assignment = replace(self.assignment, cells=cells)

    def tokenizer(self, model: ModelSpec) -> Any:
        """Return the encoder's tokenizer."""
        return self._once(
            ("tokenizer", model.id, model.revision),
            lambda: load_tokenizer(model, hub=self.runtime.hub),
        )

    def encoder(self, model: ModelSpec, pretrained: str | None) -> Encoder:
        """Return the encoder, with the parameters of a pretrain cell where there is one."""

        def load() -> Encoder:
            encoder = load_encoder(model, hub=self.runtime.hub, stream=Stream.root(0))
            if pretrained is not None:
                values = self.parameters(pretrained)
                encoder.module.load_state_dict(values, strict=False)
            return encoder

        return self._once(("encoder", model.model_dump_json(), pretrained), load)

    def learner(
        self,
        model: ModelSpec,
        pretrained: str | None,
        heads: Mapping[str, TaskUse],
        *,
        curvature: Curvature | None = None,
        train: Sequence[str] = EVERYTHING,
        start: Mapping[str, torch.Tensor] | None = None,
    ) -> TransformerLearner:
        """Return the encoder with a head for each task.

        Args:
            model: the encoder's settings.
            pretrained: the key of a pretrain cell.
            heads: the tasks.
            curvature: the HVP method.
            train: the parameters that are trained.
            start: the values of the others; None: the encoder's.
        """
        encoder = self.encoder(model, pretrained)
        own = dict(encoder.module.named_parameters())
        values = own if start is None else start
        return TransformerLearner(
            encoder,
            {
                task: HeadShape(use.card.outputs, regression=use.card.regression)
                for task, use in heads.items()
            },
            self.device.device,
            autocast=self.device.autocasts(curvature.way if curvature else None),
            curvature=curvature,
            compiled=self.layers,
            frozen={
                name: values[name]
                for name in frozen_names([*own], train, where=f"encoder {model.id!r}")
                if name in values and values[name].shape == own[name].shape
            },
        )

    def table(self, use: TaskUse, part: Literal["train", "scored"], model: ModelSpec) -> TokenTable:
        """Return the encoded examples of a task: the whole split, with the original labels."""
        return self._once(
            ("table", use.card.name, use.identity, use.train, use.scored, part, model.id,
             model.revision, model.max_length),
            lambda: load_tokens(
                use,
                part,
                tokenizer=self.tokenizer(model),
                max_length=model.max_length,
                hub=self.runtime.hub,
                device=self.device.device,
                cache=self.runtime.cache,
            ),
        )  # fmt: skip

    def training_table(self, use: TaskUse, model: ModelSpec, *, stream: Stream) -> TokenTable:
        """Return the training examples in use: a nested part of all, permuted labels for a control.

        Targets are standardized by these examples only.
        """
        table = self.table(use, "train", model)
        if use.shuffled:
            table = table.permuted_labels(Stream.root(0).child("shuffled", use.card.name))
        if use.shots is not None and not use.brought:
            table = _few_shot_table(table, use)
        elif use.rows is not None and use.rows < len(table):
            part = stream.child("subsample", use.card.name)
            table = table.take(subsample(len(table), use.rows, stream=part))
        return table.standardised() if use.card.standardise else table

    def scored_table(self, use: TaskUse, model: ModelSpec) -> TokenTable:
        """Return the evaluation set; a smoke run scores only a part."""
        table = self.table(use, "scored", model)
        if use.scored_limit is None or use.scored_limit >= len(table):
            return table
        stream = Stream.root(0).child("scored", use.card.name)
        return table.take(subsample(len(table), use.scored_limit, stream=stream))

    def parameters(self, key: str) -> dict[str, torch.Tensor]:
        """Return the parameters that another cell left.

        Raises:
            StoreError: it is not done, or its file is damaged.
        """
        cell = self.assignment.cells[key]
        result = self.store.result(cell.folder, key=key)
        file = (
            next((file for file in result.files if file.path == PARAMETERS), None)
            if result
            else None
        )
        if result is not None and file is None and result.left_out:
            raise StoreError(
                f"{PARAMETERS!r} was left out of this copy of the records",
                where=f"cell {cell.folder}",
                hint="run the benchmark in another folder of runs, with --runs DIR",
            )
        if file is None:
            raise StoreError("is not done", where=f"cell {cell.folder}", hint="run again")
        return unpack_parameters(self.store.read_file(cell.folder, file))

    def _once(self, key: tuple[Any, ...], load: Callable[[], LoadedT]) -> LoadedT:
        if key not in self._loaded:
            self._loaded[key] = load()
        loaded: LoadedT = self._loaded[key]
        return loaded


def _few_shot_table(table: TokenTable, use: TaskUse) -> TokenTable:
    """Return the examples of a draw, the same for every method and meta seed.

    Raises:
        DataError: a class has fewer examples than shots.
    """
    shots, draw = use.shots or 0, use.draw or 0
    labels, digests = table.labels.cpu().numpy(), table.digests
    if digests is None:
        raise TypeError(f"{use.card.name} has no hashes of its examples to draw by")
    stream = Stream.root(draw).child("few-shot", use.card.name)
    drawn = few_shot(labels, digests, shots, stream=stream)
    counts = [len(rows) for rows in drawn] + [0] * (len(use.card.labels) - len(drawn))
    for name, count in zip(class_names(use.card), counts, strict=True):
        if count < shots:
            raise DataError(
                too_few(name, shots, count), where=use.card.name, hint="lower its shots"
            )
    return table.take(np.concatenate(drawn))


def open_context(assignment: Assignment) -> WorkerContext:
    """Return an empty context on the assignment's device.

    Raises:
        DeviceError: the device is not there.
    """
    device = resolve_device(assignment.runtime.device, assignment.compute)
    layers = _layers() if device.compiles else None
    return WorkerContext(Store(assignment.folder), assignment, device, layers)


def _layers() -> CompiledLayer:
    """Return the layer compiler, tried on a line of code; it may report that it cannot compile."""
    from metabench.nn.bert.compiled import CompiledLayer  # noqa: PLC0415  (torch's compiler loads here)

    layers = CompiledLayer()
    layers.check()
    return layers
