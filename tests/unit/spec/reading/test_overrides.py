"""``--set`` changes one value, or says why it cannot."""

from __future__ import annotations

import copy

import pytest

from metabench.errors import SpecError
from metabench.spec.reading.overrides import apply_overrides

DATA = {
    "name": "x",
    "model": {"id": "a"},
    "methods": [{"id": "A"}, {"id": "B[k=1]", "options": {"k": 1}}],
    "tasks": {"transfer": ["a", {"task": "b", "fractions": [1.0]}]},
}


@pytest.mark.parametrize(
    ("text", "path", "value"),
    [
        ("meta.epochs=1", ("meta", "epochs"), 1),
        ("meta.epochs = 0.5", ("meta", "epochs"), 0.5),
        ("smoke=true", ("smoke",), True),
        ("model.id=sentence-transformers/x", ("model", "id"), "sentence-transformers/x"),
        ("model.id=a = b", ("model", "id"), "a = b"),
        ('model.id="quoted # text"', ("model", "id"), "quoted # text"),
        ("seeds.meta=[0, 1]", ("seeds", "meta"), [0, 1]),
        ("meta.optimizer={ lr = 1e-3 }", ("meta", "optimizer"), {"lr": 1e-3}),
        (
            'tasks.splits."glue/qnli".train="validation"',
            ("tasks", "splits", "glue/qnli", "train"),
            "validation",
        ),
        ("tasks.splits.'a.b'.train=v", ("tasks", "splits", "a.b", "train"), "v"),
        ("tasks.splits.glue/qnli.train=v", ("tasks", "splits", "glue/qnli", "train"), "v"),
        ("methods.0.id=Z", ("methods", 0, "id"), "Z"),
        ("methods.A.options.inner_lr=0.01", ("methods", 0, "options", "inner_lr"), 0.01),
        ('methods."B[k=1]".options.k=2', ("methods", 1, "options", "k"), 2),
        ("tasks.transfer.b.fractions=[0.1]", ("tasks", "transfer", 1, "fractions"), [0.1]),
    ],
)
def test_a_value_is_set_at_its_path(text, path, value):
    changed, overridden = apply_overrides(DATA, [text])

    place = changed
    for key in path:
        place = place[key]
    assert place == value
    assert type(place) is type(value)
    assert overridden == {path: text}


def test_what_was_passed_in_is_not_written_to():
    before = copy.deepcopy(DATA)

    apply_overrides(DATA, ["methods.A.id=Z", "meta.epochs=1"])

    assert before == DATA


def test_later_overrides_win():
    changed, _ = apply_overrides(DATA, ["meta.epochs=1", "meta.epochs=2"])

    assert changed["meta"]["epochs"] == 2


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("meta.epochs", "is not of the form key.path=value"),
        ("=1", "is not of the form"),
        ("a..b=1", "is not of the form"),
        ("a b=1", "is not of the form"),
        ("a=", "is not TOML"),
        ("a=[1", "is not TOML"),
        ("a=" + "[" * 1500, "is not TOML"),
        ("a=" + "9" * 4400, "longer than 2,048"),
        ("a=1\nb=2", "control characters"),
        ("a=\udcff", "not UTF-8"),
        ("name.x=1", "name is not a table"),
        ("methods.C.id=1", "methods has no entry 'C'"),
        ("methods.a.id=1", "methods has no entry 'a'; did you mean 'A'?"),
        ("methods.2.id=1", "methods has no entry '2'"),
        ("methods.A.id.x=1", "methods[0].id is not a table"),
    ],
)
def test_an_override_that_leads_nowhere_is_named(text, what):
    with pytest.raises(SpecError, match="--set") as caught:
        apply_overrides(DATA, [text, "model.id=fine"])

    (problem,) = caught.value.problems
    assert what in problem.what
    assert problem.file.startswith("--set ")
    assert str(caught.value).isprintable()


def test_all_bad_overrides_are_named_at_once():
    with pytest.raises(SpecError, match=r"--set a: .*\n--set b: "):
        apply_overrides(DATA, ["a", "b"])
