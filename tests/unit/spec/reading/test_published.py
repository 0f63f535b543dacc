"""Laws of the files of published numbers: what is refused, where they are found, what ships."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from metabench.cli.main import main
from metabench.errors import SpecError
from metabench.spec.reading.load import load_benchmark
from metabench.spec.reading.published import find_published, read_published

SHIPPED = Path(__file__).parents[4] / "benchmarks" / "published" / "dou2019.toml"
HUB = os.environ.get("METABENCH_HUB") or None
PAPER = Path(HUB or "nowhere").parent / "paper.txt"

FILE = """\
schema = 1
short = "Somebody 2020"
citation = "Somebody 2020, A Paper"

[[tables]]
name = "Table 1"
title = "Results"
split = "test"
columns = [
  { name = "toy/small", title = "Small", metrics = ["accuracy"] },
  { name = "toy/other", title = "Other", metrics = ["f1", "accuracy"] },
]

[[tables.rows]]
method = "Theirs"
ours = "Loop"
scores = { "toy/small" = 61, "toy/other" = [88.9, 84.8] }
"""


@pytest.fixture
def published(tmp_path):
    """Return the function that writes a file of published numbers, with one thing changed."""

    def write(old="", new="", name="published.toml"):
        assert old in FILE
        path = tmp_path / name
        path.write_text(FILE.replace(old, new, 1) if old else FILE, encoding="utf-8")
        return path

    return write


def column_sum(table, column):
    """Return the sum of each metric of a column over all rows, as printed."""
    (found,) = [entry for entry in table.columns if entry.name == column]
    numbers = zip(*(row.numbers(found) for row in table.rows), strict=True)
    return [round(100 * sum(metric), 6) for metric in numbers]


def test_numbers_are_read_as_printed_and_handed_on_as_scores(published):
    (table,) = read_published(published()).tables
    (row,) = table.rows

    assert (row.method, row.ours, table.split) == ("Theirs", "Loop", "test")
    assert [row.numbers(column) for column in table.columns] == [(0.61,), (0.889, 0.848)]


def test_a_number_that_is_no_percentage_stays_as_it_is(published):
    old = 'metrics = ["accuracy"] }'
    (table,) = read_published(published(old, 'metrics = ["perplexity"], percent = false }')).tables

    assert table.rows[0].numbers(table.columns[0]) == (61.0,)


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ('citation = "Somebody 2020, A Paper"\n', "", "1: citation: missing"),
        (
            'split = "test"\n',
            'split = "test"\nnotes = "x"\n',
            "9: tables[0].notes: unknown key; did you mean 'note'?",
        ),
        ("= 61,", "= nan,", '17: tables[0].rows[0].scores."toy/small": expected a finite number'),
        (
            "= 61,",
            "= 610,",
            '17: tables[0].rows[0].scores."toy/small": must be between -100 and 100, got 610',
        ),
        (
            '"toy/small" = 61',
            '"toy/smal" = 61',
            (
                '17: tables[0].rows[0].scores."toy/smal": there is no column '
                "'toy/smal'; did you mean 'toy/small'?"
            ),
        ),
        (
            "[88.9, 84.8]",
            "88.9",
            '17: tables[0].rows[0].scores."toy/other": has 1 entry for the metrics f1, accuracy',
        ),
        ("= 61,", '= "61",', '17: tables[0].rows[0].scores."toy/small": expected a number'),
        ('split = "test"\n', "", "5: tables[0].split: missing"),
        (
            'ours = "Loop"\n',
            'labels = ["a", "b"]\n',
            "16: tables[0].rows[0].labels: has 2 entries for the stubs Model",
        ),
        (
            "[[tables.rows]]\n",
            '[[tables.rows]]\nmethod = "Theirs"\n[[tables.rows]]\n',
            "17: tables[0].rows[1].method: 'Theirs' appears twice",
        ),
        (
            '"toy/other", title',
            '"toy/small", title',
            "11: tables[0].columns[1].name: 'toy/small' appears twice",
        ),
        ("schema = 1", "schema = 2", "1: schema: expected 1, got 2"),
        ("schema = 1", "schema 1", "1: not TOML"),
    ],
)  # fmt: skip
def test_a_mistake_is_one_sentence_with_file_and_line(published, old, new, problem):
    path = published(old, new)
    with pytest.raises(SpecError) as caught:
        read_published(path)

    assert caught.value.exit_code == 2
    assert str(caught.value).splitlines()[0].startswith(f"{path}:{problem}")


def test_a_mistake_stops_every_command_with_exit_2(published, write, capsys, minimal):
    published("= 61,", "= nan,")
    path = write(f"{minimal}\n[compare]\npublished = ['published.toml']\n")
    # The toy tasks of these tests are not installed; the embedded ones are.
    text = path.read_text()
    for old, new in (("large", "inference"), ("small", "grammar"), ("other", "science")):
        text = text.replace(f"toy/{old}", f"embedded/{new}")
    path.write_text(text.replace('"plain"', '"finetune"').replace('"loop"', '"reptile"'))

    assert main(["validate", str(path)]) == 2
    assert "published.toml:17: tables[0].rows[0].scores" in capsys.readouterr().err


def benchmark(write, catalog, minimal, published):
    path = write(f"{minimal}\n[compare]\npublished = {published}\n")
    return load_benchmark(path, catalog=catalog)


def test_a_benchmark_names_files_beside_it_and_all_their_tables(write, catalog, minimal, published):
    published()
    found = benchmark(write, catalog, minimal, "['published.toml']").published

    assert [(one.source.short, one.table.name) for one in found] == [("Somebody 2020", "Table 1")]


def test_a_table_that_is_named_twice_is_shown_once(write, catalog, minimal, published):
    published()
    asked = "['published.toml', { file = 'published.toml', tables = ['Table 1'] }]"

    assert len(benchmark(write, catalog, minimal, asked).published) == 1


def test_a_shipped_file_is_found_from_anywhere_and_by_table(write, catalog, minimal):
    asked = "[{ file = 'published/dou2019.toml', tables = ['Table 3', 'Table 1'] }]"
    found = benchmark(write, catalog, minimal, asked).published

    assert [one.table.name for one in found] == ["Table 1", "Table 3"]


def test_a_file_beside_the_benchmark_wins_over_a_shipped_one(tmp_path, published):
    (tmp_path / "published").mkdir()
    mine = published(name="published/dou2019.toml")

    assert find_published("published/dou2019.toml", beside=tmp_path / "bench.toml") == mine


@pytest.mark.parametrize(
    ("asked", "problem"),
    [
        ("['nowhere.toml']", "compare.published[0]: 'nowhere.toml' is neither next to"),
        (f"['{'x' * 999}']", "compare.published[0]: 'xxx"),
        (
            "[{ file = 'published/dou2019.toml', tables = ['Tabel 1'] }]",
            (
                "compare.published[0].tables[0]: there is no table 'Tabel 1' in"
                " 'published/dou2019.toml'; did you mean 'Table 1'?"
            ),
        ),
        (
            "[{ file = 'published/dou2019.toml', table = 'Table 1' }]",
            "compare.published[0].table: unknown key; did you mean 'tables'?",
        ),
    ],
)
def test_what_is_not_there_is_a_problem_of_the_benchmark_file(
    write, catalog, minimal, asked, problem
):
    with pytest.raises(SpecError, match=re.escape(problem)) as caught:
        benchmark(write, catalog, minimal, asked)

    assert re.match(r".*bench.*\.toml:\d+: ", str(caught.value))


# The numbers below were added up by hand from the printed paper.


def test_table_1_adds_up_to_the_paper():
    table = read_published(SHIPPED).tables[0]

    assert (table.name, table.split) == ("Table 1", "test")
    assert [row.method for row in table.rows] == ["BERT", "MT-DNN", "MAML", "FOMAML", "Reptile"]
    assert column_sum(table, "glue/cola") == [262.0]
    assert column_sum(table, "glue/mrpc") == [448.4, 430.0]
    assert column_sum(table, "glue/stsb") == [440.0, 436.0]
    assert column_sum(table, "glue/rte") == [369.3]


@pytest.mark.parametrize(
    ("index", "sums"),
    [
        (1, {"Reptile-PPS": 324.9, "Reptile-Uniform": 311.5,
             "Reptile-Mixed 2:1": 309.4, "Reptile-Mixed 5:1": 312.2}),
        (2, {"Reptile-3-1e-3": 318.5, "Reptile-5-1e-4": 321.3, "Reptile-5-1e-3": 324.9,
             "Reptile-5-1e-2": 311.3, "Reptile-7-1e-3": 317.9}),
    ],
)  # fmt: skip
def test_tables_2_and_3_add_up_to_the_paper_row_by_row(index, sums):
    table = read_published(SHIPPED).tables[index]
    found = {
        row.method: round(
            100 * sum(number for column in table.columns for number in row.numbers(column)), 6
        )
        for row in table.rows
    }

    assert table.split == "validation"
    assert found == sums


def test_the_two_ablations_share_the_row_that_they_have_in_common():
    _, distributions, inner_loop, _ = read_published(SHIPPED).tables

    assert distributions.rows[0].scores == inner_loop.rows[2].scores


def test_figure_2_has_rows_and_columns_but_no_numbers():
    figure = read_published(SHIPPED).tables[-1]

    assert figure.name == "Figure 2"
    assert [row.method for row in figure.rows] == ["BERT", "MT-DNN", "Reptile"]
    assert not any(row.scores for row in figure.rows)


@pytest.mark.skipif(not PAPER.is_file(), reason="the paper's text is not in the repository")
def test_every_number_stands_in_the_paper_where_we_say():
    lines = PAPER.read_text(encoding="utf-8").splitlines()
    for table in read_published(SHIPPED).tables[:3]:
        for row in table.rows:
            printed = [row.scores[column.name] for column in table.columns]
            words = " ".join(
                "/".join(f"{part:.1f}" for part in (cell if isinstance(cell, tuple) else (cell,)))
                for cell in printed
            )
            name = row.labels[-1] if row.labels else row.method
            assert any(line.strip().endswith(f"{name} {words}") for line in lines), row.method
