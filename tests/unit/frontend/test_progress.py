"""Laws of the bar in a notebook, with a display like IPython's."""

from __future__ import annotations

from metabench.api.events import CellEnded, CellStarted, Noticed, Progressed, RunStarted
from metabench.frontend.pace import Pace
from metabench.frontend.progress import notebook_progress


class Output:
    """What a notebook shows: the bar as it was drawn last, and how often it was drawn."""

    def __init__(self):
        self.drawn = []

    def display(self, bar, *, display_id):
        assert display_id
        self.update(bar)
        return self

    def update(self, bar):
        self.drawn.append(bar._repr_html_())


def test_a_bar_shows_the_share_and_the_last_line_and_escapes_it():
    output, now = Output(), [0.0]
    pace = Pace({"a": 3.0, "b": 1.0}, clock=lambda: now[0])
    with notebook_progress(pace, output.display, clock=lambda: now[0]) as show:
        show(RunStarted("runs/x", done=0, planned=2))
        show(CellStarted("a", "meta-a"))
        show(CellEnded("a", "<b>", "ok", 12.0))

    assert 'value="0.750"' in output.drawn[-1]
    assert "1/2 cells" in output.drawn[-1]
    assert "done    &lt;b&gt;, 12 s" in output.drawn[-1]


def test_steps_are_drawn_at_most_twice_a_second():
    output, now = Output(), [0.0]
    pace = Pace({"a": 1.0}, clock=lambda: now[0])
    with notebook_progress(pace, output.display, clock=lambda: now[0]) as show:
        for step in range(1, 101):
            now[0] += 0.01
            show(Progressed("a", "meta", step, 100))
        show(Noticed("the disk is slow"))

    assert len(output.drawn) <= 1 + 2 + 1
    assert output.drawn[-1].endswith("warning: the disk is slow")
