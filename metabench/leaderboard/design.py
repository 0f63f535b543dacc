"""The seeds and draws that a pilot advises, for a budget or for a difference to be found."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias, final

from metabench.api.leaderboard import Leaderboard, LeaderboardColumn
from metabench.errors import UsageError
from metabench.leaderboard.columns import AVERAGE
from metabench.leaderboard.crossed import values_by
from metabench.leaderboard.statistics.design import Components, components, mean_components
from metabench.leaderboard.statistics.summary import FEWEST_PAIRS
from metabench.results.collect import Collected, are_crossed
from metabench.store.run_folder import Store

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Array: TypeAlias = npt.NDArray[np.float64]

__all__ = ["Advice", "Design", "advice"]

_MOST_SEEDS, _MOST_DRAWS = 1000, 100
_FEWEST = 2


@final
@dataclass(frozen=True, slots=True)
class Design:
    """Numbers of meta seeds and draws, with their width and cost.

    Args:
        seeds: meta seeds.
        draws: draws of the training set by meta seed; 1 without draws, and for paired ones.
        half_width: half the width of the interval over seeds, draws and examples.
        seed_half_width: half the width of the interval over seeds, which the leaderboard shows.
        seconds: wall time of all cells, one after another.
    """

    seeds: int
    draws: int
    half_width: float
    seed_half_width: float
    seconds: float


@final
@dataclass(frozen=True, slots=True)
class Advice:
    """What a pilot says about larger designs.

    Args:
        column: the column of which the differences are estimated.
        baseline: the method that the others are compared with.
        components: mean variance components of the differences.
        pilot: the design of the pilot.
        crossed: whether draws are crossed with meta seeds, so that their number can be chosen.
        fixed: seconds that are spent once, such as cells that several meta seeds share.
        per_seed: seconds that each meta seed takes.
        per_draw: seconds that each draw of a meta seed takes.
        alpha: one minus the coverage of the intervals.
    """

    column: LeaderboardColumn
    baseline: str
    components: Components
    pilot: tuple[int, int]
    crossed: bool
    fixed: float
    per_seed: float
    per_draw: float
    alpha: float

    def design(self, seeds: int, draws: int) -> Design:
        """Return a design with its expected width and cost."""
        return Design(
            seeds,
            draws,
            self.components.half_width(seeds, draws, alpha=self.alpha),
            self.components.seed_half_width(seeds, draws, alpha=self.alpha),
            self.fixed + seeds * (self.per_seed + draws * self.per_draw),
        )

    def narrowest(self, seconds: float) -> Design | None:
        """Return the design with the narrowest interval in a budget; None where it is too small."""
        each = [
            self.design(int(min(seeds, _MOST_SEEDS)), draws)
            for draws in self._draws()
            if (seeds := self._affordable(seconds, draws)) >= FEWEST_PAIRS
        ]
        return min(each, key=lambda one: (one.half_width, one.seconds), default=None)

    def cheapest(self, effect: float) -> Design | None:
        """Return the cheapest design that finds a difference of that size with 80 % power.

        None where more than 1,000 meta seeds would be needed.
        """
        each = [
            self.design(seeds, draws)
            for draws in self._draws()
            if (seeds := self._enough(effect, draws)) <= _MOST_SEEDS
        ]
        return min(each, key=lambda one: one.seconds, default=None)

    def _draws(self) -> range:
        return range(_FEWEST, _MOST_DRAWS + 1) if self.crossed else range(1, 2)

    def _affordable(self, seconds: float, draws: int) -> float:
        each = self.per_seed + draws * self.per_draw
        return (seconds - self.fixed) / each if each else math.inf

    def _enough(self, effect: float, draws: int) -> int:
        """Return the fewest meta seeds with which a difference can be found."""

        def finds(seeds: int) -> bool:
            return self.components.detectable(seeds, draws, alpha=self.alpha) <= effect

        numbers = range(FEWEST_PAIRS, _MOST_SEEDS + 1)
        return FEWEST_PAIRS + bisect_left(numbers, 1, key=finds)


def advice(stores: Sequence[Store], collected: Collected, board: Leaderboard) -> Advice:
    """Return what a pilot says about larger designs.

    The differences are those of every method to the first baseline, on the average, else on the
    first column; their variance components are averaged.

    Args:
        stores: the run folders.
        collected: their values, merged.
        board: their leaderboard.

    Raises:
        UsageError: there is no baseline or no other method, fewer than two meta seeds, or a score
            or its predictions are missing.
    """
    others = [row.method for row in board.rows if row.method not in board.baselines[:1]]
    if not board.baselines or not others:
        raise UsageError(
            f"{board.name!r} compares no method with a baseline",
            hint="an advice is about differences; name a baseline with --baseline",
        )
    column = next((one for one in board.columns if one.role == AVERAGE), board.columns[0])
    targets = [note.name for note in collected.note.columns if note.role == "target"]
    names = targets if column.role == AVERAGE else [column.name]
    uses = [use for use in collected.note.uses if use.column in names]
    draws = [use for use in uses if use.draw is not None]
    crossed = bool(draws) and are_crossed(draws) and len({use.draw for use in draws}) >= _FEWEST
    sheets = {
        method: [_values(stores, collected, method, name) for name in names]
        for method in (board.baselines[0], *others)
    }
    base = sheets.pop(board.baselines[0])
    _check([base, *sheets.values()])
    found = [
        components([one - other for one, other in zip(theirs, base, strict=True)])
        for theirs in sheets.values()
    ]
    seeds = len({use.meta_seed for use in uses})
    fixed, per_seed, per_draw = _seconds(collected, crossed=crossed)
    return Advice(
        column=column,
        baseline=board.baselines[0],
        components=mean_components(found),
        pilot=(seeds, len({use.draw for use in draws}) if crossed else 1),
        crossed=crossed,
        fixed=fixed,
        per_seed=per_seed,
        per_draw=per_draw,
        alpha=board.alpha,
    )


def _values(stores: Sequence[Store], collected: Collected, method: str, column: str) -> Array:
    """Return pseudo-values [seeds, draws, examples] of a method on a column.

    Raises:
        UsageError: one is missing, or there are fewer than two meta seeds.
    """
    import numpy as np  # noqa: PLC0415  (start-up time)

    uses = [use for use in collected.note.uses if (use.method, use.column) == (method, column)]
    seeds = sorted({use.meta_seed for use in uses})
    if len(seeds) < _FEWEST:
        raise UsageError(
            f"{method} has {len(seeds)} meta seed on {column}; a spread takes two",
            hint="run the pilot with --set seeds.meta=3, or more",
        )
    found = values_by(stores, collected, method, column)
    draws = sorted({draw for _, draw in found or ()})
    done = sum(use.key in collected.results for use in uses)
    if found is None or done < len(uses) or len(found) < len(seeds) * len(draws):
        what = f"{len(uses) - done} of {len(uses)} scores" if done < len(uses) else "predictions"
        raise UsageError(
            f"{method} lacks {what} on {column}",
            hint="finish the pilot with `metabench run`; an advice reads the predictions of every"
            " score, on the same evaluation examples, of a built-in metric",
        )
    return np.stack([np.stack([found[seed, draw] for draw in draws]) for seed in seeds])


def _check(sheets: Sequence[Sequence[Array]]) -> None:
    """Refuse methods and columns of other seeds or draws, and methods of other examples.

    Raises:
        UsageError: they cannot be paired.
    """
    grids = {values.shape[:2] for sheet in sheets for values in sheet}
    examples = {tuple(values.shape[2] for values in sheet) for sheet in sheets}
    if len(grids) > 1 or len(examples) > 1:
        raise UsageError(
            "the methods do not have the same meta seeds, draws and evaluation examples",
            hint="an advice pairs them; run all methods by one benchmark file",
        )


def _seconds(collected: Collected, *, crossed: bool) -> tuple[float, float, float]:
    """Return the wall time that is spent once, by meta seed, and by meta seed and draw."""
    places: dict[str, set[tuple[int, int | None]]] = {}
    for use in collected.note.uses:
        place = use.meta_seed, use.draw if crossed else None
        for key in collected.closures.get(use.key, (use.key,)):
            places.setdefault(key, set()).add(place)
    spent: dict[str, float] = {"once": 0.0, "seed": 0.0, "draw": 0.0}
    for key, used in places.items():
        if key in collected.results:
            seeds = {seed for seed, _ in used}
            one = len(used) == 1 and None not in {draw for _, draw in used}
            kind = "once" if len(seeds) > 1 else "draw" if one else "seed"
            spent[kind] += collected.results[key].wall_seconds
    metas = len({use.meta_seed for use in collected.note.uses})
    pairs = {(use.meta_seed, use.draw) for use in collected.note.uses if use.draw is not None}
    return spent["once"], spent["seed"] / metas, spent["draw"] / max(len(pairs), 1)
