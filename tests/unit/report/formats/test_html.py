"""Laws of the page: what stands on it, that it is always the same, and that names are inert."""

import base64
import hashlib
import html
import re
from dataclasses import fields, is_dataclass, replace
from html.parser import HTMLParser

import pytest

from metabench.api.report import (
    CostPlot,
    CostPoint,
    Curve,
    Fact,
    FractionPlot,
    FractionPoint,
    FractionSeries,
    Report,
    SeedCurve,
    TaskMix,
    TaskShare,
)
from metabench.escape import visible
from metabench.report.figures.canvas import plot_files
from metabench.report.figures.plots import figures
from metabench.report.formats.html import render_html

ATTACKS = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "</title></style></script><svg onload=alert(1)>",
    "</text></svg><iframe src=javascript:alert(1)>",
    "<!-- --><![CDATA[<b>]]>",
    "&lt;b&gt;&#60;i&#62;&amp;",
    "javascript:alert(1)//https://example.org",
    "{{7*7}}${7*7}`",
    "a\x00b\x1b[31mc\u202ed\u2028e\ud800f\r\ng",
    "=cmd|' /C calc'!A0",
    "x" * 5000,
]
VOID = {"meta", "link"}
ELEMENTS = {
    "html", "head", "meta", "title", "link", "style", "body", "header", "h1", "h2", "p", "nav",
    "ul", "li", "a", "main", "section", "div", "table", "thead", "tbody", "tr", "th", "td",
    "button", "span", "bdi", "figure", "figcaption", "code", "script",
    "svg", "desc", "defs", "g", "path", "text", "use", "circle", "details", "summary",
}  # fmt: skip
ATTRIBUTES = {
    "lang", "charset", "http-equiv", "content", "name", "rel", "href", "class", "id", "type",
    "cx", "cy", "r",
    "scope", "colspan", "tabindex", "role", "aria-label", "aria-sort", "aria-hidden",
    "aria-labelledby", "aria-describedby", "data-first", "data-value",
    "viewbox", "width", "height", "x", "y", "d", "text-anchor", "transform", "fill", "fill-opacity",
    "font-size", "font-weight", "opacity", "stroke", "stroke-dasharray", "stroke-linecap",
    "stroke-linejoin", "stroke-opacity", "stroke-width",
}  # fmt: skip
PICTURE = {"svg", "title", "desc", "defs", "g", "path", "text", "use"}
OURS = re.compile(r"#[a-z0-9-]+|data:,")


class Reader(HTMLParser):
    """Collects elements with their attributes, and checks that each one is closed."""

    def __init__(self, page):
        super().__init__(convert_charrefs=True)
        self.seen, self.open, self.words, self.other = [], [], [], []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attrs):
        assert len({name for name, _ in attrs}) == len(attrs), "an attribute stands twice"
        self.seen.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] not in {"style", "script"}:
            self.words.append(data)

    def handle_comment(self, data):
        self.other.append(data)

    def handle_pi(self, data):
        self.other.append(data)

    def unknown_decl(self, data):
        self.other.append(data)

    @property
    def text(self):
        return "".join(self.words)

    def every(self, tag):
        return [attrs for name, attrs in self.seen if name == tag]


def full(board):
    """Return a report with every section, its rows named as those of the board."""
    names = [row.method for row in board.rows]
    points = (FractionPoint(24, 0.5, (0.4, 0.6), 8), FractionPoint(235, 0.7, None, 1))
    curve = tuple((step + 0.5, 1 / (step + 1)) for step in range(30))
    shares = (TaskShare("glue/rte", 30, 0.25), TaskShare("glue/cola", 10, 0.75))
    return Report(
        board,
        curves=tuple(Curve(name, "", (SeedCurve(0, 1, curve),)) for name in names[1:]),
        fractions=(
            FractionPlot(
                "SciTail", "Accuracy", True, tuple(FractionSeries(n, points) for n in names)
            ),
        ),
        cost=CostPlot(board.columns[0], (CostPoint(names[0], 120.0, 0.5, (0.4, 0.6), 8),)),
        mixes=(TaskMix(tuple(names[1:]), "", "Pps", (0, 1), shares),),
        facts=(Fact("device", ("cpu", "cuda")), Fact("Python", ("3.11",))),
        notes=("cell-1: result.json is damaged; the cell counts as not run",),
    )


def poisoned(value, text):
    """Return a value of which every text that may come from outside is another one."""
    if isinstance(value, str):
        return value if value in {"target", "average", "transfer", "undecided"} else text
    if isinstance(value, tuple):
        return tuple(poisoned(item, text) for item in value)
    if is_dataclass(value):
        found = {field.name: getattr(value, field.name) for field in fields(value)}
        kept = {"role", "verdict"}
        return type(value)(
            **{name: v if name in kept else poisoned(v, text) for name, v in found.items()}
        )
    return value


@pytest.fixture(scope="module")
def report(signs):
    return full(signs)


@pytest.fixture(scope="module")
def page(report):
    return render_html(report)


@pytest.mark.parametrize("attack", ATTACKS, ids=range(len(ATTACKS)))
def test_no_name_makes_an_element_or_an_attribute(report, attack):
    # All rows are called the same now; what is drawn by method finds the first of them.
    tree = Reader(render_html(poisoned(report, attack)))

    assert {tag for tag, _ in tree.seen} <= ELEMENTS
    assert {name for _, attrs in tree.seen for name in attrs} <= ATTRIBUTES
    assert len(tree.every("script")) == len(tree.every("style")) == 1
    assert all(OURS.fullmatch(attrs["href"]) for _, attrs in tree.seen if "href" in attrs)
    assert tree.open == tree.other == []
    assert visible(tree.text, keep="\n") == tree.text
    assert visible(attack) in tree.text


@pytest.mark.parametrize("attack", ATTACKS, ids=range(len(ATTACKS)))
def test_no_name_makes_an_element_in_a_file_of_a_plot(report, attack):
    for figure in figures(poisoned(report, attack)):
        _, svg = next(plot_files(figure))
        start, _, rest = svg.decode().partition("\n")
        tree = Reader(rest)

        assert start == '<?xml version="1.0" encoding="UTF-8"?>'
        assert {tag for tag, _ in tree.seen} <= PICTURE
        assert not any(key.startswith("on") for _, attrs in tree.seen for key in attrs)
        assert tree.open == tree.other == []
        assert "\x00" not in rest


def test_the_policy_allows_the_style_and_the_script_of_the_page_and_nothing_else(page):
    (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]*)"', page)
    rules = dict(rule.strip().split(" ", 1) for rule in html.unescape(policy).split(";"))
    (style,) = re.findall(r"<style>(.*?)</style>", page, re.DOTALL)
    (script,) = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)

    def digest(text):
        return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()

    assert rules == {
        "default-src": "'none'",
        "style-src": f"'sha256-{digest(style)}'",
        "script-src": f"'sha256-{digest(script)}'",
        "img-src": "data:",
        "base-uri": "'none'",
        "form-action": "'none'",
    }


def test_the_page_names_no_other_place(page):
    assert not re.findall(r"https?://|//[a-z]|@import|url\(", page)


def test_the_same_report_gives_the_same_page(report, page):
    assert render_html(full(report.leaderboard)) == page


def test_the_page_of_all_signs_is_what_its_golden_file_holds(signs, golden):
    golden("signs.html", render_html(full(signs)))


def test_every_id_is_there_once_and_every_link_leads_to_one(page):
    tree = Reader(page)
    ids = [attrs["id"] for _, attrs in tree.seen if "id" in attrs]
    links = [attrs["href"].removeprefix("#") for attrs in tree.every("a")]
    named = [attrs[key] for _, attrs in tree.seen for key in attrs if key.endswith("edby")]

    assert len(set(ids)) == len(ids)
    assert set(links) | set(named) <= set(ids)


def test_every_picture_has_a_title_and_a_description(page):
    pictures = [attrs for attrs in Reader(page).every("svg") if "aria-hidden" not in attrs]

    assert len(pictures) == 6  # two baselines, rows, cost, curves, mix
    assert all(attrs["role"] == "img" for attrs in pictures)
    assert all(attrs["aria-labelledby"] and attrs["aria-describedby"] for attrs in pictures)


def test_a_section_without_data_is_left_out(signs, page):
    titles = re.findall(r"<h2>(.*?)</h2>", page)
    bare = replace(signs, baselines=(), explanation="", signature="")
    bare = replace(bare, rows=tuple(replace(row, cost=None) for row in bare.rows))

    assert titles == [
        "Leaderboard",
        "Difference to BERT",
        "Difference to Joint",
        "SciTail: score against training examples",
        "Quality against cost",
        "Learning curves",
        "Tasks drawn in meta-training",
        "All differences",
        "Statistics",
        "Where the numbers come from",
    ]
    assert re.findall(r"<h2>(.*?)</h2>", render_html(Report(bare))) == ["Leaderboard"]


def cells(page, row):
    """Return (attributes, text) of the cells of a row, by its name."""
    name = rf"<tr><th scope=\"row\"><bdi>{row}</bdi></th>"
    (found,) = re.findall(rf"{name}(.*?)</tr>", page, re.DOTALL)[:1]
    return [
        (attrs, re.sub("<[^>]*>", "", text).strip())
        for attrs, text in re.findall(r"<td([^>]*)>(.*?)</td>", found, re.DOTALL)
    ]


def test_a_cell_shows_the_score_marks_the_best_and_sorts_by_the_exact_value(page):
    (first, cola), (second, rte), *_ = cells(page, "BERT")

    assert (cola, rte) == ("52.1 ± 1.2 c1/8", "66.4 ± 2.0")
    assert ' class="best" data-value="0.664"' in second
    assert "best" not in first


def test_what_is_no_score_has_no_value_to_sort_by(page):
    reptile = cells(page, "Reptile 2:1")

    assert reptile[3] == (' class="faint"', "missing 0/8")
    attrs, average = reptile[2]  # over one of two targets: shown, never ranked
    assert "data-value" not in attrs
    assert average == "58.0 ± 1.0 †1/2"


def test_published_rows_have_a_body_of_their_own_and_say_so(page):
    ours, theirs = re.findall(r"<tbody.*?</tbody>", page, re.DOTALL)[:2]

    assert "BERT (2019)" not in ours
    assert theirs.startswith('<tbody class="published"><tr class="heading">')
    assert "reported elsewhere, never tested" in theirs
    assert "Dou et al. 2019, Table 1, test split" in page


def test_what_a_reader_must_know_stands_above_the_table(page):
    notes = page.index('<div class="notes">')

    assert notes < page.index("PARTIAL: 10 of 24 rows") < page.index("<table")
    assert notes < page.index("result.json is damaged") < page.index("<table")


def test_a_smoke_run_says_that_it_is_no_result(signs):
    page = render_html(Report(replace(signs, smoke=True)))

    assert page.index("no number here is a result") < page.index("<table")
