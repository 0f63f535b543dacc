"""The options of the built-in launchers, as ``--launcher-set`` gives them."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from metabench.api import Options

__all__ = ["LocalOptions"]


class LocalOptions(Options):
    """Options of ``local``."""

    gpus: Annotated[tuple[int, ...], Field(max_length=64)] = ()
    """Numbers of the GPUs that agents get by turns, one each, in ``CUDA_VISIBLE_DEVICES``; without
    any, all agents see what this process sees."""
