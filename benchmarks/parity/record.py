"""Finished runs of the study: one JSON line each, committed as soon as the run is over."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Literal, TypeAlias

import torch
import transformers
from pydantic import BaseModel, ConfigDict

from metabench.store.atomic import commit_bytes
from parity.setting import Setting

__all__ = ["Finished", "Side", "append", "read", "settings_hash"]

Side: TypeAlias = Literal["metabench", "Trainer"]


class Finished(BaseModel):
    """One run: who did it, on what, and how well the last state scores."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    task: str
    seed: int
    side: Side
    settings: str
    metric: str
    score: float
    steps: int
    first_loss: float
    last_loss: float
    wall_seconds: float
    torch: str = torch.__version__
    transformers: str = transformers.__version__


def settings_hash(setting: Setting) -> str:
    """Return what tells a run from one with other settings; neither task nor seed is in it."""
    parts = [
        setting.model.model_dump(mode="json"),
        setting.finetune.model_dump(mode="json"),
        setting.dropout,
        setting.limit,
    ]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:12]


def read(path: Path) -> list[Finished]:
    """Return the finished runs; none where the file is not there."""
    if not path.exists():
        return []
    lines = path.read_text(encoding="utf-8").splitlines()
    return [Finished.model_validate_json(line) for line in lines]


def append(path: Path, run: Finished) -> None:
    """Add a finished run; the file is there in full or as it was."""
    path.parent.mkdir(parents=True, exist_ok=True)
    before = path.read_bytes() if path.exists() else b""
    commit_bytes(path, before + run.model_dump_json().encode() + b"\n")
