"""Laws of the layout of a printed table: its rows, its columns, ours above what was reported."""

from __future__ import annotations

import re

import pytest

from metabench.errors import UsageError
from metabench.escape import visible
from metabench.report.formats.markdown import markdown_page
from metabench.report.formats.terminal import terminal_text
from metabench.report.tables.page import Page
from metabench.report.tables.paper_layout import paper_parts
from metabench.results.collect import collect
from metabench.results.merge import merge

HOSTILE = "[/red]\x1b[31m\u202e|# <b>*_`[a](javascript:b)"


def texts(table):
    return [(row.name, *(cell.text for cell in row.cells)) for row in table.rows]


def test_rows_have_the_order_and_the_names_of_the_paper_and_ours_stand_above(published_run):
    (paper,) = paper_parts(collect(published_run()), best="bold")

    # Joint on RTE: 0.60, 0.61, 0.62; on MRPC accuracy 0.71, 0.73, 0.72 and F1 0.1 above.
    assert texts(paper.tables[0]) == [
        ("MT-DNN (ours: Joint)", "0", "61.0 ± 1.0", "82.0 ± 1.0 / 72.0 ± 1.0"),
        ("reported", "", "75.4", "89.9 / 86.3"),
        ("BERT", "0", "52.0 ± 2.0", "80.0 ± 0.0 / 70.0 ± 0.0 c2/3"),
        ("reported", "", "66.4", "-"),
        ("MAML", "5", "-", "-"),
        ("reported", "", "-", "-"),
        ("not in that table",),
        ("Reptile", "", "60.0 ± 5.0≈", "82.0 ± 2.8 / 72.0 ± 2.8 (2/3)"),
    ]


def test_columns_are_headed_as_in_the_paper(published_run):
    (paper,) = paper_parts(collect(published_run()), best="bold")

    assert paper.tables[0].headers == (("k",), ("R-T-E", "Accuracy"), ("MRPC", "F1 / Accuracy"))
    assert paper.tables[0].title == "demo: Them 2019, Table 1: Results"


def test_captions_say_whose_numbers_are_whose_and_on_which_split(published_run):
    (paper,) = paper_parts(collect(published_run()), best="bold")

    for sentence in (
        "ours: scored on validation (R-T-E, MRPC), not on test: another evaluation set",
        (
            "reported in Them 2019, Table 1 (test split), shown next to ours and never tested: "
            "Them 2019, A Paper"
        ),
        "Table 1: scored by a server",
        "Table 1: no method of ours corresponds to MAML",
    ):
        assert sentence in paper.notes
    said = " ".join(paper.notes)
    assert "over 3 meta seeds" in said
    assert "F1 / Accuracy, times 100, for MRPC" in said
    assert "average" not in said
    assert "left out" not in said


def test_what_makes_a_number_no_result_is_said_there_too(published_run):
    store = published_run()
    note = store.run()
    changes = {"notes": ("PARTIAL: 3 of 9 rows",), "overrides": ("model.id=x",), "smoke": True}
    store.commit_run("", "", note.model_copy(update=changes))
    (paper,) = paper_parts(collect(store), best="bold")

    assert "(SMOKE, no result)" in paper.tables[0].title
    assert "PARTIAL: 3 of 9 rows" in paper.notes
    assert "changed on the command line: model.id=x" in paper.notes


def test_a_run_without_published_numbers_has_no_such_layout(make_run):
    with pytest.raises(UsageError, match="'demo' names no published numbers") as caught:
        paper_parts(collect(make_run()), best="bold")

    assert "compare.published" in caught.value.hint


def test_a_table_of_other_tasks_is_all_gaps(published_run, printed):
    other = printed().columns[0].model_copy(update={"name": "elsewhere", "scored": ""})
    row = printed().rows[1].model_copy(update={"scores": {"elsewhere": (0.5,)}})
    (paper,) = paper_parts(collect(published_run(columns=(other,), rows=(row,))), best="bold")

    assert texts(paper.tables[0])[0] == ("BERT", "0", "-")


def test_on_the_same_split_there_is_nothing_to_say_of_other_rows(published_run):
    (paper,) = paper_parts(collect(published_run(split="validation")), best="bold")

    assert "ours: scored on validation (R-T-E, MRPC)" in paper.notes


def test_a_figure_without_numbers_has_ours_alone(published_run, printed):
    rows = tuple(row.model_copy(update={"scores": {}}) for row in printed().rows)
    (paper,) = paper_parts(collect(published_run(rows=rows, table="Figure 2")), best="bold")

    assert [row.name for row in paper.tables[0].rows][:2] == ["MT-DNN (ours: Joint)", "BERT"]
    assert "laid out as Them 2019, Figure 2: Them 2019, A Paper" in paper.notes
    assert not any("reported" in caption for caption in paper.notes)


def test_one_table_of_two_runs_is_shown_once(published_run):
    collected = collect(published_run())

    assert len(paper_parts(merge([collected, collected]), best="bold")) == 1


def test_hostile_words_of_a_published_file_are_inert(published_run, printed):
    column = printed().columns[0].model_copy(update={"title": HOSTILE, "titles": (HOSTILE,)})
    row = (
        printed()
        .rows[0]
        .model_copy(
            update={"method": HOSTILE, "labels": (HOSTILE, HOSTILE), "scores": {"rte": (0.5,)}}
        )
    )
    store = published_run(
        title=HOSTILE, short=HOSTILE, citation=HOSTILE, table=HOSTILE, split=HOSTILE, note=HOSTILE,
        stubs=("Model", HOSTILE), columns=(column,), rows=(row,),
    )  # fmt: skip
    page = Page(paper_parts(collect(store), best="bold"))
    terminal, markdown = terminal_text(page), markdown_page(page)

    for text in (terminal, markdown):
        assert visible(text, keep="\n") == text
    assert not re.search(r"(?<!\\)<b>|(?<!\\)\[a|(?<!\\)`", markdown)
    rows = [line for line in markdown.splitlines() if line.startswith("|")]
    assert {len(re.findall(r"(?<!\\)\|", line)) for line in rows} == {4}
