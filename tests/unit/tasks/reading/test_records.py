"""The same rows, and the same identity, in every format, compression and place."""

from __future__ import annotations

import bz2
import gzip
import io
import itertools
import json
import lzma
import zipfile

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from metabench.api.task import DataFile, FileSource, HubSource, TaskCard
from metabench.errors import DataError
from metabench.tasks.hub import Hub
from metabench.tasks.identity import split_facts
from metabench.tasks.own.splits import own_rows
from metabench.tasks.reading.formats import format_of

TEXTS = ["a film", 'a "fine", long\nplay', "ein Café", "日本語"]
LABELS = ["no", "yes", "yes", "no"]
TABLE = pa.table({"sentence": TEXTS, "label": pa.array(LABELS).dictionary_encode()})


def _csv(end="\n", mark=""):
    quoted = ['"' + text.replace('"', '""') + '"' for text in TEXTS]
    rows = [f"{text},{label}" for text, label in zip(quoted, LABELS, strict=True)]
    return (mark + end.join(["sentence,label", *rows, ""])).encode()


def _objects():
    return [{"sentence": t, "label": label} for t, label in zip(TEXTS, LABELS, strict=True)]


def _parquet():
    sink = io.BytesIO()
    pq.write_table(TABLE, sink)
    return sink.getvalue()


def _arrow(new):
    sink = io.BytesIO()
    with new(sink, TABLE.schema) as writer:
        writer.write_table(TABLE)
    return sink.getvalue()


FORMS = {
    "rows.csv": _csv(),
    "marked.csv": _csv(end="\r\n", mark="\ufeff"),
    "rows.jsonl": "".join(json.dumps(one) + "\n" for one in _objects()).encode(),
    "rows.json": json.dumps(_objects(), indent=1, ensure_ascii=False).encode(),
    "columns.json": json.dumps({"sentence": TEXTS, "label": LABELS}).encode(),
    "pandas.json": json.dumps(
        {"sentence": dict(enumerate(TEXTS)), "label": dict(enumerate(LABELS))}
    ).encode(),
    "nested.json": json.dumps({"data": _objects()}).encode(),
    "deeper.json": json.dumps({"data": {"rows": _objects()}}).encode(),
    "rows.parquet": _parquet(),
    "file.arrow": _arrow(pa.ipc.new_file),
    "stream.arrow": _arrow(pa.ipc.new_stream),
}


def _zip(data):
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("rows", data)
        archive.writestr("__MACOSX/._rows", b"x")
    return sink.getvalue()


PACKED = {
    "": bytes,
    ".gz": gzip.compress,
    ".bz2": bz2.compress,
    ".xz": lambda data: lzma.compress(data[:9]) + lzma.compress(data[9:]),
    ".zst": lambda data: pa.compress(data, codec="zstd", asbytes=True),
    ".zip": _zip,
}
CARD = "---\nconfigs:\n- config_name: default\n  data_files: data/*\n---\n"


def card_of(source):
    return TaskCard(
        name="my/task", title="Mine", source=source, text=("sentence",), labels=("no", "yes"),
        metrics=("accuracy",), splits={"train": 0}, scored="train", summary="s", licence="l",
        citation="c",
    )  # fmt: skip


def places(tmp_path, name, data):
    """Yield a card and a hub for each place that can hold a file."""
    for kind in ("own", "folder with a card", "folder without one", "mirror"):
        folder = tmp_path / kind / "datasets" / "owner" / "na me [1]*"
        (folder / "data").mkdir(parents=True)
        (folder / "data" / f"train-{name}").write_bytes(data)
        if kind != "folder without one":
            (folder / "README.md").write_text(CARD)
        path = folder / "data" / f"train-{name}"
        file = DataFile(path=str(path), format=format_of(name))
        source = FileSource(files={"train": file}) if kind == "own" else HubSource(id=str(folder))
        if kind == "mirror":
            source = HubSource(id="owner/na me [1]*")
        yield kind, card_of(source), Hub(tmp_path / kind, offline=True)


@pytest.mark.parametrize("name", FORMS)
def test_rows_and_identity_are_the_same_in_every_compression_and_place(tmp_path, name):
    identities = {}
    for suffix, pack in PACKED.items():
        below = tmp_path / (suffix or "plain")
        for kind, card, hub in places(below, f"{name}{suffix}", pack(FORMS[name])):
            rows = own_rows(card, "train", hub=hub)
            assert rows.texts == (TEXTS,) or name == "marked.csv"
            assert rows.labels == LABELS
            facts = split_facts(card, "train", hub=hub)
            assert facts.rows == len(TEXTS)
            identities.setdefault(kind == "own", set()).add(facts.identity)

    assert [len(found) for found in identities.values()] == [1, 1]


@pytest.mark.parametrize("suffix", [suffix for suffix in PACKED if suffix])
def test_a_damaged_compressed_file_is_refused_in_one_sentence(tmp_path, suffix):
    data = PACKED[suffix](FORMS["rows.csv"] * 50)
    for cut in (len(data) // 2, len(data) - 3):
        path = tmp_path / f"rows.csv{suffix}"
        path.write_bytes(data[:cut])
        card = card_of(FileSource(files={"train": DataFile(path=str(path), format="csv")}))

        with pytest.raises(DataError, match=r"compressed and damaged|archive|cannot be read|rows"):
            own_rows(card, "train")


@pytest.mark.parametrize("suffix", PACKED)
def test_tsv_is_read_in_every_compression_and_place(tmp_path, suffix):
    data = PACKED[suffix](b"sentence\tlabel\na, film\tno\nein Caf\xc3\xa9\tyes\n")
    for _, card, hub in places(tmp_path, f"rows.tsv{suffix}", data):
        rows = own_rows(card, "train", hub=hub)
        assert (rows.texts, rows.labels) == ((["a, film", "ein Café"],), ["no", "yes"])


def test_an_archive_of_two_files_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "rows.csv.zip", "w") as archive:
        archive.writestr("a.csv", FORMS["rows.csv"])
        archive.writestr("b.csv", FORMS["rows.csv"])
    file = DataFile(path=str(tmp_path / "rows.csv.zip"), format="csv")

    with pytest.raises(DataError, match="the archive holds 2 files, not one"):
        own_rows(card_of(FileSource(files={"train": file})), "train")


NESTED = [{"data": {"text": t}, "marks": [{"choice": m}]} for t, m in zip("ab", "xy", strict=True)]


@pytest.mark.parametrize("form", ["json", "jsonl", "parquet"])
def test_nested_columns_are_named_with_dots(tmp_path, form):
    path = tmp_path / f"rows.{form}"
    if form == "parquet":
        pq.write_table(pa.Table.from_pylist(NESTED), path)
    else:
        lines = "\n".join(map(json.dumps, NESTED))
        path.write_text(json.dumps(NESTED) if form == "json" else lines)
    source = FileSource(files={"train": DataFile(path=str(path), format=format_of(path.name))})
    update = {"text": ("data.text",), "label": "marks.0.choice", "labels": ("x", "y")}
    rows = own_rows(card_of(source).model_copy(update=update), "train")

    assert rows.texts == (["a", "b"],)
    assert rows.labels == ["x", "y"]


@pytest.mark.parametrize(
    ("encoding", "delimiter"), list(itertools.product(["cp1252", "utf-16", "mac-roman"], ";|\t"))
)
def test_other_encodings_and_delimiters_are_read_where_they_are_named(
    tmp_path, encoding, delimiter
):
    text = f"sentence{delimiter}label\nCafé{delimiter}no\nÜber{delimiter}yes\n"
    (tmp_path / "rows.csv").write_bytes(text.encode(encoding))
    file = DataFile(
        path=str(tmp_path / "rows.csv"), format="csv", encoding=encoding, delimiter=delimiter
    )

    assert own_rows(card_of(FileSource(files={"train": file})), "train").texts == (
        ["Café", "Über"],
    )


@pytest.mark.parametrize("text", ["{\n}\n", "{}\n", "3\n", "null\n", '"x"\n', "[]\n", "[{}]\n"])
def test_json_without_rows_is_refused(tmp_path, text):
    (tmp_path / "rows.json").write_text(text)
    file = DataFile(path=str(tmp_path / "rows.json"), format="jsonl")

    with pytest.raises(DataError, match=r"rows\.json"):
        own_rows(card_of(FileSource(files={"train": file})), "train")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
@pytest.mark.parametrize("line", [2, 3, 4])
def test_a_line_that_cannot_be_read_is_named_in_every_encoding(tmp_path, encoding, line):
    lines = ["sentence,label", "a,no", "b,yes", "c,no"]
    lines[line - 1] = "\0" + lines[line - 1]
    (tmp_path / "rows.csv").write_bytes("\n".join(lines).encode(encoding))
    file = DataFile(path=str(tmp_path / "rows.csv"), format="csv", encoding=encoding)

    with pytest.raises(DataError, match=r"NUL (byte|character)") as caught:
        own_rows(card_of(FileSource(files={"train": file})), "train")
    assert caught.value.where.endswith(f"rows.csv:{line}")


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32-le"])
def test_a_byte_order_mark_of_an_encoding_that_keeps_it_is_no_part_of_the_first_column(
    tmp_path, encoding
):
    """Python takes the mark off for "utf-16", but not where the byte order is named."""
    text = "\ufeffsentence,label\n\ufeffa,no\nb,yes\n"
    (tmp_path / "rows.csv").write_bytes(text.encode(encoding))
    file = DataFile(path=str(tmp_path / "rows.csv"), format="csv", encoding=encoding)
    rows = own_rows(card_of(FileSource(files={"train": file})), "train")

    assert rows.texts == (["\ufeffa", "b"],)  # elsewhere it is a letter like others


def test_empty_columns_that_a_spreadsheet_leaves_are_ignored(tmp_path):
    (tmp_path / "rows.csv").write_text("sentence,,label,,\na,1,no,,\nb,2,yes,\nc,3,yes,,,,\n,,,,\n")
    file = DataFile(path=str(tmp_path / "rows.csv"), format="csv")
    rows = own_rows(card_of(FileSource(files={"train": file})), "train")

    assert rows.texts == (["a", "b", "c"],)
    assert rows.lines == [2, 3, 4]
