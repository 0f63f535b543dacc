"""How a file is read, and what its columns are, is found in the file itself."""

from __future__ import annotations

import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from metabench.errors import DataError
from metabench.tasks.own.guess import guess_file, repeated_rows

TEXTS = [f"schöne Grüße aus Köln Nummer {row}" for row in range(40)]
WORDS = ["gut" if row % 3 else "schlecht" for row in range(40)]

PAIRS = list(zip(TEXTS, WORDS, strict=True))


def table(delimiter, labels=WORDS, name="Urteil"):
    rows = [f"{row}{delimiter}{text}{delimiter}{label}"
            for row, (text, label) in enumerate(zip(TEXTS, labels, strict=True))]  # fmt: skip
    return "\n".join([f"Nr{delimiter}Kommentar{delimiter}{name}", *rows, ""])


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_delimiter_and_encoding_are_found_and_the_longest_text(tmp_path, delimiter, encoding):
    path = tmp_path / "rows.csv"
    path.write_bytes(table(delimiter).encode(encoding))
    found = guess_file(str(path)).settings

    assert found.get("delimiter", ",") == delimiter
    assert found.get("encoding", encoding) == encoding
    assert ("encoding" in found) == (encoding in {"cp1252", "utf-16"})
    assert (found["text"], found["label"]) == (["Kommentar"], "Urteil")


@pytest.mark.parametrize(("suffix", "delimiter"), [("csv", ","), ("tsv", "\t")])
def test_of_two_delimiters_that_fit_alike_the_formats_own_is_taken(tmp_path, suffix, delimiter):
    path = tmp_path / f"rows.{suffix}"
    lines = ["text,\tlabel", *(f"{text},\t{word}" for text, word in zip(TEXTS, WORDS, strict=True))]
    path.write_text("\n".join([*lines, ""]), encoding="utf-8")

    assert guess_file(str(path)).settings.get("delimiter", delimiter) == delimiter


def test_a_delimiter_parts_every_row_alike(tmp_path):
    """A comma in texts is no delimiter, however many there are in the first row."""
    path = tmp_path / "rows.csv"
    rows = [f"{text}{', ' * (row % 3)}a;{word}" for row, (text, word) in enumerate(PAIRS)]
    path.write_text("\n".join(["a, b, comment;label", *rows, ""]), encoding="utf-8")

    assert guess_file(str(path)).settings["delimiter"] == ";"


def test_measurements_are_a_regression_with_their_decimal_sign(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text(table(";", [f"{row},5" for row in range(40)], "Rating"), encoding="utf-8")
    found = guess_file(str(path)).settings

    assert found["label"] == "Rating"
    assert (found["kind"], found["decimal"]) == ("regression", ",")


def test_few_whole_numbers_are_classes(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text(table(",", [row % 5 for row in range(40)], "stars"), encoding="utf-8")

    assert "kind" not in guess_file(str(path)).settings


def test_nested_json_of_a_labelling_tool_and_pairs_are_found(tmp_path):
    rows = [{"data": {"text": text}, "marks": [{"choices": [word]}], "id": row}
            for row, (text, word) in enumerate(zip(TEXTS, WORDS, strict=True))]  # fmt: skip
    (tmp_path / "export.json").write_text(json.dumps(rows))
    pairs = {"premise": TEXTS, "hypothesis": TEXTS, "gold": pa.array(WORDS).dictionary_encode()}
    pq.write_table(pa.table(pairs), tmp_path / "rows.parquet")
    nested = guess_file(str(tmp_path / "export.json")).settings
    paired = guess_file(str(tmp_path / "rows.parquet")).settings

    assert (nested["text"], nested["label"]) == (["data.text"], "marks.0.choices.0")
    assert (paired["text"], paired["label"]) == (["premise", "hypothesis"], "gold")


TOOLS = {
    "label studio": (
        lambda text, word: {
            "id": 7,
            "annotations": [{"result": [{"value": {"choices": [word]}, "from_name": "topic"}]
                             if word else [], "was_cancelled": not word}],
            "data": {"text": text, "channel": "mail"},
        },
        ("data.text", "annotations.0.result.0.value.choices.0"),
    ),
    "doccano": (
        lambda text, word: {"id": 7, "text": text, "label": [word] if word else []},
        ("text", "label.0"),
    ),
    "prodigy": (
        lambda text, word: {"text": text, "options": [{"id": "gut"}], "label": "only",
                            "accept": [word] if word else [], "answer": "ignore" * (not word)},
        ("text", "accept.0"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("form", ["lines", "array", "document", "parquet"])
@pytest.mark.parametrize("tool", TOOLS)
def test_exports_of_labelling_tools_are_found_with_their_unlabelled_rows(tmp_path, tool, form):
    make, (text, label) = TOOLS[tool]
    rows = [make(*pair) for pair in zip(TEXTS, ["", *WORDS[1:]], strict=True)]
    path = tmp_path / ("rows.parquet" if form == "parquet" else "rows.jsonl")
    if form == "parquet":
        pq.write_table(pa.Table.from_pylist(rows), path)
    elif form == "lines":
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    else:
        path.write_text(json.dumps(rows if form == "array" else {"version": 1, "items": rows}))
    found = guess_file(str(path))

    assert (found.settings["text"], found.settings["label"]) == ([text], label)
    assert found.settings["unlabelled"] == "drop"
    assert found.reasons["unlabelled"] == "1 of the first 40 have no label"


@pytest.mark.parametrize("new", [pa.ipc.new_file, pa.ipc.new_stream])
def test_columns_of_an_arrow_file_are_found(tmp_path, new):
    table = pa.table({"comment": TEXTS, "verdict": pa.array(WORDS).dictionary_encode()})
    with new(str(tmp_path / "rows.arrow"), table.schema) as writer:
        writer.write_table(table)
    found = guess_file(str(tmp_path / "rows.arrow")).settings

    assert found == {"text": ["comment"], "label": "verdict"}


def test_a_file_without_a_line_of_names_is_refused(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text("".join(f"{text},{word}\n" for text, word in PAIRS), encoding="utf-8")

    with pytest.raises(DataError, match="its first line names no columns: 'schlecht' is a label"):
        guess_file(str(path))


def test_rows_of_the_scored_file_that_are_in_the_training_file_are_counted(tmp_path):
    train, scored = tmp_path / "train.csv", tmp_path / "dev.csv"
    train.write_text(table(";"), encoding="utf-8")
    scored.write_text("Nr;Kommentar;Urteil\n1;" + TEXTS[3] + ";gut\n2;neu;gut\n", encoding="utf-8")

    assert repeated_rows(guess_file(str(train)), str(train), str(scored)) == (1, 2)


def test_a_file_of_a_header_alone_is_refused(tmp_path):
    (tmp_path / "rows.csv").write_text("text,label\n")

    with pytest.raises(DataError, match="no column looks like a text"):
        guess_file(str(tmp_path / "rows.csv"))


def test_a_file_without_a_label_is_refused_with_its_columns(tmp_path):
    (tmp_path / "rows.csv").write_text("a\n" + "\n".join(TEXTS) + "\n")

    with pytest.raises(DataError, match="no column looks like a label; there are 'a'"):
        guess_file(str(tmp_path / "rows.csv"))
