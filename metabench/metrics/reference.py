"""Reference scores without looking at a text: the majority class, and chance."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from metabench.errors import MetabenchError
from metabench.metrics.compute import score
from metabench.seeding import Stream

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    import numpy.typing as npt

    Outputs = npt.NDArray[np.float64]

__all__ = ["CHANCE", "MAJORITY", "reference_scores"]

MAJORITY, CHANCE = "majority", "chance"


def reference_scores(
    metric_targets: Mapping[str, str],
    train_labels: npt.NDArray[np.generic],
    labels: npt.NDArray[np.generic],
    *,
    classes: int,
) -> Mapping[str, Mapping[str, float]]:
    """Return the score of each metric for the majority class, and for chance.

    The majority class is the most frequent one of the training labels, the first of several; for a
    regression it is their mean. Chance is guesses with the frequencies of the training labels that
    do not depend on the evaluation labels: among the examples of each class, every class is guessed
    in its share. For a regression they are drawn from the training labels, once as they are and
    once mirrored at the mean, so that a correlation is 0.

    Args:
        metric_targets: ``package.module:function`` by metric name.
        train_labels: [training examples], class indices or numbers.
        labels: [evaluation examples].
        classes: number of classes; 1 for a regression.

    Returns:
        Score by metric, by ``majority`` and ``chance``; without metrics that fail on such outputs.
    """
    import numpy as np  # noqa: PLC0415  (listing metrics stays light)

    if classes == 1:
        mean = float(train_labels.astype(np.float64).mean())
        drawn = _drawn(train_labels, len(labels))
        outputs = {
            MAJORITY: [np.full((len(labels), 1), mean)],
            CHANCE: [drawn, 2 * drawn.mean() - drawn],
        }
    else:
        counts = np.bincount(train_labels.astype(np.intp), minlength=classes)
        majority = np.full(len(labels), counts.argmax())
        one_hot = np.eye(classes)
        outputs = {MAJORITY: [one_hot[majority]], CHANCE: [one_hot[_guesses(labels, counts)]]}
    return {
        name: {
            metric: sum(values) / len(values)
            for metric, target in metric_targets.items()
            if (values := _values(metric, target, labels, each))
        }
        for name, each in outputs.items()
    }


def _values(
    metric: str, target: str, labels: npt.NDArray[np.generic], outputs: list[Outputs]
) -> list[float]:
    with suppress(MetabenchError):
        return [score({metric: target}, labels, each)[metric] for each in outputs]
    return []


def _guesses(labels: npt.NDArray[np.generic], counts: npt.NDArray[np.intp]) -> npt.NDArray[np.intp]:
    """Return a class for each example: among those of each label, every class in its share."""
    import numpy as np  # noqa: PLC0415

    ends = np.cumsum(counts) / counts.sum()
    found = np.zeros(len(labels), dtype=np.intp)
    for label in np.unique(labels):
        places = np.flatnonzero(labels == label)
        middles = (np.arange(len(places)) + 0.5) / len(places)
        found[places] = np.searchsorted(ends, middles)
    return found


def _drawn(train_labels: npt.NDArray[np.generic], count: int) -> Outputs:
    """Return numbers drawn from the training labels, the same at every call; [count, 1]."""
    import numpy as np  # noqa: PLC0415

    draw = Stream.root(0).child("reference", count).numpy()
    return draw.choice(train_labels.astype(np.float64), size=(count, 1))
