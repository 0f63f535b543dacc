"""From metric targets and arrays to scores, each checked to be a finite number."""

from __future__ import annotations

import importlib
import numbers
from typing import TYPE_CHECKING, Any

from metabench.ambient import Ambient
from metabench.errors import DivergedError, InvalidMetricError, PluginError
from metabench.limits import MOST_SCORE
from metabench.metrics.scores import constant

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    import numpy.typing as npt

__all__ = ["clipped", "collapsed", "score"]

_MEND = "fix the metric, or leave its tasks out"


def score(
    metric_targets: Mapping[str, str],
    labels: npt.NDArray[np.generic],
    outputs: npt.NDArray[np.generic],
    *,
    origins: Mapping[str, str] | None = None,
    ranges: Mapping[str, tuple[float, float]] | None = None,
) -> Mapping[str, float]:
    """Return the score of each metric.

    Args:
        metric_targets: ``package.module:function`` by metric name.
        labels: [examples], class indices or numbers.
        outputs: [examples, classes], or [examples, 1] for regression.
        origins: the distribution and version of each metric, if known.
        ranges: the lowest and the highest value of each metric that declares them.

    Raises:
        DivergedError: an output is not finite.
        InvalidMetricError: a metric fails or returns something that is not one finite real number
            in its declared range.
        PluginError: a metric cannot be loaded.
    """
    import numpy as np  # noqa: PLC0415  (listing metrics stays light)

    broken = np.flatnonzero(~np.isfinite(outputs).all(axis=1))
    if broken.size:
        raise DivergedError(
            f"{broken.size} of {len(outputs)} outputs are not finite, the first that of"
            f" example {broken[0]}",
            where="the evaluation set",
            hint="lower the learning rate (inner, outer or of fine-tuning)",
        )
    scores = {}
    for name, target in metric_targets.items():
        origin = (origins or {}).get(name)
        where = f"{target} of {origin}" if origin else target
        metric = _load(name, target, where)
        scores[name] = _checked(name, metric, (labels, outputs), where=where)
        _refuse_outside(name, scores[name], (ranges or {}).get(name), where=where)
    return scores


def clipped(
    outputs: npt.NDArray[np.floating], bounds: tuple[float, float] | None
) -> npt.NDArray[np.floating]:
    """Return outputs clipped to the bounds of a task's labels; non-finite values stay."""
    import numpy as np  # noqa: PLC0415  (listing metrics stays light)

    if bounds is None:
        return outputs
    return np.where(np.isfinite(outputs), outputs.clip(*bounds), outputs)


def collapsed(outputs: npt.NDArray[np.generic]) -> bool:
    """Return whether all predictions are one class or, for regression, one number."""
    if outputs.shape[1] == 1:
        return constant(outputs[:, 0].astype("float64"))
    return constant(outputs.argmax(axis=1))


def _load(name: str, target: str, where: str) -> Any:
    module, _, attribute = target.partition(":")
    try:
        return getattr(importlib.import_module(module), attribute)
    except (Exception, SystemExit) as error:
        if not _is_the_metrics(error):
            raise
        raise PluginError(
            f"metric {name!r} cannot be loaded: {error}", where=where, hint=_MEND
        ) from error


def _is_the_metrics(error: BaseException) -> bool:
    """Return whether the metric raised an exception: any but a subclass of SystemExit."""
    return not isinstance(error, SystemExit) or type(error) is SystemExit


def _checked(name: str, metric: Any, arrays: tuple[Any, Any], *, where: str) -> float:
    labels, outputs = (array.copy() for array in arrays)  # a metric may not write to ours
    ambient = Ambient()
    try:
        value = metric(labels, outputs)
    except (Exception, SystemExit) as error:
        if not _is_the_metrics(error):
            raise
        raise InvalidMetricError(
            f"metric {name!r} failed: {error!r}", where=where, hint=_MEND
        ) from error
    finally:
        changed = ambient.restore()
    if changed:
        raise PluginError(f"metric {name!r} changed {', '.join(changed)}", where=where, hint=_MEND)
    real = isinstance(value, numbers.Real) and not isinstance(value, bool)
    if not real or not abs(value) <= MOST_SCORE:
        raise InvalidMetricError(
            f"metric {name!r} returned {value!r}, which is not a finite real number, 1e12 at most",
            where=where,
            hint="return a float for every input, and document its value where it is undefined",
        )
    return float(value)


def _refuse_outside(
    name: str, value: float, bounds: tuple[float, float] | None, *, where: str
) -> None:
    if bounds is None:
        return
    slack = 1e-9 * max(1.0, abs(value))  # a correlation may end a rounding above 1
    if not bounds[0] - slack <= value <= bounds[1] + slack:
        raise InvalidMetricError(
            f"metric {name!r} returned {value!r}, outside its declared range"
            f" {bounds[0]:g} to {bounds[1]:g}",
            where=where,
            hint="correct the metric, or the range of its MetricInfo",
        )
