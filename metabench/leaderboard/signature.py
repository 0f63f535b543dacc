"""The signature: every setting of a leaderboard in one line, to be pasted under a table."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from metabench.api.leaderboard import Leaderboard
from metabench.leaderboard.columns import Choice
from metabench.results.collect import Collected
from metabench.store.records.provenance import Provenance

__all__ = ["signature"]

_SHORT = 8
_NOT_PLAIN = re.compile(r"[^A-Za-z0-9._/@+()-]+")


def signature(collected: Collected, board: Leaderboard, choice: Choice) -> str:
    """Return the settings as ``name:value``, separated by ``|``; equal settings give equal lines.

    Where cells disagree, the values are joined by ``+``. Characters of foreign names other than
    letters, digits and ``._/@+()-`` become ``_``, so that the line survives any format.
    """
    return "|".join(_parts(collected, board, choice))


def _parts(collected: Collected, board: Leaderboard, choice: Choice) -> Iterator[str]:
    note = collected.note
    cells = [place for places in collected.origins.values() for place in places]
    yield f"mb:{_joined(cell.metabench for cell in cells)}"
    if board.smoke:
        yield "SMOKE"
    yield f"spec:{'+'.join(part[:_SHORT] for part in note.spec_hash.split('+')) or '?'}"
    yield f"model:{_joined(_model(cell) for cell in cells)}"
    yield f"seeds:{_seeds(collected)}"
    if choice.metric is not None:
        yield f"metric:{_plain(choice.metric)}"
    if choice.columns:
        yield f"columns:{_listed(column.name for column in board.columns)}"
    if board.baselines:
        yield f"baseline:{_listed(board.baselines)}"
    yield f"stat:paired-t+sign-flip+holm|alpha:{board.alpha:g}"
    yield f"missing:{'averaged' if choice.allow_missing else 'shown'}"
    yield f"torch:{_joined(cell.versions.get('torch', '') for cell in cells)}"
    yield f"device:{_joined(cell.device for cell in cells)}"
    yield f"precision:{_joined(cell.precision for cell in cells)}"


def _seeds(collected: Collected) -> str:
    meta, nested = collected.seed_counts
    return f"{_span(meta)}m×{_span(nested)}f"


def _span(numbers: list[int]) -> str:
    if not numbers:
        return "0"
    return str(numbers[0]) if len(numbers) == 1 else f"{numbers[0]}-{numbers[-1]}"


def _model(cell: Provenance) -> str:
    return f"{cell.model}@{cell.model_identity[:_SHORT]}" if cell.model else ""


def _joined(values: Iterable[str]) -> str:
    return "+".join(sorted({_plain(value) for value in values if value})) or "?"


def _listed(values: Iterable[str]) -> str:
    return ",".join(_plain(value) for value in values)


def _plain(text: str) -> str:
    return _NOT_PLAIN.sub("_", text)
