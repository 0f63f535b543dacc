"""No name does anything in any format of text, whatever it is made of."""

import csv
import io
import json
import math
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kit.formats import render_latex, render_markdown, render_terminal
from rich.cells import cell_len

from metabench.api.leaderboard import (
    Cost,
    Difference,
    Leaderboard,
    LeaderboardColumn,
    LeaderboardRow,
    LeaderboardScore,
)
from metabench.escape import markdown_code, visible
from metabench.report.formats.csv_text import render_csv
from metabench.report.formats.json_text import render_json

HOSTILE = "[/red]\x1b[31m\x1b]8;;http://x\x07\u202e|\n# <b>*_`[a](javascript:b)"
NAMES = [
    HOSTILE,
    "",
    " ",
    "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "\x1b]52;c;aGk=\x07\x9b31m\x7f\r\x00",
    "\u202egnp.exe\u2066\u200b\u200d\ufeff\u2028",
    "| a | b |\n|---|---|",
    "[click](javascript:alert(1)) ![x](http://x/y.png) <http://x> www.x.y",
    "``` `code` ````",
    r"\input{/etc/passwd}\write18{ls}\csname end\endcsname \end{tabular}",
    "%$#_^~&{}\\--- ?`!` ^^41",
    "*[2pt] & x",
    "=cmd|'/c calc'!A1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\u200b=1",
    "a;=1+1",
    " \N{NO-BREAK SPACE}=1",
    "\N{FULLWIDTH EQUALS SIGN}1",
    '"quoted", and; parted',
    "x" * 500,
    "\N{CJK UNIFIED IDEOGRAPH-4E2D}" * 60,
    "\N{GRINNING FACE}\N{ZERO WIDTH JOINER}\N{GRINNING FACE} e\N{COMBINING ACUTE ACCENT}" * 9,
    "\N{GREEK SMALL LETTER ALPHA}=1\N{EN DASH}2 \N{LATIN SMALL LETTER E WITH ACUTE}",
]


def hostile_board(name=HOSTILE):
    difference = Difference(name, 0.1, (0.05, 0.15), 3, 0.01, 1.0, 0.1, "better")
    score = LeaderboardScore(
        0.5, 0.1, 3, 3, detail=name, collapsed=1, differences=(difference,), best=True
    )
    gap = LeaderboardScore(None, None, 0, 3, status="missing", detail=name)
    columns = tuple(LeaderboardColumn(c, name, "target", name, label=name) for c in ("c", name))
    return Leaderboard(
        name=name,
        smoke=False,
        columns=columns,
        rows=(
            LeaderboardRow(name, (score, gap), Cost(1.0)),
            LeaderboardRow("other", (score, gap)),
        ),
        baselines=(name,),
        alpha=0.05,
        captions=(name,),
        published=(LeaderboardRow(name, (score, gap), source=name or "somewhere"),),
        signature=name,
        explanation=name,
    )


def check_terminal(name):
    for width in (40, 80, 200):
        text = render_terminal(hostile_board(name), width=width, explain=True)

        assert visible(text, keep="\n") == text
        assert max(map(cell_len, text.splitlines())) <= width


def check_markdown(name):
    text = render_markdown(hostile_board(name), explain=True)
    *body, last = text.splitlines()
    shown = re.sub(r"\\.", "", "\n".join(body))  # what is not behind a backslash can act

    assert visible(text, keep="\n") == text
    assert not re.search(r"<|\]\(|`|!\[|https?://|www\.\w", shown)
    assert last == markdown_code(name) or not name
    for table in re.findall(r"(?:^\|.*\n)+", shown, re.MULTILINE):
        assert len({row.count("|") for row in table.splitlines()}) == 1


def check_csv(name):
    text = render_csv(hostile_board(name))
    header, *rows = csv.reader(io.StringIO(text), strict=True)

    assert visible(text, keep="\n") == text
    assert len(rows) == 6
    for row in rows:
        assert len(row) == len(header)
        for column, field in zip(header, row, strict=True):
            if column in {"mean", "difference", "low", "high"}:
                assert not field or math.isfinite(float(field))
            else:
                assert not re.match("\\s*[=+@\\t\\r\uff1d\uff0b\uff0d\uff20-]", field)


def check_json(name):
    def refuse(token):
        raise AssertionError(token)

    text = render_json(hostile_board(name))
    tree = json.loads(text, parse_constant=refuse)

    assert visible(text, keep="\n") == text
    assert tree["name"] == tree["columns"][0]["title"] == tree["rows"][0]["method"] == name


WORDS = frozenset(
    re.findall(
        r"\w+",
        "usepackage begin end centering caption label small toprule midrule bottomrule shortstack"
        " addlinespace"
        " multicolumn emph mathbf textbf pm scriptsize par medskip linewidth footnotesize"
        " raggedright textbackslash textasciicircum textasciitilde textless textgreater textbar"
        " char allowbreak uparrow downarrow times cdot le ge to infty ldots dag ddag S circ mu ss"
        " ae AE oe OE o O l L i j r v u H c alpha beta gamma delta epsilon zeta eta theta iota"
        " kappa lambda nu xi pi rho sigma tau upsilon phi chi psi omega Gamma Delta Theta Lambda"
        " Xi Pi Sigma Upsilon Phi Psi Omega",
    )
)
TOKEN = re.compile(
    r"\\(?P<edge>begin|end)\{(?P<of>\w+)\}|\\(?P<command>[A-Za-z]+|.)|(?P<sign>.)", re.DOTALL
)


class Reader:
    """Reads a page as TeX does; all that it meets is the renderer's own, and in pairs."""

    def __init__(self, text):
        self.text, self.depth, self.is_math, self.inside = text, 0, False, []

    def read(self):
        for token in TOKEN.finditer(self.text):
            if token["edge"] == "begin":
                self.inside.append(token["of"])
            elif token["edge"] == "end":
                assert self.inside.pop() == token["of"]
            elif token["command"]:
                self.command(token["command"], self.text[token.end() :])
            else:
                self.sign(token["sign"])
        assert (self.depth, self.is_math, self.inside) == (0, False, [])

    def command(self, name, after):
        assert name in WORDS or not name.isalpha()
        if name == "\\":  # the end of a line takes a star or brackets for its own
            assert not re.match(r"\s*[\[*]", after)

    def sign(self, sign):
        assert sign not in "%#"
        assert sign not in "^_" or self.is_math
        assert sign != "&" or self.inside[-1] == "tabular"
        assert sign != "\n" or not self.is_math
        self.is_math ^= sign == "$"
        self.depth += (sign == "{") - (sign == "}")
        assert self.depth >= 0


def check_latex(name):
    text = render_latex(hostile_board(name), explain=True)
    rows = re.findall(r"^    (?!\\multicolumn)(.*) \\\\$", text, re.MULTILINE)

    assert text.isascii()
    assert not re.search(r"\{\s*\\\\", text)  # a stack may not begin with an empty line
    assert visible(text, keep="\n") == text
    Reader(text.split("\n", 1)[1]).read()  # the first line is our comment
    assert {len(re.findall(r"(?<!\\)&", row)) for row in rows} == {2}


CHECKS = [check_terminal, check_markdown, check_csv, check_json, check_latex]


@pytest.mark.parametrize("name", NAMES, ids=ascii)
@pytest.mark.parametrize("check", CHECKS)
def test_hostile_names_do_nothing(check, name):
    check(name)


@pytest.mark.parametrize("check", CHECKS)
def test_no_name_does_anything(check):
    @settings(max_examples=60)
    @given(
        st.text(max_size=30) | st.text(r"\{}$%&#_^~`*[]()<>|=+-@;,'\"!?\n\r\t ab1.", max_size=20)
    )
    def every(name):
        check(name)

    every()
