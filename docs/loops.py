"""The figures of docs/meta_learning.md as SVG, computed: ``python docs/loops.py``.

Two tasks have quadratic losses in two parameters. The inner paths are metabench's own
``inner_path``; the outer loop moves theta by Reptile's displacement. Another figure has the stages.
"""

from __future__ import annotations

import math
from itertools import pairwise
from pathlib import Path

import torch

from metabench.learning import Batch, inner_path
from metabench.testing import QuadraticLearner

__all__ = ["CENTRES", "drawn", "framed", "outer_path", "stages"]

PICTURES = Path(__file__).parent / "pictures"
STAGES = (
    ("1 pretraining", "unlabelled text", "masked words"),
    ("2 meta-training", "SST-2, QQP, MNLI, QNLI, …", "inner and outer loop"),
    ("3 fine-tuning", "CoLA, MRPC, STS-B, RTE, SciTail", "a few examples of one task"),
)
"""Title, data and what happens, in the setting of Dou et al. 2019, section 3."""
CENTRES = {"A": (2, 5), "B": (7, 5)}
"""Where the loss of each task is zero."""
_START, _RATE, _STEPS, _OUTER, _OUTER_RATE = (5.0, 0.0), 0.25, 4, 12, 0.35
_LEARNER = QuadraticLearner(torch.tensor([[1.0, 0.3], [0.3, 0.6]], dtype=torch.float64))
_SCALE, _WIDTH, _HEIGHT = 56, 560, 470
_COLOURS = {"A": "a", "B": "b"}
_STYLE = """\
text { font: 14px system-ui, "Segoe UI", "DejaVu Sans", sans-serif; fill: #1d2a33; }
rect { fill: #fbfbf9; stroke: #d5dbe0; } path, ellipse { fill: none; stroke-width: 1.5; }
.a { stroke: #9a3f14; } .b { stroke: #146a9c; } .c { stroke: #1c7a4c; }
ellipse { opacity: 0.35; }
.outer { stroke: #1d2a33; stroke-width: 3; } .dashed { stroke-dasharray: 5 4; }
circle { fill: #1d2a33; }
@media (prefers-color-scheme: dark) {
  text { fill: #dde5ea; } rect { fill: #12191f; stroke: #33414b; } circle { fill: #dde5ea; }
  .a { stroke: #f0a27d; } .b { stroke: #7fbfe6; } .c { stroke: #7fd3a8; }
  .outer { stroke: #dde5ea; }
}"""

Point = tuple[float, float]


def _batch(task: str) -> Batch:
    ids = torch.tensor([CENTRES[task]])
    mask = torch.ones_like(ids, dtype=torch.bool)
    return Batch(task, ids, mask, torch.zeros_like(ids), torch.zeros(1))


def _inner(theta: torch.Tensor, task: str) -> list[torch.Tensor]:
    batches = [_batch(task)] * _STEPS
    return list(inner_path(_LEARNER, theta, batches, inner_lr=_RATE))


def outer_path() -> list[torch.Tensor]:
    """Return theta after each of Reptile's outer steps over both tasks, the start first."""
    path = [torch.tensor(_START, dtype=torch.float64)]
    for _ in range(_OUTER):
        ends = torch.stack([_inner(path[-1], task)[-1] for task in CENTRES])
        path.append(path[-1] + _OUTER_RATE * (ends - path[-1]).mean(0))
    return path


def _at(point: torch.Tensor | Point) -> Point:
    x, y = (float(value) for value in point)
    return round(x * _SCALE + 20, 1), round(_HEIGHT - 30 - y * _SCALE, 1)


def _line(points: list[torch.Tensor], kind: str) -> str:
    places = " L ".join(f"{x} {y}" for x, y in map(_at, points))
    return f'<path class="{kind}" d="M {places}"/>'


def _contours(task: str) -> list[str]:
    values, vectors = torch.linalg.eigh(_LEARNER.curvature)
    angle = -math.degrees(math.atan2(float(vectors[1, 0]), float(vectors[0, 0])))
    x, y = _at(CENTRES[task])
    radii = [
        [_SCALE * math.sqrt(2 * level / float(value)) for value in values] for level in (0.2, 1)
    ]
    return [
        f'<ellipse class="{_COLOURS[task]}" cx="{x}" cy="{y}" rx="{rx:.1f}" ry="{ry:.1f}"'
        f' transform="rotate({angle:.1f} {x} {y})"/>'
        for rx, ry in radii
    ]


def drawn() -> str:
    """Return the figure: contours of both losses, the outer loop, and some inner loops."""
    path = outer_path()
    parts = [line for task in CENTRES for line in _contours(task)]
    for theta in (path[0], path[3], path[-1]):
        parts += [_line(_inner(theta, task), _COLOURS[task]) for task in CENTRES]
    parts += [_line([one, two], "outer") for one, two in pairwise(path)]
    for point, words, right in ((path[0], "θ at the start", 12), (path[-1], "initialization", 12)):
        x, y = _at(point)
        parts.append(
            f'<circle cx="{x}" cy="{y}" r="5"/><text x="{x + right}" y="{y + 5}">{words}</text>'
        )
    for task, centre in CENTRES.items():
        x, y = _at(centre)
        parts.append(f'<text x="{x - 22}" y="{y + 5}">task {task}</text>')
    return framed(parts, _WIDTH, _HEIGHT)


def stages() -> str:
    """Return the figure of the three stages, from left to right."""
    parts = []
    for number, lines in enumerate(STAGES):
        x = 20 + number * 270
        parts.append(f'<rect class="stage" x="{x}" y="20" width="240" height="86" rx="6"/>')
        parts += [
            f'<text x="{x + 120}" y="{44 + 24 * row}" text-anchor="middle">{line}</text>'
            for row, line in enumerate(lines)
        ]
        if number:
            parts.append(f'<path class="outer" d="M {x - 26} 63 L {x - 8} 63"/>')
            parts.append(f'<text x="{x - 17}" y="54" text-anchor="middle">θ</text>')
    return framed(parts, 40 + 240 + 270 * (len(STAGES) - 1), 126)


def framed(parts: list[str], width: int, height: int) -> str:
    """Return elements as SVG with a frame, in colours for light and dark pages."""
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}">'
    frame = f'<rect x="1" y="1" width="{width - 2}" height="{height - 2}" rx="8"/>'
    return "\n".join([head, f"<style>\n{_STYLE}\n</style>", frame, *parts, "</svg>", ""])


if __name__ == "__main__":
    (PICTURES / "loops.svg").write_text(drawn(), encoding="utf-8")
    (PICTURES / "stages.svg").write_text(stages(), encoding="utf-8")
