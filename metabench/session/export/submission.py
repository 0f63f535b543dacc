"""A submission to GLUE: its files, their header, the words for their classes, the archive."""

from __future__ import annotations

import io
import math
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, final

from metabench.errors import DivergedError

__all__ = ["FILES", "SubmissionFile", "archive", "constant_entries", "entries", "tsv"]

_FOLLOWS: Final = ("entailment", "not_entailment")
_NUMBERS: Final = ("0", "1")
_INFERENCE: Final = ("entailment", "neutral", "contradiction")
_EPOCH = (1980, 1, 1, 0, 0, 0)


@final
@dataclass(frozen=True, slots=True)
class SubmissionFile:
    """One file of a submission.

    Args:
        name: the file without its suffix.
        task: the task whose model predicts it.
        rows: the number of examples that the site expects.
        classes: the word for each class, in the order of the task's labels; empty for numbers.
        constant: the value of all lines where no cell predicts the file.
        test: the split of the task that is predicted.
        validation: the split with labels that is predicted for checking; empty where there is none.
        config: the dataset's configuration, where it is not the task's.
    """

    name: str
    task: str
    rows: int
    classes: tuple[str, ...]
    constant: str
    test: str = "test"
    validation: str = "validation"
    config: str = ""


FILES: Final = (
    SubmissionFile("AX", "glue/mnli", 1104, _INFERENCE, "entailment", validation="", config="ax"),
    SubmissionFile("CoLA", "glue/cola", 1063, _NUMBERS, "1"),
    SubmissionFile(
        "MNLI-m", "glue/mnli", 9796, _INFERENCE, "entailment",
        test="test_matched", validation="validation_matched",
    ),
    SubmissionFile(
        "MNLI-mm", "glue/mnli", 9847, _INFERENCE, "entailment",
        test="test_mismatched", validation="validation_mismatched",
    ),
    SubmissionFile("MRPC", "glue/mrpc", 1725, _NUMBERS, "1"),
    SubmissionFile("QNLI", "glue/qnli", 5463, _FOLLOWS, "entailment"),
    SubmissionFile("QQP", "glue/qqp", 390_965, _NUMBERS, "0"),
    SubmissionFile("RTE", "glue/rte", 3000, _FOLLOWS, "entailment"),
    SubmissionFile("SST-2", "glue/sst2", 1821, _NUMBERS, "1"),
    SubmissionFile("STS-B", "glue/stsb", 1379, (), "2.500"),
    SubmissionFile("WNLI", "glue/wnli", 146, _NUMBERS, "0"),
)  # fmt: skip
"""Every file that the site asks for. The constants are the larger class, where one is."""


def entries(file: SubmissionFile, outputs: Iterable[Sequence[float]]) -> list[str]:
    """Return a file's entries for outputs [examples, classes], or [examples, 1] of clipped numbers.

    Raises:
        DivergedError: an output is NaN or infinite.
    """
    outputs = list(outputs)
    broken = [row for row, values in enumerate(outputs) if not all(map(math.isfinite, values))]
    if broken:
        raise DivergedError(
            f"{len(broken)} of {len(outputs)} outputs are not finite, the first that of"
            f" example {broken[0]}",
            where=f"{file.name}.tsv",
            hint="fine-tune with a lower learning rate, and export that",
        )
    if not file.classes:
        return [f"{float(row[0]):.3f}" for row in outputs]
    return [file.classes[max(range(len(row)), key=row.__getitem__)] for row in outputs]


def constant_entries(file: SubmissionFile) -> list[str]:
    """Return the entries of a file without predictions."""
    return [file.constant] * file.rows


def tsv(predictions: Iterable[str]) -> bytes:
    r"""Return the text of a file.

    >>> tsv(["entailment", "not_entailment"])
    b'index\tprediction\n0\tentailment\n1\tnot_entailment\n'
    """
    lines = (f"{index}\t{entry}\n" for index, entry in enumerate(predictions))
    return ("index\tprediction\n" + "".join(lines)).encode()


def archive(files: Mapping[str, bytes]) -> bytes:
    """Return a zip archive whose bytes depend only on the names and contents.

    It is not compressed, since the bytes would depend on the version of zlib.
    """
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as zipped:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, date_time=_EPOCH)
            entry.create_system = 3  # Unix, wherever it is written
            entry.external_attr = 0o644 << 16
            zipped.writestr(entry, files[name])
    return buffer.getvalue()
