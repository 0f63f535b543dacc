"""Laws of the records: JSON and back is the identity, and nothing but a record is one."""

import typing

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from metabench import errors
from metabench.errors import StoreError
from metabench.store.records.cell import (
    CellNote,
    Failure,
    FileNote,
    Provenance,
    Result,
    Status,
    from_json,
    to_json,
)
from metabench.store.records.seal import NewerRecordError, sealed, unsealed

SETTINGS = settings(max_examples=60, deadline=None)
KEY = "0" * 64
numbers = st.floats(allow_nan=False, allow_infinity=False)
texts = st.text(st.characters(codec="utf-8"))
names = st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,20}", fullmatch=True)
paths = st.lists(names, min_size=1, max_size=3).map("/".join)
scores = st.floats(-1e12, 1e12)
keys = st.text("0123456789abcdef", min_size=64, max_size=64)
trees = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | numbers | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)
provenances = st.builds(
    Provenance,
    metabench=texts,
    python=texts,
    versions=st.dictionaries(texts, texts, max_size=2),
    threads=st.none() | st.integers(1, 64),
    command=st.lists(st.text(), max_size=3).map(tuple),
)
results = st.builds(
    Result,
    kind=st.sampled_from(["pretrain", "meta", "adapt"]),
    name=names,
    key=keys,
    scores=st.dictionaries(texts, scores, max_size=3),
    primary=st.none() | texts,
    collapsed=st.booleans(),
    steps=st.none() | st.integers(0, 2**40),
    wall_seconds=st.floats(0, 1e9),
    notes=st.lists(texts, max_size=2).map(tuple),
    files=st.lists(st.builds(FileNote, path=paths, bytes=st.integers(0, 10**15), sha256=keys)).map(
        tuple
    ),
    provenance=provenances,
)
notes = st.builds(
    CellNote,
    kind=st.just("meta"),
    name=names,
    key=keys,
    inputs=st.dictionaries(texts, trees, max_size=3),
    needs=st.lists(keys, max_size=2).map(tuple),
)
failures = st.builds(
    Failure,
    kind=st.just("adapt"),
    name=names,
    key=keys,
    status=st.sampled_from(typing.get_args(Status)),
    message=st.text(),
    traceback=st.text(),
    provenance=provenances,
)


@SETTINGS
@given(st.one_of(results, notes, failures))
def test_json_and_back_is_the_identity(record):
    assert from_json(type(record), to_json(record), where="here") == record


@SETTINGS
@given(results, st.data())
def test_no_prefix_of_a_record_is_a_record(record, data):
    whole = to_json(record).rstrip()
    cut = data.draw(st.integers(0, len(whole) - 1))

    with pytest.raises(StoreError, match="is damaged"):
        from_json(Result, whole[:cut], where="here")


def result(**fields):
    return Result(
        kind="adapt",
        name="a",
        key=KEY,
        wall_seconds=1.0,
        provenance=Provenance(metabench="0", python="3"),
        **fields,
    )


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_score_that_is_not_finite_is_no_result(value):
    with pytest.raises(ValidationError, match="finite number"):
        result(scores={"accuracy": value})


@pytest.mark.parametrize("text", ["NaN", "Infinity", "1e999"])
def test_a_score_that_is_not_finite_is_refused_in_a_file_too(text):
    whole = unsealed(to_json(result(scores={"accuracy": 0.5})))
    damaged = sealed(whole.replace(b"0.5", text.encode()))

    with pytest.raises(StoreError, match=r"scores\.accuracy: (nan|inf): input should be a finite"):
        from_json(Result, damaged, where="here")


def test_a_record_of_a_later_format_is_refused():
    later = (
        to_json(result()).replace(b'"schema": 2', b'"schema": 3').rpartition(b',\n  "sha256"')[0]
    )

    with pytest.raises(NewerRecordError, match=r"is of format 3, and .* knows those up to 2"):
        from_json(Result, sealed(later), where="here")


def test_text_that_is_not_utf8_is_recorded_all_the_same():
    failure = Failure(
        kind="adapt",
        name="a",
        key=KEY,
        status="error",
        message="no file 'caf\udce9'",
        provenance=Provenance(metabench="0", python="3"),
    )

    assert "caf\\\\udce9" in to_json(failure).decode()


def test_every_status_of_an_error_can_be_recorded():
    kinds = [getattr(errors, name) for name in errors.__all__]
    statuses = {kind.status for kind in kinds if issubclass(kind, errors.MetabenchError)}

    assert statuses <= set(typing.get_args(Status))
