"""How far each direction is from float64 on a pretrained encoder and real examples.

``tox -e precision -- --hub DIR`` prints the tables of docs/reference/measurements.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, final

import click
import torch
from torch import Tensor
from typing_extensions import override

from metabench.api import CurvatureWay
from metabench.data.episodes import EpisodeSource
from metabench.data.tokens import TokenTable, load_tokens
from metabench.learning import Algorithm, Blocks, Episode, Learner, MetaGradient, inner_path
from metabench.nn.curvature import Curvature
from metabench.nn.encoder import Encoder, load_encoder, load_tokenizer
from metabench.nn.episode_view import view
from metabench.nn.learner import HeadShape, TransformerLearner
from metabench.plan.cell import TaskUse
from metabench.plugin.catalog import load_catalog
from metabench.seeding import Stream
from metabench.spec.model.sections import ModelSpec
from metabench.tasks.hub import Hub
from metabench_algorithms.imaml import Imaml
from metabench_algorithms.maml import Maml
from metabench_algorithms.maml_plus_plus import MamlPlusPlus
from metabench_algorithms.meta_sgd import MetaSgd
from metabench_algorithms.options import (
    ImamlOptions,
    MamlOptions,
    MamlPlusPlusOptions,
    MetaSgdOptions,
    PartialMamlOptions,
    ProtoMamlOptions,
    ReptileOptions,
)
from metabench_algorithms.partial_maml import PartialMaml
from metabench_algorithms.proto_maml import ProtoMaml
from metabench_algorithms.reptile import Reptile

_TASK = "glue/rte"
_STREAM = Stream.root(0).child("meta")
_EPSILON = 1e-8
_RATES = (1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1)
_STEPS = (1, 3, 5, 7)


@final
class Difference(Algorithm[ReptileOptions]):
    """Reptile as a difference of two large vectors, which is what is to be avoided."""

    @override
    def meta_gradient(self, learner: Learner, meta: Blocks, episode: Episode) -> MetaGradient:
        theta, alpha = meta["theta"], self.options.inner_lr
        *_, adapted = inner_path(learner, theta, episode.support, inner_lr=alpha)
        return MetaGradient({"theta": theta - adapted})


def _paper(alpha: float, k: int) -> dict[str, Algorithm[Any]]:
    inner: Any = {"inner_steps": k, "inner_lr": alpha}
    return {
        "Reptile": Reptile(ReptileOptions(**inner)),
        "difference": Difference(ReptileOptions(**inner)),
        "FOMAML": Maml(MamlOptions(**inner, second_order=False)),
        "MAML": Maml(MamlOptions(**inner)),
    }


def _others(alpha: float, k: int) -> dict[str, Algorithm[Any]]:
    inner: Any = {"inner_steps": k, "inner_lr": alpha}
    return {
        "ANIL": PartialMaml(PartialMamlOptions(**inner)),
        "BOIL": PartialMaml(PartialMamlOptions(**inner, inner_part="body")),
        "Meta-SGD": MetaSgd(MetaSgdOptions(**inner)),
        "MAML++": MamlPlusPlus(MamlPlusPlusOptions(**inner, first_order_share=0.0)),
        "iMAML": Imaml(ImamlOptions()),
        "ProtoMAML": ProtoMaml(ProtoMamlOptions(**inner)),
        "central differences": Maml(MamlOptions(**inner, curvature="central")),
    }


@final
@dataclass(frozen=True)
class Bench:
    """An encoder in both precisions, and episodes of real examples.

    Args:
        encoders: the encoder in each precision.
        theta: its parameters and a head, in fp32.
        table: the training examples.
        rows: examples of a batch.
    """

    encoders: Mapping[torch.dtype, Encoder]
    theta: Tensor
    table: TokenTable
    rows: int

    @classmethod
    def of(cls, encoder: Encoder, table: TokenTable, rows: int) -> Bench:
        """Return the encoder as it is and in float64."""
        theta = _learner(encoder, None).theta(_STREAM)
        exact = replace(encoder, module=deepcopy(encoder.module).double())
        return cls({torch.float32: encoder, torch.float64: exact}, theta, table, rows)

    def directions(self, algorithm: Algorithm[Any], dtype: torch.dtype) -> Blocks:
        """Return what an algorithm says of the first episode, in this precision."""
        way: CurvatureWay | None = algorithm.options.uses_curvature()
        way = "exact" if way and dtype == torch.float64 else way
        learner = _learner(self.encoders[dtype], way)
        shape = algorithm.options.episode_shape()
        source = EpisodeSource({_TASK: self.table}, shape, self.rows, _STREAM)
        episode = source.episode(_TASK, visit=0, step=0, total_steps=1)
        part = view(learner, episode, sparse=True)
        blocks = algorithm.init(learner, self.theta.to(dtype))
        blocks = {name: part.take(block) for name, block in blocks.items()}
        return algorithm.meta_gradient(part.learner, blocks, part.episode).directions


def _learner(encoder: Encoder, way: CurvatureWay | None) -> TransformerLearner:
    heads = {_TASK: HeadShape(2, regression=False)}
    curvature = None if way is None else Curvature(way)
    return TransformerLearner(encoder, heads, torch.device("cpu"), curvature=curvature)


def _error(found: Tensor, expected: Tensor) -> float:
    return float((found.double() - expected).norm() / expected.norm())


def _first_step(direction: Tensor, size: float) -> float:
    """Return how long Adam's first step is, as a mean share of its rate, where anything moves."""
    length = direction[direction != 0].double().abs() / size
    return float((length / (length + _EPSILON)).mean())


def _main_rows(bench: Bench) -> Iterator[list[str]]:
    for alpha in _RATES:
        for k in _STEPS:
            cells = [f"{alpha:.0e}", str(k)]
            for name, algorithm in _paper(alpha, k).items():
                if name != "difference":  # which is Reptile's
                    exact = bench.directions(algorithm, torch.float64)["theta"]
                found = bench.directions(algorithm, torch.float32)["theta"]
                cells.append(f"{_error(found, exact):.1e}")
                if name == "Reptile":
                    displaced, mean = _first_step(exact, 1.0), _first_step(exact, alpha * k)
            yield [*cells, f"{displaced:.3f}", f"{mean:.3f}"]


def _other_rows(bench: Bench) -> Iterator[list[str]]:
    for alpha in (1e-4, 1e-3):
        for name, algorithm in _others(alpha, 5).items():
            exact = bench.directions(algorithm, torch.float64)
            found = bench.directions(algorithm, torch.float32)
            errors = {block: f"{_error(found[block], exact[block]):.1e}" for block in found}
            yield [name, f"{alpha:.0e}", errors["theta"], errors.get("rates", "")]


def _table(columns: list[str], rows: Iterator[list[str]]) -> None:
    click.echo(f"| {' | '.join(columns)} |")
    click.echo(f"|{'|'.join(['--:'] * len(columns))}|")
    for row in rows:
        click.echo(f"| {' | '.join(row)} |")


_TABLES: dict[str, tuple[list[str], Callable[[Bench], Iterator[list[str]]]]] = {
    "paper": (
        ["alpha", "k", "Reptile", "difference", "FOMAML", "MAML", "step before", "step"],
        _main_rows,
    ),
    "others": (["method", "alpha", "theta", "rates"], _other_rows),
}


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--model", default="sentence-transformers/paraphrase-MiniLM-L3-v2", show_default=True)
@click.option("--hub", type=Path, envvar="METABENCH_HUB", help="Offline mirror of the hub.")
@click.option("--rows", default=8, show_default=True, help="Examples of a batch.")
@click.option("--max-length", default=64, show_default=True, help="Tokens of an example.")
@click.option("--tables", default=",".join(_TABLES), show_default=True, help="By commas.")
def study(  # noqa: PLR0917  (one parameter per option)
    model: str, hub: Path | None, rows: int, max_length: int, tables: str
) -> None:
    """Print relative errors of fp32 directions against float64, with equal dropout masks."""
    torch.set_num_threads(1)
    spec, place = ModelSpec(id=model, max_length=max_length), Hub(hub, offline=hub is not None)
    card = load_catalog().task(_TASK).value
    table = load_tokens(
        TaskUse(card, "target", card.train, card.scored, "", 0, 0),
        "train",
        tokenizer=load_tokenizer(spec, hub=place),
        max_length=max_length,
        hub=place,
        device="cpu",
        cache=None,
    )
    bench = Bench.of(load_encoder(spec, hub=place, stream=Stream.root(0)), table, rows)
    for name in tables.split(","):
        click.echo(f"\n{model}, {_TASK}, {rows} examples of up to {max_length} tokens: {name}\n")
        _table(_TABLES[name][0], _TABLES[name][1](bench))


if __name__ == "__main__":
    study()
