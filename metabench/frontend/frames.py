"""Results as pandas DataFrames."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, fields
from typing import TYPE_CHECKING, Any

from metabench.api.leaderboard import Cost
from metabench.results.score_lines import ScoreLine

if TYPE_CHECKING:
    import pandas as pd

    from metabench.api.leaderboard import Leaderboard
    from metabench.results.collect import Collected
    from metabench.results.history import LossCurve
    from metabench.store.records.run import UseNote
    from metabench.store.run_folder import Store

__all__ = [
    "cost_frame",
    "curve_frame",
    "difference_frame",
    "mean_frame",
    "prediction_frame",
    "score_frame",
]

_CURVES = ("method", "stage", "column", "meta_seed", "finetune_seed", "scalar", "step", "value")
_DIFFERENCES = (
    *("method", "baseline", "column", "difference", "low", "high", "pairs", "p", "improvement"),
    *("detectable", "verdict"),
)
_INTEGERS = {"size", "evaluated", "updates", "examples", "finetune_seed", "draw"}


def score_frame(collected: Collected) -> pd.DataFrame:
    """Return one line for each method, column, meta seed, fine-tuning seed and metric."""
    from metabench.results.score_lines import score_lines

    names = tuple(field.name for field in fields(ScoreLine))
    return _frame(names, [asdict(line) for line in score_lines(collected)])


def cost_frame(board: Leaderboard) -> pd.DataFrame:
    """Return the cost of one meta seed of each method, one line a method."""
    names = ("method", *(field.name for field in fields(Cost)))
    lines = [{"method": row.method, **asdict(row.cost)} for row in board.rows if row.cost]
    return _frame(names, lines)


def mean_frame(board: Leaderboard) -> pd.DataFrame:
    """Return the mean scores, methods by columns, each on its metric's own scale."""
    import pandas as pd

    return pd.DataFrame(
        [[score.mean for score in row.scores] for row in board.rows],
        index=pd.Index([row.method for row in board.rows], name="method"),
        columns=[column.name for column in board.columns],
        dtype=float,
    )


def difference_frame(board: Leaderboard) -> pd.DataFrame:
    """Return every difference to a baseline, one line each."""
    lines = [
        {
            "method": row.method,
            "baseline": each.baseline,
            "column": column.name,
            "difference": each.mean,
            "low": each.interval[0] if each.interval else None,
            "high": each.interval[1] if each.interval else None,
            "pairs": each.n,
            "p": each.p,
            "improvement": each.improvement,
            "detectable": each.detectable,
            "verdict": each.verdict,
        }
        for row in board.rows
        for column, score in zip(board.columns, row.scores, strict=True)
        for each in score.differences
    ]
    return _frame(_DIFFERENCES, lines)


def curve_frame(stores: Sequence[Store], collected: Collected) -> pd.DataFrame:
    """Return every scalar logged in meta-training, and by observers in fine-tuning, by step."""
    from metabench.results.history import meta_histories
    from metabench.results.tuning import tuning_histories

    lines: list[Mapping[str, Any]] = []
    for method, metas in meta_histories(stores, collected).items():
        for one in metas:
            losses = {} if one.losses is None else {"loss": one.losses}
            place = {"method": method, "stage": "meta", "column": one.target, "meta_seed": one.seed}
            lines += _points(place, {**losses, **one.scalars})
    for method, tunings in tuning_histories(stores, collected).items():
        for each in tunings:
            place = {"method": method, "stage": "adapt", "column": each.column}
            place |= {"meta_seed": each.seed, "finetune_seed": each.finetune_seed}
            lines += _points(place, each.scalars)
    return _frame(_CURVES, lines)


def _points(
    place: Mapping[str, Any], scalars: Mapping[str, LossCurve]
) -> Iterator[Mapping[str, Any]]:
    for name, curve in scalars.items():
        for step, value in curve.points:
            yield {"finetune_seed": None, **place, "scalar": name, "step": step, "value": value}


def prediction_frame(
    stores: Sequence[Store], collected: Collected, uses: Sequence[UseNote]
) -> pd.DataFrame:
    """Return the saved predictions of some planned scores, one line an evaluation example.

    Raises:
        StoreError: a file of predictions is missing or damaged.
    """
    import pandas as pd

    from metabench.results.predictions import predictions_table

    parts = []
    for use in uses:
        result = collected.results.get(use.key)
        if result is None:
            continue
        store = next(one for one in stores if one.result(use.cell, key=use.key))
        part = predictions_table(store, use.cell, result).to_pandas()
        place = (use.method, use.column, use.meta_seed, use.finetune_seed, use.draw)
        names = ("method", "column", "meta_seed", "finetune_seed", "draw")
        for at, (name, value) in enumerate(zip(names, place, strict=True)):
            part.insert(at, name, value)
        parts.append(part)
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()


def _frame(names: Sequence[str], lines: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    import pandas as pd

    frame = pd.DataFrame(lines, columns=list(names))
    whole = {name: "Int64" for name in names if name in _INTEGERS}
    if "collapsed" in names:
        whole["collapsed"] = "boolean"
    return frame.astype(whole)
