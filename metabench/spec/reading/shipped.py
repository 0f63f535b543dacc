"""Where the benchmark files are that come with metabench."""

from __future__ import annotations

from pathlib import Path

__all__ = ["shipped_folder"]


def shipped_folder() -> Path | None:
    """Return the folder of benchmarks: that of the package, in a clone that of the clone."""
    package = Path(__file__).parents[2]
    folders = (package / "benchmarks", package.parent / "benchmarks")
    return next((folder for folder in folders if folder.is_dir()), None)
