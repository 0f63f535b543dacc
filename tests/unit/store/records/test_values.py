"""Records are parsed, not trusted: names, paths, numbers and sizes have bounds, keys occur once."""

import json

import pytest

from metabench import limits
from metabench.errors import StoreError
from metabench.store.records.cell import CellNote, FileNote, Provenance, Result, from_json, to_json
from metabench.store.records.run import ColumnNote, PlannedCell, RunNote, UseNote
from metabench.store.records.seal import sealed, unsealed

KEY = "0" * 64
PROVENANCE = Provenance(metabench="0", python="3")
RESULT = Result(
    kind="adapt", name="adapt-a", key=KEY, scores={"accuracy": 0.5}, losses={"first": 1.0},
    wall_seconds=1.0, cpu_seconds=1.0, steps=3, provenance=PROVENANCE,
    files=(FileNote(path="predictions.parquet", bytes=1, sha256=KEY),),
)  # fmt: skip
NOTE = CellNote(kind="adapt", name="adapt-a", key=KEY, inputs={"steps": 3}, needs=(KEY,))
RUN = RunNote(
    name="run", methods=("A",), texts={"spec.toml": KEY},
    columns=(
        ColumnNote(name="t", task="t", title="T", role="target", metric="f1", metric_title="F1"),
    ),
    uses=(UseNote(method="A", column="t", meta_seed=0, finetune_seed=0, cell="c", key=KEY),),
    cells=(PlannedCell(cell="c", key=KEY, kind="adapt"),),
)  # fmt: skip
NAMES = [
    "", ".", "..", "/", "/etc/passwd", "../x", "a/../../b", "a/", "./a", ".hidden", "-rf", "a\\b",
    "a\0b", "a\n", "a b", "$(touch x)", "a\x1b[31m", "a\u202eb", "é", "~", "a" * 300,
]  # fmt: skip


def refused(record, path, value):
    """Return what is said of a record whose field is replaced, the seal made anew."""
    tree = json.loads(unsealed(to_json(record)))
    place = tree
    for part in path[:-1]:
        place = place[part]
    if isinstance(place, dict) and path[-1] not in place:
        place.clear()
    place[path[-1]] = value
    data = sealed((json.dumps(tree, indent=2) + "\n").encode())
    with pytest.raises(StoreError, match="is damaged") as caught:
        from_json(type(record), data, where="here.json")
    assert caught.value.where == "here.json"
    return caught.value.problem


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    ("record", "path"),
    [
        (RESULT, ("name",)),
        (RESULT, ("files", 0, "path")),
        (NOTE, ("name",)),
        (RUN, ("cells", 0, "cell")),
        (RUN, ("uses", 0, "cell")),
    ],
)
def test_a_name_that_is_not_plain_is_refused_with_its_field(record, path, name):
    said = refused(record, path, name)

    assert said.startswith(f"is damaged: {'.'.join(map(str, path))}: ")
    assert "is not the name of a file" in said or "is not a path of plain names" in said


@pytest.mark.parametrize("name", NAMES)
def test_a_text_beside_the_run_has_a_plain_name(name):
    assert "texts." in refused(RUN, ("texts", name), KEY)


@pytest.mark.parametrize(
    ("path", "values"),
    [
        (("scores", "accuracy"), [1e308, -1e308, 2e12, 10**400, "0.5", True, None]),
        (("losses", "first"), [1e308, -1e40]),
        (("wall_seconds",), [-1e308, -1e-9, 1e308, 2e9]),
        (("cpu_seconds",), [-1.0, 1e10]),
        (("steps",), [-1, 10**16, 1.5, 10**5000]),
        (("attempts",), [0, -1, 2**70]),
        (("files", 0, "bytes"), [-1, 2**62]),
    ],
)
def test_a_number_out_of_its_range_is_refused_with_its_field(path, values):
    for value in values:
        if isinstance(value, int) and value > 10**4000:
            continue  # said below: no JSON writer of Python's writes it
        assert ".".join(map(str, path)) in refused(RESULT, path, value)


def test_a_number_of_thousands_of_digits_is_refused():
    whole = unsealed(to_json(NOTE)).replace(b'"steps": 3', b'"steps": ' + b"9" * 10_000)

    with pytest.raises(StoreError, match="is damaged"):
        from_json(CellNote, sealed(whole), where="here")


@pytest.mark.parametrize(
    "text",
    [
        b'"key": "' + b"1" * 64 + b'",\n  "key"',
        b'"scores": {"accuracy": 0.9},\n  "key"',
        b'"key": "' + b"1" * 64 + b'",\n  "key" \t',
    ],
)
def test_a_key_that_occurs_twice_is_refused(text):
    whole = unsealed(to_json(RESULT))
    forged = sealed(whole.replace(b'"key"', text, 1))

    with pytest.raises(StoreError, match=r"the key '(key|scores)' occurs twice in one object"):
        from_json(Result, forged, where="here")


@pytest.mark.parametrize("depth", [limits.JSON_NESTING + 1, 100_000])
@pytest.mark.parametrize(("start", "end"), [(b"[", b"]"), (b'{"a":', b"}")])
def test_nesting_is_bounded(depth, start, end):
    deep = start * depth + b"1" + end * depth
    whole = unsealed(to_json(NOTE)).replace(b'"steps": 3', b'"steps": ' + deep)

    with pytest.raises(StoreError, match="is damaged"):
        from_json(CellNote, sealed(whole), where="here")


@pytest.mark.slow
def test_lists_and_texts_are_bounded():
    use = RUN.uses[0].model_dump()

    assert "uses: " in refused(RUN, ("uses",), [use] * (limits.MOST_USES + 1))
    assert "notes: " in refused(RESULT, ("notes",), [""] * (limits.MOST_ENTRIES + 1))
    assert "scores: " in refused(
        RESULT, ("scores",), {str(number): 0.5 for number in range(limits.MOST_ENTRIES + 1)}
    )
    assert "notes.0: " in refused(RESULT, ("notes",), ["a" * (limits.LONGEST_TEXT + 1)])
    assert "primary: " in refused(RESULT, ("primary",), "a" * (limits.LONGEST_WORD + 1))


def test_a_text_that_is_too_long_is_cut_when_a_record_is_made():
    fields = {"kind": "adapt", "name": "a", "key": KEY, "wall_seconds": 1.0}
    made = Result(**fields, notes=("a" * 2**21,), provenance=PROVENANCE)

    assert len(made.notes[0]) == limits.LONGEST_TEXT
    assert made.notes[0].endswith("a...")
    assert from_json(Result, to_json(made), where="here") == made
