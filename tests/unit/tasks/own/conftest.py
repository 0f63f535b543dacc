"""Files of rows, and the cards that read them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from metabench.api.task import DataFile, FileSource, TaskCard
from metabench.tasks.reading.formats import format_of

PLACE = "bench.toml:9: tasks.define[0].train"


def make_card(train: Path, scored: Path | None = None, **changes: object) -> TaskCard:
    fraction = changes.pop("scored_fraction", None)
    find = changes.pop("find_labels", False)

    def file(path: Path) -> DataFile:
        return DataFile(path=str(path), format=format_of(path.name) or "csv", place=PLACE)

    source = FileSource(
        files={"train": file(train), "scored": file(scored or train)},
        scored_fraction=fraction,
        find_labels=find,
    )
    values = {
        "name": "my/task", "title": "Mine", "source": source, "text": ("sentence",),
        "labels": () if find else ("no", "yes"), "metrics": ("accuracy",),
        "splits": {"train": 0, "scored": 0}, "scored": "scored",
        "summary": "s", "licence": "l", "citation": "c", **changes,
    }  # fmt: skip
    return TaskCard.model_validate(values)


@pytest.fixture
def card() -> Callable[..., TaskCard]:
    """The function that makes the card of a training file and, where given, a scored file."""
    return make_card


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """The function that writes a file of that content below the test's folder."""

    def make(content: str | bytes, name: str = "rows.csv") -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return make
