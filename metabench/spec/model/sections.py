"""The benchmark file as a value: closed, strict, frozen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import Field, model_validator

from metabench.api.options import Options
from metabench.quantities import plural
from metabench.spec.model.comparison import CompareSpec
from metabench.spec.model.pretraining import PretrainSpec
from metabench.spec.model.tasks import TasksSpec
from metabench.spec.model.values import (
    Beta,
    Count,
    FileName,
    Name,
    Parts,
    PlainName,
    Rate,
    Seeds,
    Text,
)

__all__ = [
    "EVERYTHING",
    "AdaptationSpec",
    "BenchmarkSpec",
    "CompareSpec",
    "ComputeSpec",
    "FineTuneOptimizer",
    "FineTuneSpec",
    "MetaOptimizer",
    "MetaSpec",
    "MethodSpec",
    "ModelSpec",
    "PretrainSpec",
    "SamplerSpec",
    "SeedsSpec",
    "TrainSpec",
]

EVERYTHING: Parts = ("encoder", "head")


class ModelSpec(Options):
    """The encoder that every method starts from."""

    id: Text
    """Hub id or folder; ``embedded/encoder`` is the small one that ships with metabench. It knows
    the words of the embedded tasks; with any other task it is ``embedded/characters``, which spells
    further words by letters and bytes, so that no text in any script is unknown."""
    revision: Text | None = None
    """Commit or tag on the hub."""
    weights: Literal["pretrained", "random"] = "pretrained"
    """``random`` builds the encoder from its config alone."""
    pooling: Literal["auto", "pooler", "cls", "mean", "last"] = "auto"
    """The features of a head: the encoder's pooler, the state of the first token (``cls``) or of
    the last one, or the mean of all. ``auto`` is the pooling in ``1_Pooling/config.json`` of a
    sentence-transformers encoder, ``last`` for a decoder, the checkpoint's pooler if it has one,
    else the mean."""
    max_length: Annotated[int, Field(ge=8, le=8192)] = 128
    """Tokens per example, at most the encoder's positions; longer examples are truncated, the
    longer text of a pair first. The default is 128 or the encoder's positions, whichever is
    less."""


class MetaOptimizer(Options):
    """The outer optimizer: Adam on the flat vector, or plain SGD."""

    name: Literal["adam", "sgd"] = "adam"
    """``sgd`` is for laws and experiments."""
    lr: Rate = 5e-5
    """The outer learning rate beta."""
    betas: tuple[Beta, Beta] = (0.9, 0.999)
    """Decay of Adam's two moments."""
    eps: Rate = 1e-8
    """Adam's epsilon."""


class MetaSpec(Options):
    """Stage 2: the same budget for every method."""

    budget: Literal["examples", "updates", "gradients"] = "examples"
    """What ``epochs`` gives every method equally: drawn examples; outer updates, as many as a
    method with one batch an episode makes of these examples; or gradients, as many as such a method
    computes, where a Hessian-vector product counts as two."""

    epochs: Annotated[float, Field(gt=0, le=1e4)] | None = None
    """Examples drawn, in multiples of all meta-training examples; 5 where ``steps`` is not
    given."""
    steps: Count | None = None
    """Meta-steps, instead of ``epochs``."""
    tasks_per_step: Annotated[int, Field(ge=1, le=1024)] = 8
    """Episodes a meta-step."""
    batch_size: Count = 32
    """Rows of a support or query batch."""
    optimizer: MetaOptimizer = MetaOptimizer()
    """The outer optimizer."""
    train: Parts = EVERYTHING
    """The parameters that are trained, the others stay as they are: ``encoder`` (all of it),
    ``embeddings``, layers as in ``encoder.layers.6-11``, or a word of parameters' names, such as
    ``bias``. Heads are always trained."""
    later_fields: ClassVar[frozenset[str]] = frozenset({"train"})

    @model_validator(mode="after")
    def _one_budget(self) -> Self:
        if self.epochs is not None and self.steps is not None:
            raise ValueError("give epochs or steps, not both")
        if self.budget != "examples" and self.steps is not None:
            raise ValueError(f"budget {self.budget!r} needs epochs, and steps are given")
        return self


class FineTuneOptimizer(Options):
    """AdamW with bias correction, no decay on biases and norms, warm-up, then linear decay."""

    name: Literal["adamw"] = "adamw"
    """The only one."""
    lr: Rate = 2e-5
    """Peak learning rate."""
    warmup: Annotated[float, Field(ge=0, lt=1)] = 0.1
    """Share of the steps that warms up."""
    weight_decay: Annotated[float, Field(ge=0, le=1)] = 0.01
    """Decoupled weight decay."""
    betas: tuple[Beta, Beta] = (0.9, 0.999)
    """Decay of the two moments."""
    eps: Rate = 1e-8
    """Adam's epsilon."""
    clip: Annotated[float, Field(ge=0)] = 1.0
    """Largest norm of the gradient; 0 clips nothing."""


class FineTuneSpec(Options):
    """Stage 3: fine-tuning of an initialisation on one task."""

    head: Literal["keep", "fresh", "prototype"] = "keep"
    """``keep``: the head that meta-training gave a task that it has seen; else a fresh one
    (``fresh``). ``prototype``: of a task with classes, the head that picks the class whose training
    examples have the nearest mean of features, as ProtoMAML begins each episode."""
    epochs: Annotated[float, Field(gt=0, le=1e4)] = 3.0
    """Passes over the training examples."""
    min_steps: Annotated[int, Field(ge=0)] = 0
    """At least so many updates, for tiny training sets."""
    batch_size: Count = 32
    """Rows an update."""
    optimizer: FineTuneOptimizer = FineTuneOptimizer()
    """The optimizer and its schedule."""
    train: Parts = EVERYTHING
    """The parameters that are trained, as in ``meta.train``."""
    later_fields: ClassVar[frozenset[str]] = frozenset({"train"})


class SeedsSpec(Options):
    """The replicate is the meta seed; fine-tuning seeds nest in it and are averaged."""

    meta: Seeds = (0,)
    """Meta seeds, or their number: ``3`` is ``[0, 1, 2]``."""
    finetune: Annotated[int, Field(ge=1, le=100)] = 1
    """Fine-tuning seeds per meta seed."""
    paired_draws: bool = False
    """Whether the first meta seed is fine-tuned on the first draw alone, the second on the second,
    and so on. By default every meta seed is fine-tuned on every draw."""


class PartSpec(Options):
    """A part of a method and its options: its name, or a table of its name and its options."""

    name: Name
    """Name in the catalog."""
    options: Mapping[str, Any] = {}
    """The rest of the table; checked against the part's own model."""

    @model_validator(mode="before")
    @classmethod
    def _gather(cls, value: Any) -> Any:
        if isinstance(value, str):
            return {"name": value}
        if isinstance(value, dict) and not isinstance(value.get("options"), dict):
            rest = {key: item for key, item in value.items() if key != "name"}
            return {**({"name": value["name"]} if "name" in value else {}), "options": rest}
        return value


class SamplerSpec(PartSpec):
    """A task sampler and its options: ``sampler = "pps"`` or ``{ name = "mixed", ratio = 2 }``."""


class AdaptationSpec(PartSpec):
    """An adaptation and its options: ``"prototype"`` or ``{ name = "linear-probe", c = 0.1 }``."""


class TrainSpec(Options):
    """What a method trains in each stage: ``train = ["bias"]``, or ``{ finetune = ["bias"] }``."""

    meta: Parts | None = None
    """In place of ``meta.train``."""
    finetune: Parts | None = None
    """In place of ``finetune.train``."""

    @model_validator(mode="before")
    @classmethod
    def _both(cls, value: Any) -> Any:
        stages = {"meta": value, "finetune": value} if isinstance(value, list | tuple) else value
        if not isinstance(stages, dict):
            return stages
        return {key: tuple(one) if isinstance(one, list) else one for key, one in stages.items()}


class MethodSpec(Options):
    """A method of the leaderboard: algorithm, sampler, adaptation, options."""

    id: PlainName
    """Its name in the leaderboard."""
    algorithm: Name
    """Name in the catalog."""
    sampler: SamplerSpec | None = None
    """Task sampler; ``pps`` where an algorithm needs one and none is given."""
    adaptation: AdaptationSpec | None = None
    """What happens on a target; ``fine-tuning``, as ``[finetune]`` sets it, where not given."""
    options: Mapping[str, Any] = {}
    """Options of the algorithm; checked against its own model."""
    grid: Mapping[str, Annotated[tuple[Any, ...], Field(min_length=1, max_length=1000)]] = {}
    """Options to vary: one method per point."""
    train: TrainSpec | None = None
    """The parameters that it trains, in both stages, or in each: ``{ meta = ["encoder"], finetune =
    ["bias"] }``; as in ``meta.train``."""


class ComputeSpec(Options):
    """How, not what: none of it is part of a cell's key."""

    threads: Annotated[int, Field(ge=1, le=1024)] = 1
    """CPU threads of a cell."""
    precision: Literal["auto", "fp32", "bf16"] = "auto"
    """``auto``: bf16 autocast on a GPU that has it, fp32 elsewhere."""
    curvature: Literal["auto", "fast", "lean"] = "auto"
    """Activation caching of exact products: ``lean`` none, ``fast`` all, ``auto`` as much as
    fits."""
    deterministic: bool = False
    """Equal bits each time on a GPU too: slower, and an operation that cannot is an error."""
    compile: bool = False
    """Compile BERT's layers for gradients of first order; computed plainly where that fails."""
    memory: Annotated[float, Field(gt=0, le=1e6)] | None = None
    """GiB that ``curvature = "auto"`` may use; by default a share of the free memory."""
    checkpoint_seconds: Annotated[float, Field(ge=0, le=1e6)] = 300.0
    """Seconds from one checkpoint of a cell to the next."""
    cell_timeout: Annotated[float, Field(gt=0, le=1e8)] | None = None
    """Seconds that a cell may take in one go; any number where not given."""
    hang_seconds: Annotated[float, Field(gt=0, le=1e8)] = 7200.0
    """Seconds without a step after which a cell counts as hung."""


class BenchmarkSpec(Options):
    """A benchmark file (DESIGN section 5)."""

    schema_: Annotated[Literal[1], Field(alias="schema")]
    """Version of the file format."""
    name: FileName
    """Names the run folder."""
    model: ModelSpec
    """The encoder."""
    tasks: TasksSpec
    """The tasks and their roles."""
    pretrain: PretrainSpec | None = None
    """Stage 1; without it, the encoder is taken as it comes."""
    meta: MetaSpec = MetaSpec()
    """Stage 2."""
    finetune: FineTuneSpec = FineTuneSpec()
    """Stage 3."""
    seeds: SeedsSpec = SeedsSpec()
    """Seeds."""
    methods: Annotated[tuple[MethodSpec, ...], Field(min_length=1, max_length=1000)]
    """The methods."""
    compute: ComputeSpec = ComputeSpec()
    """Threads and precision."""
    compare: CompareSpec = CompareSpec()
    """Defaults of ``metabench compare``."""
    smoke: bool = False
    """Set by ``--smoke`` alone: a quick walk through every cell, never a result."""

    @model_validator(mode="after")
    def _methods_are_distinct(self) -> Self:
        ids = [method.id for method in self.methods]
        if twice := sorted({name for name in ids if ids.count(name) > 1}):
            raise ValueError(f"methods: {', '.join(map(repr, twice))} appears twice")
        return self

    @model_validator(mode="after")
    def _draws_can_be_paired(self) -> Self:
        seeds = len(self.seeds.meta)
        for entry in (*self.tasks.targets, *self.tasks.transfers) * self.seeds.paired_draws:
            if entry.shots and len(entry.draws) != seeds:
                raise ValueError(
                    f"seeds.paired_draws: {entry.task!r} has {plural([len(entry.draws)], 'draw')}"
                    f" for {plural([seeds], 'meta seed')}; a pair takes one of each"
                )
        return self
