"""One figure for each family of algorithms as SVG, computed: ``python docs/families.py``.

The algorithms of metabench run on quadratic losses in two parameters; drawn are the points at which
they ask for a gradient, and the direction that they return.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import torch

from loops import framed
from metabench.learning import Algorithm, Batch, Episode
from metabench.seeding import Stream
from metabench.testing import QuadraticLearner
from metabench_algorithms import options
from metabench_algorithms.imaml import Imaml
from metabench_algorithms.maml import Maml
from metabench_algorithms.maml_plus_plus import MamlPlusPlus
from metabench_algorithms.meta_sgd import MetaSgd
from metabench_algorithms.partial_maml import PartialMaml
from metabench_algorithms.pcgrad import PcGrad
from metabench_algorithms.reptile import Reptile

__all__ = ["FIGURES", "FOLDER", "Watched", "prototypes", "run"]

FOLDER = Path(__file__).parent / "pictures" / "algorithms"
_SCALE, _WIDTH, _HEIGHT, _ARROW = 46, 520, 300, 1.7
_CURVATURE = torch.tensor([[1.0, -0.3], [-0.3, 0.45]], dtype=torch.float64)
_START, _SUPPORT, _QUERY = (6.0, 0.6), (2, 3.9), (8.4, 4.2)

Point = tuple[float, float]


class Watched:
    """A quadratic learner that notes where it is asked for a gradient, and of which loss."""

    def __init__(self) -> None:
        self.learner = QuadraticLearner(_CURVATURE)
        self.asked: list[tuple[str, Point]] = []

    def gradient(self, theta: torch.Tensor, batch: Batch, span: slice | None = None) -> Any:
        """Return the gradient."""
        self.asked.append((batch.task, _point(theta)))
        return self.learner.gradient(theta, batch, span)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.learner, name)

    def path(self, loss: str) -> list[Point]:
        """Return the distinct points at which the gradient of a loss was asked for."""
        return list(dict.fromkeys(point for task, point in self.asked if task == loss))


def _theta() -> torch.Tensor:
    return torch.tensor(_START, dtype=torch.float64)


def _point(values: Any) -> Point:
    x, y = (float(value) for value in values)
    return x, y


def batch(name: str, centre: Sequence[float]) -> Batch:
    """Return a batch whose loss is zero at a point."""
    ids = torch.tensor([[float(value) for value in centre]], dtype=torch.float64)
    return Batch(name, ids, torch.ones_like(ids, dtype=torch.bool), torch.zeros_like(ids).long(),
                 torch.zeros(1))  # fmt: skip


def run(
    algorithm: Algorithm[Any],
    meta: Mapping[str, torch.Tensor] | None = None,
    *,
    query: Point = _QUERY,
) -> tuple[Watched, Mapping[str, torch.Tensor]]:
    """Return where an algorithm looked in one episode from the start, and its directions."""
    watched = Watched()
    shape = algorithm.options.episode_shape()
    episode = Episode(
        "support",
        (batch("support", _SUPPORT),) * shape.support,
        (batch("query", query),) * shape.query,
        step=0,
        total_steps=1,
        stream=Stream.root(0),
    )
    meta = algorithm.init(watched, _theta()) if meta is None else meta
    return watched, algorithm.meta_gradient(watched, meta, episode).directions


class _Sheet:
    """Shapes of one figure, in units of the parameters."""

    def __init__(self, *, support: Point | None = _SUPPORT, query: Point | None = _QUERY) -> None:
        self.parts: list[str] = []
        for name, centre, kind in (("support", support, "a"), ("query", query, "b")):
            if centre is not None:
                self._contours(centre, kind)
                self.words((centre[0], centre[1] + 0.7), f"{name} loss")

    def _contours(self, centre: Point, kind: str) -> None:
        values, vectors = torch.linalg.eigh(_CURVATURE)
        angle = -math.degrees(math.atan2(float(vectors[1, 0]), float(vectors[0, 0])))
        x, y = _at(centre)
        for level in (0.15, 0.6):
            rx, ry = (_SCALE * math.sqrt(2 * level / float(value)) for value in values)
            turned = f'transform="rotate({angle:.1f} {x} {y})"'
            self.parts.append(
                f'<ellipse class="{kind}" cx="{x}" cy="{y}" rx="{rx:.1f}" ry="{ry:.1f}" {turned}/>'
            )

    def path(self, points: Sequence[Point], kind: str, words: str = "") -> None:
        """Draw a polyline with a dot at each point, and words at its end."""
        self.parts += [_line(one, two, kind) for one, two in pairwise(points)]
        for x, y in map(_at, points):
            self.parts.append(f'<circle cx="{x}" cy="{y}" r="3"/>')
        if words:
            self.words(points[-1], words)

    def arrow(self, start: Point, direction: Any, kind: str, words: str = "") -> None:
        """Draw a descent along a direction: all arrows of a figure have one length."""
        x, y = _point(direction)
        length = math.hypot(x, y) / _ARROW
        end = (start[0] - x / length, start[1] - y / length)
        self.parts.append(_line(start, end, kind))
        turn = math.atan2(end[1] - start[1], end[0] - start[0])
        for side in (2.6, -2.6):
            tip = (end[0] + 0.2 * math.cos(turn + side), end[1] + 0.2 * math.sin(turn + side))
            self.parts.append(_line(end, tip, kind.replace(" dashed", "")))
        if words:
            self.words(end, words, left=end[0] < start[0])

    def words(self, point: Point, words: str, *, left: bool = False) -> None:
        """Write left or right of a point."""
        x, y = _at(point)
        place = f'x="{x - 8}" y="{y + 5}" text-anchor="end"' if left else f'x="{x + 8}" y="{y + 5}"'
        self.parts.append(f"<text {place}>{words}</text>")

    def drawn(self) -> str:
        """Return the figure, with theta at the start."""
        x, y = _at(_START)
        dot = f'<circle cx="{x}" cy="{y}" r="5"/><text x="{x - 16}" y="{y + 18}">θ</text>'
        return framed([*self.parts, dot], _WIDTH, _HEIGHT)


def _at(point: Point) -> Point:
    return round(point[0] * _SCALE + 10, 1), round(_HEIGHT - 15 - point[1] * _SCALE, 1)


def _line(one: Point, two: Point, kind: str) -> str:
    (x, y), (to_x, to_y) = _at(one), _at(two)
    return f'<path class="{kind}" d="M {x} {y} L {to_x} {to_y}"/>'


def _maml() -> str:
    """Return both directions: that at the end of the inner loop, and the exact one."""
    sheet = _Sheet()
    settings = options.MamlOptions(inner_steps=3, inner_lr=0.45)
    for second_order, words in ((True, "MAML"), (False, "FOMAML")):
        settings = settings.model_copy(update={"second_order": second_order})
        watched, found = run(Maml(settings))
        sheet.arrow(_START, found["theta"], "outer" if second_order else "outer dashed", words)
    (end,) = watched.path("query")
    sheet.path([*watched.path("support"), end], "a")
    sheet.arrow(end, found["theta"], "b dashed", "descent on the query")
    return sheet.drawn()


def _reptile() -> str:
    """Return the displacement of the inner loop."""
    sheet = _Sheet(query=None)
    watched, found = run(Reptile(options.ReptileOptions(inner_steps=4, inner_lr=0.45)))
    end = _point(_theta() - found["theta"])
    sheet.path([*watched.path("support"), end], "a", "θ_k")
    sheet.arrow(_START, found["theta"], "outer", "Reptile")
    return sheet.drawn()


def _partial() -> str:
    """Return inner loops of the head alone and of the encoder alone."""
    sheet = _Sheet()
    for part, words, kind in (("head", "ANIL", "outer"), ("body", "BOIL", "outer dashed")):
        settings = options.PartialMamlOptions(inner_steps=3, inner_lr=0.5, inner_part=part)
        watched, found = run(PartialMaml(settings))
        (end,) = watched.path("query")
        sheet.path([*watched.path("support"), end], "a")
        sheet.arrow(_START, found["theta"], kind, words)
    sheet.words((0.2, 0.1), "→ encoder    ↑ head")
    return sheet.drawn()


def _meta_sgd() -> str:
    """Return one inner step at the first rates, and one at the rates that 400 updates learned."""
    query, rate = (4.6, 4.2), 0.15
    sheet = _Sheet(query=query)
    algorithm = MetaSgd(options.MetaSgdOptions(inner_lr=rate))
    meta = {"theta": _theta(), "rates": torch.full_like(_theta(), rate)}
    for updates, kind, words in ((0, "a dashed", "first rates"), (400, "a", "learned rates")):
        for _ in range(updates):
            _, found = run(algorithm, meta, query=query)
            meta["rates"] = meta["rates"] - 0.02 * found["rates"]
        watched, found = run(algorithm, meta, query=query)
        sheet.path([_START, *watched.path("query")], kind, words)
    return sheet.drawn()


def _maml_plus_plus() -> str:
    """Return the query gradients after each inner step, and the direction of a first step."""
    sheet = _Sheet()
    settings = options.MamlPlusPlusOptions(inner_steps=3, inner_lr=0.45, multi_step_share=1.0)
    watched, found = run(MamlPlusPlus(settings))
    after = watched.path("query")
    sheet.path([_START, *after], "a")
    for point in after:
        sheet.arrow(point, Watched().gradient(torch.tensor(point), batch("query", _QUERY)), "b")
    sheet.arrow(_START, found["theta"], "outer", "MAML++")
    return sheet.drawn()


def _imaml() -> str:
    """Return the way to the solution of the inner problem, and the direction from there."""
    sheet = _Sheet()
    settings = options.ImamlOptions(inner_steps=25, inner_lr=0.2, proximal=0.8, cg_steps=2)
    watched, found = run(Imaml(settings))
    (end,) = watched.path("query")
    sheet.path([*watched.path("support"), end], "a", "φ")
    sheet.parts.append(_line(end, _START, "a dashed"))
    sheet.arrow(_START, found["theta"], "outer", "iMAML")
    return sheet.drawn()


def prototypes() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Return features [3, 6, 2] of three classes, and the head w [3, 2], b [3] of their means."""
    means = torch.tensor([(2.0, 1.5), (8.5, 2.0), (5.0, 5.0)], dtype=torch.float64)
    noise = Stream.root(0).torch()
    features = means[:, None] + 0.6 * torch.randn(3, 6, 2, generator=noise, dtype=torch.float64)
    centres = features.mean(1)
    return features, 2 * centres, -centres.square().sum(1)


def _proto_maml() -> str:
    """Return three classes, their prototypes, and the lines between them that the head draws."""
    sheet = _Sheet(support=None, query=None)
    features, weights, biases = prototypes()
    meeting = torch.linalg.solve(weights[:2] - weights[2], biases[2] - biases[:2])
    for third in range(3):
        one, two = {0, 1, 2} - {third}
        x, y = _point(weights[one] - weights[two])
        along = torch.tensor([-y, x], dtype=torch.float64)
        away = -torch.sign(along @ (weights[third] / 2 - meeting))
        sheet.parts.append(_line(_point(meeting), _point(meeting + away * along), "outer dashed"))
    for number, kind in enumerate("abc"):
        for x, y in map(_at, map(_point, features[number])):
            sheet.parts.append(f'<ellipse class="{kind}" cx="{x}" cy="{y}" rx="4" ry="4"/>')
        sheet.path([_point(weights[number] / 2)], kind, f"c{number + 1}")
    return framed(sheet.parts, _WIDTH, _HEIGHT)


def _pcgrad() -> str:
    """Return two gradients that conflict, and their sum with and without the conflict."""
    sheet = _Sheet(support=None, query=None)
    learner = QuadraticLearner(torch.eye(3, dtype=torch.float64))
    theta = torch.tensor([*_START, 0.0], dtype=torch.float64)
    algorithm = PcGrad(options.PcGradOptions())
    episodes, directions = [], []
    for name, centre in (("A", (0, 1.2, 0)), ("B", (7.5, 2.4, 0))):
        found = (batch(name, centre),)
        episodes.append(Episode(name, (), found, 0, 1, Stream.root(0)))
        one = algorithm.meta_gradient(learner, {"theta": theta}, episodes[-1]).directions
        directions.append(one)
        sheet.arrow(_START, one["theta"][:2], "a" if name == "A" else "b", f"task {name}")
    state = algorithm.initial_state(learner)
    kept, _ = algorithm.combine(directions, episodes, state)
    sheet.arrow(_START, kept["theta"][:2], "outer", "PCGrad")
    mean = sum(one["theta"][:2] for one in directions)
    sheet.arrow(_START, mean, "outer dashed", "joint")
    return sheet.drawn()


FIGURES: Mapping[str, Callable[[], str]] = {
    "maml": _maml,
    "reptile": _reptile,
    "anil_boil": _partial,
    "meta_sgd": _meta_sgd,
    "maml_plus_plus": _maml_plus_plus,
    "imaml": _imaml,
    "protomaml": _proto_maml,
    "pcgrad": _pcgrad,
}
"""What draws each file of docs/pictures/algorithms."""


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name, draw in FIGURES.items():
        (FOLDER / f"{name}.svg").write_text(draw(), encoding="utf-8")
