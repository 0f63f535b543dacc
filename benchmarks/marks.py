"""Simulated marks: the rule of metabench, and the one of its first version that it replaced.

``python benchmarks/marks.py`` prints the rows on marks of docs/statistics.md. Scores are normal and
independent, with one unknown standard deviation; differences have its square root of 2.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping

import click
import numpy as np

from metabench.leaderboard.statistics.marks import marks
from metabench.leaderboard.statistics.significance import holm, sign_flip_p
from metabench.leaderboard.statistics.summary import paired_t_p, paired_values
from metabench.seeding import Stream

Table = Mapping[str, Mapping[int, float]]
Rule = Callable[[Table], set[str]]

ALPHA = 0.05
SIGN_FLIPS = 8
"""Seeds from which on the first version used sign flips in place of the t test."""


def now(table: Table) -> set[str]:
    """Return the methods that are significantly worse than the highest mean."""
    return set(marks(table, alpha=ALPHA).worse)


def before(table: Table) -> set[str]:
    """Return the methods significantly below another one, Holm-corrected over all pairs."""
    pairs = list(itertools.combinations(table, 2))
    values = [paired_values(table[one], table[other]) for one, other in pairs]
    test = sign_flip_p if len(values[0]) >= SIGN_FLIPS else paired_t_p
    corrected = holm([1.0 if (p := test(each)) is None else p for each in values])
    found = zip(pairs, values, corrected, strict=True)
    return {pair[int(sum(each) > 0)] for pair, each, p in found if p <= ALPHA}


def tables(count: int, *, seeds: int, methods: int, gap: float) -> list[Table]:
    """Return tables whose first method is ``gap`` standard deviations of a difference above."""
    draw = Stream.root(0).child("marks", seeds, methods, int(100 * gap)).numpy()
    scores = draw.normal(0.0, 1.0, (count, methods, seeds))
    scores[:, 0] += gap * math.sqrt(2)
    return [{str(k): dict(enumerate(row)) for k, row in enumerate(each)} for each in scores]


def kept(rule: Rule, drawn: list[Table]) -> float:
    """Return the share of the lower methods that are not called worse."""
    return 1 - float(np.mean([len(rule(table) - {"0"}) / (len(table) - 1) for table in drawn]))


def any_worse(rule: Rule, drawn: list[Table]) -> float:
    """Return the share of tables in which a method is called worse."""
    return float(np.mean([bool(rule(table)) for table in drawn]))


def out_of_order(rule: Rule, drawn: list[Table]) -> float:
    """Return the share of tables in which a method is called worse and a lower one is not."""

    def wrong(table: Table) -> bool:
        worse = rule(table)
        mean = {name: sum(scores.values()) for name, scores in table.items()}
        rest = min(mean[name] for name in table if name not in worse)
        return any(mean[name] > rest for name in worse)

    return float(np.mean([wrong(table) for table in drawn]))


ROWS = (
    ("five methods, four of them 4 SD worse: not called worse", kept, (3, 5, 8), 4.0),
    ("five methods, four of them 1.06 SD worse: not called worse", kept, (7, 8, 9, 10), 1.06),
    ("the same: a method called worse above one that is not", out_of_order, (3, 5, 7, 10), 1.06),
    ("five equal methods: one called worse", any_worse, (3, 5, 8, 10), 0.0),
)


@click.command()
@click.option("--tables", "count", default=2000, show_default=True, help="Tables of a share.")
def main(count: int) -> None:
    """Print each row: the seeds, the shares of the first version's rule, and those of today's."""
    for what, share, seeds, gap in ROWS:
        click.echo(what)
        for n in seeds:
            drawn = tables(count, seeds=n, methods=5, gap=gap)
            click.echo(f"  {n:2} seeds: {share(before, drawn):.1%} -> {share(now, drawn):.1%}")


if __name__ == "__main__":
    main()
