"""A leaderboard with its conclusion as SVG: ``python docs/picture.py TEXT SVG``."""

from __future__ import annotations

import re
from pathlib import Path
from xml.sax.saxutils import escape

import click

_ADVANCE, _LINE, _MARGIN = 7.8, 19, 20
_STYLE = """\
text { font: 13px ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace; fill: #1d2a33; }
.best { font-weight: 700; fill: #9a3f14; } .title { font-weight: 700; } .rule { fill: #9aa7b0; }
rect { fill: #fbfbf9; stroke: #d5dbe0; }
@media (prefers-color-scheme: dark) {
  text { fill: #dde5ea; } .best { fill: #f0a27d; } .rule { fill: #5d6b75; }
  rect { fill: #12191f; stroke: #33414b; }
}"""


def drawn(text: str) -> str:
    """Return the scores, the first differences and the conclusion of a leaderboard as SVG."""
    whole, found, conclusion = text.strip().partition("\n\nConclusion\n")
    scores, *others = re.split(r"\n\n(?=\S+: )", whole)
    parts = [scores.partition("\n\n- ")[0], *(table.split("\n\n")[0] for table in others[:1])]
    if found:
        parts.append(f"{found.strip()}\n{conclusion}")
    lines = "\n\n".join(parts).splitlines()
    width = round(max(len(line) for line in lines) * _ADVANCE + 2 * _MARGIN)
    height = len(lines) * _LINE + 2 * _MARGIN
    rows = [_row(line, _MARGIN + _LINE * (n + 0.75)) for n, line in enumerate(lines) if line]
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}">'
    frame = f'<rect x="1" y="1" width="{width - 2}" height="{height - 2}" rx="8"/>'
    return "\n".join([head, f"<style>\n{_STYLE}\n</style>", frame, *rows, "</svg>", ""])


def _row(line: str, y: float) -> str:
    """Return a line; each word group has its place, so that columns hold in any font."""
    whole = (
        "rule" if line.startswith("─") else "title" if re.match(r"\S+: |Conclusion$", line) else ""
    )
    parts = []
    for found in re.finditer(r"[•≈]?[^ •≈]+(?: [^ •≈]+)*", line):
        kind = "best" if found[0].startswith("•") else whole
        place = f'x="{_MARGIN + found.start() * _ADVANCE:.1f}" y="{y:.1f}"'
        length = f'textLength="{len(found[0]) * _ADVANCE:.1f}" lengthAdjust="spacingAndGlyphs"'
        mark = f' class="{kind}"' if kind else ""
        parts.append(f"<text {place} {length}{mark}>{escape(found[0])}</text>")
    return "".join(parts)


@click.command()
@click.argument("text", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("svg", type=click.Path(dir_okay=False, path_type=Path))
def draw(text: Path, svg: Path) -> None:
    """Draw the scores, the first differences and the conclusion of TEXT into SVG."""
    svg.write_text(drawn(text.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    draw()
