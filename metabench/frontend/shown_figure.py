"""A figure of matplotlib that notebooks show, also where pyplot is not in use."""

from __future__ import annotations

import io
from typing import final

from matplotlib.figure import Figure

__all__ = ["ShownFigure"]

_DPI = 144


@final
class ShownFigure(Figure):
    """A figure with an image for notebooks: IPython shows the figures of pyplot alone."""

    def _repr_png_(self) -> bytes:
        target = io.BytesIO()
        self.savefig(target, format="png", dpi=_DPI)
        return target.getvalue()
