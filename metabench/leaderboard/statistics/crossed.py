"""An interval over meta seeds and evaluation examples together, both taken for samples."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeAlias

from metabench.leaderboard.statistics.summary import FEWEST_PAIRS

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Array: TypeAlias = npt.NDArray[np.float64]
    Metric: TypeAlias = Callable[[npt.NDArray[np.generic], npt.NDArray[np.generic]], float]

__all__ = ["crossed_half_width", "over_examples", "pseudo_values"]

_MOST_GROUPS = 100


def pseudo_values(
    metric: Metric, labels: npt.NDArray[np.generic], outputs: npt.NDArray[np.generic]
) -> Array:
    r"""Return the share of each evaluation example in a score: its jackknife pseudo-value.

    .. math:: \theta_e^* = E \, \theta - (E - 1) \, \theta_{(e)}

    For a mean over examples, such as accuracy, it is the value of the example itself. A metric that
    looks at predicted classes alone is evaluated once for each pair of label and prediction, which
    is exact. Any other is evaluated without each of up to 100 groups of examples, and the
    pseudo-values are those of the groups.

    Args:
        metric: of labels and outputs, as the score.
        labels: [examples].
        outputs: [examples, outputs].

    Returns:
        [examples], or [groups].

    Source: Tukey 1958; Quenouille 1956.
    """
    import numpy as np  # noqa: PLC0415  (start-up time)

    whole, count = metric(labels, outputs), len(labels)
    classes = outputs.shape[1]
    if classes > 1:
        predicted = outputs.argmax(axis=1)
        one_hot = np.eye(classes)[predicted]
        if metric(labels, one_hot) == whole:
            codes = labels.astype(np.intp) * classes + predicted
            _, first, back = np.unique(codes, return_index=True, return_inverse=True)
            left = [metric(np.delete(labels, at), np.delete(one_hot, at, axis=0)) for at in first]
            return count * whole - (count - 1) * np.asarray(left)[back]
    groups = min(count, _MOST_GROUPS)
    group = np.arange(count) % groups
    kept = [group != number for number in range(groups)]
    left = [metric(labels[keep], outputs[keep]) for keep in kept]
    return groups * whole - (groups - 1) * np.asarray(left)


def crossed_half_width(tasks: Sequence[Array], *, alpha: float) -> float | None:
    r"""Return half the width of the interval of a mean over seeds, examples and tasks.

    Seeds and examples are crossed: every seed's model is scored on the same examples. With the mean
    squares of a two-way layout, :math:`V_s = MS_s / SE` is the variance over seeds, as in the
    Student interval, and :math:`V_e = (MS_e - MS_{se}) / SE`, 0 at least, that over examples. Their
    sum has the degrees of freedom of Satterthwaite 1946, and the interval is never narrower than
    the one over seeds:

    .. math:: \max\bigl(t_\nu \sqrt{V_s + V_e},\ t_{S-1} \sqrt{V_s}\bigr), \quad
              \nu = \frac{(V_s + V_e)^2}{V_s^2 / (S - 1) + V_e^2 / (E - 1)}

    For several tasks, which have separate examples, the variances over examples are averaged as
    those of independent means.

    Args:
        tasks: pseudo-values [seeds, examples] of each task, of one method or of a difference.
        alpha: one minus the coverage.

    Returns:
        None below three seeds, below two examples, or without spread over the seeds.
    """
    import numpy as np  # noqa: PLC0415  (start-up time)
    from scipy.special import stdtrit  # noqa: PLC0415  (scipy.stats takes a second to load)

    seeds = len(tasks[0])
    if seeds < FEWEST_PAIRS or any(values.shape[1] < 2 for values in tasks):  # noqa: PLR2004
        return None
    by_seed = np.mean([values.mean(axis=1) for values in tasks], axis=0)
    variance = float(by_seed.var(ddof=1)) / seeds
    if variance == 0:
        return None
    parts = [(variance, seeds - 1)]
    parts += [(over_examples(each) / len(tasks) ** 2, each.shape[1] - 1) for each in tasks]
    whole = sum(part for part, _ in parts)
    freedom = whole**2 / sum(part**2 / own for part, own in parts)
    widths = (math.sqrt(v) * stdtrit(df, 1 - alpha / 2) for v, df in ((whole, freedom), parts[0]))
    return float(max(widths))


def over_examples(values: Array) -> float:
    """Return the variance of the mean of [seeds, examples] that examples bring, 0 at least."""
    seeds, examples = values.shape
    means = values.mean(axis=0, keepdims=True)
    rest = values - values.mean(axis=1, keepdims=True) - means + values.mean()
    interaction = float((rest**2).sum()) / ((seeds - 1) * (examples - 1))
    between = seeds * float(means.var(ddof=1))
    return float(max(between - interaction, 0.0) / (seeds * examples))
