"""TensorBoard as an observer of runs: ``metabench run FILE --observer tensorboard``."""

from __future__ import annotations

from metabench.api import ObserverInfo, hookimpl

__all__ = ["METABENCH_API", "metabench_observers"]

METABENCH_API = 1


@hookimpl
def metabench_observers() -> list[ObserverInfo]:
    """Provide ``tensorboard``."""
    return [
        ObserverInfo(
            name="tensorboard",
            target="metabench_tensorboard.board:TensorBoard",
            summary="writes every step's scalars and the scores below RUN/tensorboard",
        )
    ]
