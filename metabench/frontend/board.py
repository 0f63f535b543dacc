"""A leaderboard as notebooks and scripts use it."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from typing_extensions import override

if TYPE_CHECKING:
    import pandas as pd

    from metabench.api.leaderboard import Leaderboard
    from metabench.frontend.comparing import Compared
    from metabench.plugin.formats import TextFormat

__all__ = ["Board"]


@final
class Board:
    """The leaderboard of a run: a table in a notebook, text in a terminal.

    Made by `Run.leaderboard`.
    """

    def __init__(self, found: Compared) -> None:
        self._found = found

    @property
    def value(self) -> Leaderboard:
        """The leaderboard as a value, as renderers are passed it."""
        return self._found.board

    @property
    def means(self) -> pd.DataFrame:
        """The mean scores, methods by columns, each on its metric's own scale."""
        from metabench.frontend.frames import mean_frame

        return mean_frame(self.value)

    @property
    def conclusion(self) -> tuple[str, ...]:
        """The conclusion, one sentence each."""
        return self.value.conclusion

    def text(self, form: TextFormat = "terminal") -> str:
        """Return the leaderboard in a format of ``metabench compare``.

        Args:
            form: ``terminal``, ``markdown``, ``csv``, ``json``, ``latex`` or ``html``.
        """
        from metabench.frontend.rendering import render

        return render(self._found, form)

    @override
    def __repr__(self) -> str:
        return self.text().rstrip("\n")

    def _repr_html_(self) -> str:
        from metabench.report.formats.notebook import notebook_html
        from metabench.report.tables.page import leaderboard_page

        return notebook_html(leaderboard_page(self.value, best="bold"))
