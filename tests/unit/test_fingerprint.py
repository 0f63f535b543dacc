"""Fingerprints: equal content, equal hash; and nothing else is equal."""

from __future__ import annotations

import hashlib
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metabench.fingerprint import (
    canonical,
    fingerprint,
    hash_file,
    hash_module,
    hash_source,
)

leaves = st.none() | st.booleans() | st.integers() | st.text(max_size=5)
leaves |= st.floats(allow_nan=False, allow_infinity=False)
values = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=8,
)


@given(table=st.dictionaries(st.text(max_size=4), values, max_size=5))
def test_the_order_of_keys_does_not_matter(table):
    assert fingerprint(table) == fingerprint(dict(reversed(table.items())))


@given(value=values)
def test_a_tuple_is_a_list(value):
    assert fingerprint((value, value)) == fingerprint([value, value])


def test_the_two_forms_of_an_accented_letter_are_one_text():
    composed, apart = (unicodedata.normalize(form, "café") for form in ("NFC", "NFD"))

    assert composed != apart
    assert fingerprint({composed: apart}) == fingerprint({apart: composed})


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ([1, 2], [2, 1]),
        ("1", 1),
        (True, 1),
        (None, "null"),
        ("", []),
        ({"a": {"b": 1}}, {"a": 1, "b": 1}),
        (0.1, 0.1000001),
    ],
)
def test_different_values_have_different_fingerprints(one, other):
    assert fingerprint(one) != fingerprint(other)


def test_negative_zero_is_zero():
    assert fingerprint(-0.0) == fingerprint(0.0)


def test_the_canonical_text_is_plain_json():
    assert canonical({"b": [1, 2.5, None], "a": "ä"}) == '{"a":"ä","b":[1,2.5,null]}'


@pytest.mark.parametrize("value", [float("nan"), float("inf"), [-float("inf")]])
def test_what_is_not_finite_has_no_fingerprint(value):
    with pytest.raises(ValueError, match="not finite"):
        fingerprint(value)


@pytest.mark.parametrize("value", [b"bytes", {1, 2}, object()])
def test_what_json_has_no_word_for_has_no_fingerprint(value):
    with pytest.raises(TypeError, match="has no fingerprint"):
        fingerprint(value)


def test_the_hash_of_a_file_is_the_sha256_of_its_bytes(tmp_path):
    (tmp_path / "a").write_bytes(b"abc")

    assert hash_file(tmp_path / "a") == hashlib.sha256(b"abc").hexdigest()


SOURCE = '''"""Doc."""
def f(x):
    """Doc."""
    return x + 1
class A:
    """Doc."""
'''


@pytest.mark.parametrize(
    "other",
    [
        SOURCE.replace("Doc.", "Another text."),
        SOURCE.replace('    """Doc."""\n    return', "    return"),
        SOURCE.replace("x + 1", "(x  +  1)  # one more"),
    ],
    ids=["other docstrings", "no docstring", "layout and comments"],
)
def test_what_does_not_compute_does_not_count(other):
    assert hash_source(other) == hash_source(SOURCE)


@pytest.mark.parametrize("other", [SOURCE.replace("1", "2"), SOURCE.replace("def f", "def g")])
def test_what_computes_counts(other):
    assert hash_source(other) != hash_source(SOURCE)


def test_a_module_is_hashed_without_being_imported(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "canary_of_fingerprint.py").write_text("raise RuntimeError('imported')")

    assert hash_module("canary_of_fingerprint") == hash_source("raise RuntimeError('imported')")


@pytest.mark.parametrize("name", ["no_such_module_anywhere", "sys"])
def test_a_module_without_source_is_refused(name):
    with pytest.raises(ModuleNotFoundError, match="no source for module"):
        hash_module(name)
