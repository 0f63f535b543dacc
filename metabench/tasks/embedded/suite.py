"""The nine generated tasks: their recipes, their sizes, and the generator of their examples."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeAlias, final

from metabench.errors import DataError
from metabench.seeding import Stream
from metabench.tasks.embedded.draws import Draws
from metabench.tasks.embedded.inferences import entailment, inference, science
from metabench.tasks.embedded.pairs import equivalence, paraphrase, similarity
from metabench.tasks.embedded.questions import answer
from metabench.tasks.embedded.singles import grammar, sentiment

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["RECIPES", "Recipe", "generate"]

_SEED: Final = 2019
_NOISE: Final = 0.03
"""Share of the class labels that are wrong."""

Row: TypeAlias = tuple[tuple[str, ...], int | float]


@final
@dataclass(frozen=True, slots=True)
class Recipe:
    """The recipe of one task.

    Args:
        draw: draws texts and label.
        text: names of its text columns.
        classes: number of classes, 0 for regression.
        scored: name of the evaluation split; it is drawn first.
        scored_rows: its size.
        train_rows: size of the training split; none of its texts is in the evaluation split.
    """

    draw: Callable[[Draws], Row]
    text: tuple[str, ...]
    classes: int
    scored: str
    scored_rows: int
    train_rows: int

    @property
    def splits(self) -> Mapping[str, int]:
        """Rows of each split."""
        return {"train": self.train_rows, self.scored: self.scored_rows}


_PAIR = ("sentence1", "sentence2")
_INFERENCE = ("premise", "hypothesis")

RECIPES: Final[Mapping[str, Recipe]] = {
    "embedded/sentiment": Recipe(sentiment, ("sentence",), 2, "validation", 400, 4000),
    "embedded/paraphrase": Recipe(paraphrase, _PAIR, 2, "validation", 400, 4000),
    "embedded/inference": Recipe(inference, _INFERENCE, 3, "validation", 400, 4000),
    "embedded/answer": Recipe(answer, ("question", "sentence"), 2, "validation", 400, 4000),
    "embedded/grammar": Recipe(grammar, ("sentence",), 2, "validation", 500, 400),
    "embedded/equivalence": Recipe(equivalence, _PAIR, 2, "validation", 500, 300),
    "embedded/similarity": Recipe(similarity, _PAIR, 0, "validation", 500, 300),
    "embedded/entailment": Recipe(entailment, _PAIR, 2, "validation", 500, 250),
    "embedded/science": Recipe(science, _INFERENCE, 2, "test", 500, 1000),
}


def generate(name: str, split: str) -> Mapping[str, list[Any]]:
    """Return the examples of a split of a generated task: a list of values for each column.

    Raises:
        DataError: there is no such task or split.
    """
    recipe = RECIPES.get(name)
    if recipe is None or split not in recipe.splits:
        known = f"its splits are {', '.join(recipe.splits)}" if recipe else "there is no such task"
        raise DataError(
            f"cannot generate split {split!r}: {known}",
            where=name,
            hint="name one of them in tasks.splits",
        )
    texts, labels = zip(*_rows(name, recipe, split), strict=True)
    columns = zip(recipe.text, zip(*texts, strict=True), strict=True)
    return {**{column: list(values) for column, values in columns}, "label": list(labels)}


def _rows(name: str, recipe: Recipe, split: str) -> list[Row]:
    draws = Draws(Stream.root(_SEED).child("embedded", name))
    wanted = recipe.scored_rows + (recipe.train_rows if split == "train" else 0)
    rows: dict[tuple[str, ...], int | float] = {}
    while len(rows) < wanted:
        texts, label = recipe.draw(draws)
        rows.setdefault(texts, _noisy(label, recipe.classes, draws))
    return list(rows.items())[recipe.scored_rows if split == "train" else 0 :]


def _noisy(label: float, classes: int, draws: Draws) -> int | float:
    if not classes or not draws.chance(_NOISE):
        return label
    return draws.other(range(classes), than=int(label))
