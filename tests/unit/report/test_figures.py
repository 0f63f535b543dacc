"""Laws of the figures, read back from the SVG that they become."""

import re
from dataclasses import replace
from itertools import pairwise
from xml.etree.ElementTree import fromstring

import matplotlib as mpl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metabench.api.leaderboard import (
    Difference,
    Leaderboard,
    LeaderboardColumn,
    LeaderboardRow,
    LeaderboardScore,
)
from metabench.api.report import (
    CostPlot,
    CostPoint,
    Curve,
    FractionPlot,
    FractionPoint,
    FractionSeries,
    Report,
    ScalarPlot,
    SeedCurve,
    TaskMix,
    TaskShare,
)
from metabench.escape import visible
from metabench.report.figures.canvas import plot_files, shortened
from metabench.report.figures.plots import figures
from metabench.report.figures.style import COLOURS, SLOTS, look
from metabench.report.formats.html import render_html

COLUMN = LeaderboardColumn("rte", "RTE", "target", "Accuracy")
MINUS = "\N{MINUS SIGN}"
SVG = "{http://www.w3.org/2000/svg}"


def board(*differences, names=("A", "B", "C", "D")):
    """Return a board of one column; the first row is the baseline of the others."""
    scores = [LeaderboardScore(0.5, 0.1, 3, 3)]
    scores += [LeaderboardScore(0.5, 0.1, 3, 3, differences=(item,)) for item in differences]
    rows = [LeaderboardRow(name, (score,)) for name, score in zip(names, scores, strict=False)]
    return Leaderboard("x", False, (COLUMN,), tuple(rows), ("A",), 0.05, ())


def difference(mean, low, high, **more):
    return Difference("A", mean, (low, high), 3, **more)


def files(report, name):
    """Yield the content of a figure's files, drawn as they are asked for: SVG, PDF, PNG."""
    (figure,) = [figure for figure in figures(report) if figure.name == name]
    return (data for _, data in plot_files(figure))


def drawn(report, name):
    """Return the elements of a figure's SVG."""
    return list(fromstring(next(files(report, name))).iter())  # noqa: S314  (written by us)


def texts(elements):
    return {item.text: item for item in elements if item.tag == f"{SVG}text"}


def points(item):
    """Return the points of a path, whose lines are given from point to point."""
    found = []
    for command, numbers in re.findall(r"([A-Ya-y])([^A-Za-z]*)", item.get("d")):
        x, y = map(float, re.findall(r"-?[\d.]+", numbers))
        left, up = found[-1] if command.islower() else (0.0, 0.0)
        found.append((left + x, up + y))
    return found


def marks(elements):
    """Return the uses of markers by the hint that is shown where they are pointed at."""
    groups = [item for item in elements if item.tag == f"{SVG}g"]
    return {group.findtext(f"{SVG}title"): group.find(f"{SVG}use") for group in groups}


def axis(elements, ticks=rf"[+{MINUS}]?[\d.]+", key="x"):
    """Return the function from a pixel to the value, as the outer ticks of the axis say it."""
    found = [text for text in texts(elements) if re.fullmatch(ticks, text)]
    pixels = [float(texts(elements)[text].get(key)) for text in (found[0], found[-1])]
    values = [float(text.replace(MINUS, "-")) for text in (found[0], found[-1])]
    slope = (values[1] - values[0]) / (pixels[1] - pixels[0])
    return lambda pixel: values[0] + slope * (pixel - pixels[0])


def test_a_difference_and_its_interval_are_drawn_where_the_axis_says():
    shown = board(difference(0.03, -0.01, 0.07), difference(-0.02, -0.04, 0.0))
    elements = drawn(Report(shown), "differences-1")
    value = axis(elements)
    means = [value(float(mark.get("x"))) for mark in marks(elements).values()]
    lines = [
        [value(x) for x, _ in points(item)]
        for item in elements
        if item.get("stroke-width") == "1.6"
    ]

    assert means == pytest.approx([3, -2], abs=0.05)
    assert lines[0] == pytest.approx([-1, 7], abs=0.1)
    assert lines[1] == pytest.approx([-4, 0], abs=0.1)


def test_a_difference_says_its_numbers_its_verdict_and_its_p():
    shown = board(
        difference(0.03, 0.01, 0.05, p=0.0078, verdict="better"),
        difference(-0.03, -0.05, -0.01, p=0.0002, verdict="worse"),
        difference(0.001, -0.02, 0.02, p=0.5),
    )
    elements = drawn(Report(shown), "differences-1")
    open_marks = [mark.get("fill") == "#ffffff" for mark in marks(elements).values()]

    assert "+3.0 [+1.0, +5.0]* ▲ p = 0.008" in texts(elements)
    assert "-3.0 [-5.0, -1.0]* ▼ p < 0.001".replace("-", MINUS) in texts(elements)
    assert f"+0.1 [{MINUS}2.0, +2.0] p = 0.500" in texts(elements)
    assert open_marks == [False, False, True]


def test_one_wild_interval_does_not_flatten_the_others():
    usual = [difference(0.01 * sign, -0.02, 0.02) for sign in (1, -1) for _ in range(15)]
    names = tuple(f"m{number}" for number in range(32))
    report = Report(board(*usual, difference(0.0, -0.9, 0.9), names=names))
    (figure,) = figures(report)
    found = texts(drawn(report, "differences-1"))

    assert "An arrow: the interval continues beyond the axis." in figure.caption
    ticks = [text for text in found if re.fullmatch(rf"[+{MINUS}]?\d", text)]
    assert ticks == [f"{MINUS}2", "0", "+2"]


def test_rows_lie_on_a_logarithmic_axis():
    rows = (24, 240, 2400)
    series = FractionSeries("A", tuple(FractionPoint(n, 0.5, None, 1) for n in rows))
    report = Report(board(), fractions=(FractionPlot("SciTail", "Accuracy", True, (series,)),))
    found = texts(drawn(report, "training-rows-1"))
    first, second, third = (float(found[text].get("x")) for text in ("24", "240", "2,400"))

    assert second - first == pytest.approx(third - second, abs=0.02)


def test_a_score_against_rows_is_drawn_where_the_axis_says():
    series = FractionSeries("A", (FractionPoint(24, 0.5, (0.4, 0.6), 3),))
    report = Report(board(), fractions=(FractionPlot("SciTail", "Accuracy", True, (series,)),))
    elements = drawn(report, "training-rows-1")
    value = axis(elements, ticks="[456]0", key="y")
    (whisker,) = [item for item in elements if item.get("stroke-width") == "1.2"]
    (mark,) = marks(elements).values()

    # The base line of a tick's number is half a digit below its line.
    assert [value(y + 4.18) for _, y in points(whisker)] == pytest.approx([40, 60], abs=0.1)
    assert value(float(mark.get("y")) + 4.18) == pytest.approx(50, abs=0.1)


@pytest.mark.parametrize("methods", [1, 8, 9, 25])
def test_no_panel_shows_more_than_eight_methods_and_all_are_shown(methods):
    points = (FractionPoint(24, 0.5, None, 1), FractionPoint(240, 0.6, None, 1))
    names = [f"m{number}" for number in range(methods)]
    rows = tuple(LeaderboardRow(name, (LeaderboardScore(0.5, 0.1, 3, 3),)) for name in names)
    series = tuple(FractionSeries(name, points) for name in names)
    report = Report(
        replace(board(), rows=rows, baselines=()),
        fractions=(FractionPlot("SciTail", "Accuracy", True, series),),
    )
    (figure,) = figures(report)
    counts = [panel.description.count("24 rows") for panel in figure.panels]

    assert sum(counts) == methods
    assert max(counts) <= 8
    assert max(counts) - min(counts) <= methods // 8


def test_names_beside_the_costs_do_not_overlap():
    names = tuple(f"m{number}" for number in range(30))
    rows = tuple(LeaderboardRow(name, (LeaderboardScore(0.5, 0.1, 3, 3),)) for name in names)
    points = tuple(
        CostPoint(name, 10.0 + number, 0.5, None, 1) for number, name in enumerate(names)
    )
    report = Report(replace(board(), rows=rows, baselines=()), cost=CostPlot(COLUMN, points))
    found = texts(drawn(report, "cost"))
    heights = sorted(float(found[name].get("y")) for name in names)

    assert min(b - a for a, b in pairwise(heights)) >= 15 - 0.02


@pytest.mark.parametrize("seconds", [(5, 5), (10, 10.1), (22.8, 46.6), (3, 40), (1, 1e5)])
def test_the_axis_of_the_costs_has_at_least_two_ticks(seconds):
    points = tuple(CostPoint(name, n, 0.5, None, 1) for name, n in zip("AB", seconds, strict=True))
    report = Report(board(difference(0, -0.1, 0.1)), cost=CostPlot(COLUMN, points))
    found = texts(drawn(report, "cost"))
    heights = [item.get("y") for text, item in found.items() if re.fullmatch(r"[\d,.]+", text)]

    assert heights.count(max(heights, key=float)) >= 2


def curve(losses, seed=0):
    return SeedCurve(seed, 1, tuple((index + 1.0, loss) for index, loss in enumerate(losses)))


def test_a_curve_is_the_mean_of_its_seeds():
    report = Report(board(), curves=(Curve("A", "", (curve([1, 2, 3]), curve([3, 4, 5], 1))),))
    (figure,) = figures(replace(report, leaderboard=replace(board(), baselines=())))

    assert "mean of 2 seeds: 2.000 around step 1, 4.000 around step 3" in (
        figure.panels[0].description
    )


def test_a_scalar_has_a_figure_of_its_own_with_a_panel_for_each_method_that_gives_it():
    curves = (Curve("A", "", (curve([100.0, 300.0]), curve([200.0, 400.0], 1))),)
    plots = [ScalarPlot(f"n{number:02}", curves) for number in range(13)]
    plots[0] = ScalarPlot("gpu/watts", curves)
    drawn = [one for one in figures(Report(board(), scalars=tuple(plots))) if "scalar" in one.name]

    assert [one.name for one in drawn] == [f"scalar-{number}" for number in range(1, 13)]
    assert drawn[0].title == "gpu/watts"
    (panel,) = drawn[0].panels
    assert "Gpu/watts, mean of 2 seeds: 150.000 around step" in panel.description
    assert "Not drawn, but in metrics.jsonl: 1 more." in drawn[0].caption


def test_a_spike_does_not_flatten_a_curve_and_the_caption_says_so():
    losses = [1 - 0.005 * step for step in range(100)]
    spiked = [*losses[:50], 500.0, *losses[51:]]
    report = Report(replace(board(), baselines=()), curves=(Curve("A", "", (curve(spiked),)),))
    (figure,) = figures(report)
    found = texts(drawn(report, "learning-curves"))
    ticks = [float(text) for text in found if re.fullmatch(r"\d\.\d+", text)]

    assert "A curve at the upper edge goes beyond it." in figure.caption
    assert max(ticks) < 5


def test_bars_are_shares_of_what_was_drawn_and_strokes_shares_of_the_rows():
    shares = (TaskShare("a", 75, 0.5), TaskShare("b", 25, 0.5))
    mix = TaskMix(("A", "B"), "", "Pps", (0,), shares)
    elements = drawn(Report(replace(board(), baselines=()), mixes=(mix,)), "task-mix")
    groups = [item for item in elements if item.tag == f"{SVG}g"]
    bars = {group.findtext(f"{SVG}title"): points(group.find(f"{SVG}path")) for group in groups}
    widths = {hint: max(corners)[0] - min(corners)[0] for hint, corners in bars.items()}
    stroke = next(item for item in elements if item.get("stroke-width") == "1.8")

    assert widths["drawn 75 times"] / widths["drawn 25 times"] == pytest.approx(3, abs=0.01)
    assert {"75.0 %", "25.0 %", "A, B"} <= set(texts(elements))
    share = (points(stroke)[0][0] - min(bars["drawn 75 times"])[0]) / widths["drawn 75 times"]
    assert share == pytest.approx(0.5 / 0.75, abs=0.01)


def luminance(colour):
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


@pytest.mark.parametrize("page", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(
    ("name", "least"),
    [("ink", 7), ("soft", 4.5), ("line", 3), *((f"c{slot}", 4) for slot in range(SLOTS))],
)
def test_every_colour_stands_out_from_its_page(name, least, page):
    # WCAG 2.2: 4.5 for text, 3 for what is needed to understand a picture.
    a, b = sorted((luminance(COLOURS[name][page]), luminance(COLOURS["paper"][page])))

    assert (b + 0.05) / (a + 0.05) >= least


def test_methods_differ_in_more_than_their_colour():
    styles = [look(slot) for slot in range(40)]
    looks = [tuple(style[key] for key in ("color", "marker", "linestyle")) for style in styles]

    assert len(set(looks)) == 40
    assert len({look[1:] for look in looks[:7]}) == 7


@given(st.text(max_size=60), st.integers(4, 50))
def test_a_shortened_text_fits_and_keeps_both_ends(text, most):
    shown, found = visible(text), shortened(text, most)

    assert len(found) <= most + 1
    assert found == shown or (found[: most // 2], found[-(most // 2) :]) == (
        shown[: most // 2],
        shown[-(most // 2) :],
    )


@pytest.mark.slow
def test_a_full_report_of_25_methods_and_8_columns_is_below_one_megabyte():
    names = [f"Reptile k = {number}, inner_lr = 1e-4" for number in range(25)]
    columns = tuple(replace(COLUMN, name=f"c{number}") for number in range(8))

    def row(name):
        found = [Difference(b, 0.01, (-0.02, 0.04), 10, p=0.03) for b in names[:2] if b != name]
        score = LeaderboardScore(0.5, 0.01, 10, 10, differences=tuple(found))
        return LeaderboardRow(name, (score,) * 8)

    ones = [tuple(float(loss) for loss in range(400))] * 10
    seeds = tuple(curve(losses, seed) for seed, losses in enumerate(ones))
    targets = ("CoLA", "MRPC", "STS-B", "RTE")
    shares = tuple(TaskShare(f"glue/task-{number}", 5, 0.1) for number in range(8))
    report = Report(
        Leaderboard("x", False, columns, tuple(map(row, names)), tuple(names[:2]), 0.05, ()),
        curves=tuple(Curve(name, target, seeds) for name in names for target in targets),
        mixes=tuple(TaskMix((name,), "", "Mixed", tuple(range(10)), shares) for name in names),
    )

    assert len(render_html(report).encode()) < 1_000_000


def test_the_same_report_gives_the_same_files_whatever_its_names():
    hostile = ("A", r"$\frac{1}{0}$ \x1b[31m \N{GREEK SMALL LETTER ALPHA}\N{SNOWMAN}")
    report = Report(board(difference(0.03, -0.01, 0.07), names=hostile))
    first, second = (list(files(report, "differences-1")) for _ in range(2))
    svg, pdf, png = first

    assert first == second
    assert (pdf[:4], png[:4]) == (b"%PDF", b"\x89PNG")
    assert "$" in svg.decode()


def test_a_figure_ignores_the_settings_of_the_reader():
    report = Report(board(difference(0.03, -0.01, 0.07)))
    first = next(files(report, "differences-1"))
    with mpl.rc_context({"axes.facecolor": "red", "font.size": 30, "svg.fonttype": "path"}):
        assert next(files(report, "differences-1")) == first
