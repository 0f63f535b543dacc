"""Formats byte by byte; ``pytest tests/unit/report --update-golden`` writes the files anew."""

import json

import pytest
from kit.formats import render_latex, render_markdown, render_terminal

from metabench.report.formats.csv_text import render_csv
from metabench.report.formats.json_text import render_json

FORMATS = {
    "signs.md": lambda board: render_markdown(board, explain=True),
    "signs.csv": render_csv,
    "signs.json": render_json,
    "signs.tex": lambda board: render_latex(board, explain=True),
    "signs-60.txt": lambda board: render_terminal(board, width=60, explain=True),
    "signs-80.txt": lambda board: render_terminal(board, width=80),
    "signs-140.txt": lambda board: render_terminal(board, width=140),
}


@pytest.mark.parametrize("name", FORMATS)
def test_a_format_is_what_its_golden_file_holds(name, signs, golden):
    golden(name, FORMATS[name](signs))


def test_the_golden_json_is_read_by_a_strict_reader(signs):
    def refuse(token):
        raise AssertionError(token)

    tree = json.loads(render_json(signs), parse_constant=refuse)

    assert tree["schema"] == 1
    assert tree["published"][0]["source"] == "Dou et al. 2019, Table 1, test split"
