"""TensorBoard as an observer of runs: ``metabench run FILE --observer tensorboard``.

Modules and packages, in the order in which data passes through:

    board: the observer: one curve a scalar, one folder a cell
    event_files: TensorBoard's event files
"""

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
