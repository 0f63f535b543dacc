"""Classification metrics beyond GLUE's: averages over classes, and metrics of one class of two.

Labels are [examples], outputs [examples, classes]. Of equal outputs the first class is predicted;
of two classes the second is positive. Computed by scikit-learn.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

__all__ = [
    "auroc",
    "balanced_accuracy",
    "f1_macro",
    "f1_micro",
    "f1_weighted",
    "precision",
    "recall",
]


def f1_macro(labels: npt.NDArray[np.generic], outputs: npt.NDArray[np.generic]) -> float:
    """Return the mean F1 over all classes of the task, in [0, 1]; 0.0 for a class that is absent.

    A class counts as absent if it is in neither the labels nor the predictions.
    """
    return _f1(labels, outputs, "macro")


def f1_micro(labels: npt.NDArray[np.generic], outputs: npt.NDArray[np.generic]) -> float:
    """Return the F1 pooled over all decisions, in [0, 1]; with one class each, the accuracy."""
    return _f1(labels, outputs, "micro")


def f1_weighted(labels: npt.NDArray[np.generic], outputs: npt.NDArray[np.generic]) -> float:
    """Return the mean F1 over classes, weighted by their number of examples, in [0, 1]."""
    return _f1(labels, outputs, "weighted")


def balanced_accuracy(labels: npt.NDArray[np.generic], outputs: npt.NDArray[np.generic]) -> float:
    """Return the mean recall over the classes that occur in the labels, in [0, 1]."""
    from sklearn.metrics import recall_score  # noqa: PLC0415  (half a second)

    present = sorted(set(labels.tolist()))
    predicted = outputs.argmax(axis=1)
    return float(
        recall_score(labels, predicted, labels=present, average="macro", zero_division=0.0)
    )


def precision(labels: npt.NDArray[np.generic], outputs: npt.NDArray[np.generic]) -> float:
    """Return the precision of class 1, in [0, 1]; 0.0 where class 1 is never predicted."""
    from sklearn.metrics import precision_score  # noqa: PLC0415

    return float(precision_score(labels == 1, outputs.argmax(axis=1) == 1, zero_division=0.0))


def recall(labels: npt.NDArray[np.generic], outputs: npt.NDArray[np.generic]) -> float:
    """Return the recall of class 1, in [0, 1]; 0.0 where no label is class 1."""
    from sklearn.metrics import recall_score  # noqa: PLC0415

    return float(recall_score(labels == 1, outputs.argmax(axis=1) == 1, zero_division=0.0))


def auroc(labels: npt.NDArray[np.generic], outputs: npt.NDArray[np.generic]) -> float:
    """Return the area under the ROC curve of the probabilities, in [0, 1].

    With two classes, that of class 1; with more, the one-vs-rest mean over the classes with both
    positive and negative examples. 0.5 where there is no such class.
    """
    from scipy.special import softmax  # noqa: PLC0415
    from sklearn.metrics import roc_auc_score  # noqa: PLC0415

    probabilities = softmax(outputs.astype("float64"), axis=1)
    classes = range(outputs.shape[1]) if outputs.shape[1] > 2 else (1,)  # noqa: PLR2004
    known = [each for each in classes if 0 < int((labels == each).sum()) < len(labels)]
    areas = [float(roc_auc_score(labels == each, probabilities[:, each])) for each in known]
    return sum(areas) / len(areas) if areas else 0.5


def _f1(labels: npt.NDArray[np.generic], outputs: npt.NDArray[np.generic], average: str) -> float:
    from sklearn.metrics import f1_score  # noqa: PLC0415

    every = list(range(outputs.shape[1]))
    predicted = outputs.argmax(axis=1)
    return float(f1_score(labels, predicted, labels=every, average=average, zero_division=0.0))
