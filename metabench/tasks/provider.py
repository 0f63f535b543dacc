"""The tasks that ship with metabench, through the same door as anybody's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metabench.api.hooks import hookimpl
from metabench.tasks.embedded.cards import EMBEDDED
from metabench.tasks.glue import GLUE
from metabench.tasks.leopard import LEOPARD
from metabench.tasks.scitail import SCITAIL

if TYPE_CHECKING:
    from collections.abc import Sequence

    from metabench.api.task import TaskCard

__all__ = ["METABENCH_API", "metabench_tasks"]

METABENCH_API = 1


@hookimpl
def metabench_tasks() -> Sequence[TaskCard]:
    """Provide GLUE, SciTail, LEOPARD and the embedded suite."""
    return (*GLUE, SCITAIL, *LEOPARD, *EMBEDDED)
