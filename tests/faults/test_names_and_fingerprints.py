"""Different things have different names and fingerprints; equal ones have equal ones."""

from __future__ import annotations

import tomllib
import unicodedata
from importlib.resources import files

import pytest
import tomli_w
from hypothesis import example, given, settings
from hypothesis import strategies as st

from metabench.fingerprint import fingerprint
from metabench.plan.names import slugs
from metabench.plugin.catalog import load_catalog
from metabench.seeding import Stream
from metabench.spec.reading.load import load_benchmark

QUICKSTART = (files("metabench") / "cli/commands/templates/quickstart.toml").read_text(
    encoding="utf-8"
)
WIDTH = 30
LETTERS = set("abcdefghijklmnopqrstuvwxyz0123456789-")
HARD = ["CON", "con", "a/b", "a__b", "a-b", "A B", "é", "e\u0301", "..", "a" * 255, "A" * 255, "\0"]


@settings(max_examples=500, deadline=None)
@given(st.lists(st.text(max_size=60) | st.sampled_from(HARD), unique=True, max_size=10))
@example(HARD)
def test_no_two_names_share_a_slug_even_if_one_is_the_slug_of_another(names):
    for _ in range(2):  # the slugs of the first round are names of the second
        names = list(dict.fromkeys([*slugs(names, width=WIDTH).values(), *names]))
        found = slugs(names, width=WIDTH)

        assert len(set(found.values())) == len(names)
        assert all(slug.isascii() and len(slug) <= WIDTH for slug in found.values())
        assert all(
            set(slug) <= set("abcdefghijklmnopqrstuvwxyz0123456789-") for slug in found.values()
        )


def test_a_name_that_is_what_another_would_be_called_gets_a_longer_hash():
    hashed = slugs(["bert", "BERT"], width=WIDTH)["BERT"]

    found = slugs(["bert", hashed, "BERT"], width=WIDTH)

    assert found[hashed] == hashed
    assert found["BERT"].startswith(hashed)
    assert len(set(found.values())) == 3


leaves = st.none() | st.booleans() | st.integers() | st.text(max_size=5)
leaves |= st.floats(allow_nan=False, allow_infinity=False)
trees = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=12,
)


def paths(tree, above=()):
    """Return the place of every leaf and every empty table."""
    if not isinstance(tree, dict | list) or not tree:
        return [above]
    inner = tree.items() if isinstance(tree, dict) else enumerate(tree)
    return [path for key, value in inner for path in paths(value, (*above, key))]


def changed(tree, path, value):
    if not path:
        return value
    copy = dict(tree) if isinstance(tree, dict) else list(tree)
    copy[path[0]] = changed(tree[path[0]], path[1:], value)
    return copy


def shuffled(tree, draws):
    """Return the same tree with the keys of every table in another order."""
    if isinstance(tree, list):
        return [shuffled(value, draws) for value in tree]
    if not isinstance(tree, dict):
        return tree
    keys = [list(tree)[int(at)] for at in draws.permutation(len(tree))]
    return {key: shuffled(tree[key], draws) for key in keys}


@settings(max_examples=500, deadline=None)
@given(trees, st.integers(0, 2**32))
def test_the_order_of_keys_never_matters_and_any_leaf_does(tree, seed):
    draws = Stream.root(seed).numpy()
    one = fingerprint(tree)

    assert fingerprint(shuffled(tree, draws)) == one
    for path in paths(tree):
        assert fingerprint(changed(tree, path, "another")) != one or path_holds(tree, path)


def path_holds(tree, path):
    for key in path:
        tree = tree[key]
    return tree == "another"


@pytest.fixture(scope="module")
def catalog():
    return load_catalog()


@pytest.fixture
def spec_hash(tmp_path, catalog):
    """Return the function that gives the fingerprint of a text's spec."""

    def hashed(text):
        (tmp_path / "one.toml").write_text(text, encoding="utf-8")
        return fingerprint(
            load_benchmark(tmp_path / "one.toml", catalog=catalog).spec.model_dump(mode="json")
        )

    return hashed


def test_a_benchmark_is_the_same_whatever_order_layout_and_comments_it_is_written_in(spec_hash):
    draws = Stream.root(0).numpy()
    one = spec_hash(QUICKSTART)

    for _ in range(30):
        text = tomli_w.dumps(shuffled(tomllib.loads(QUICKSTART), draws))
        assert spec_hash(f"# a comment\n\n{text.replace(' = ', '  =   ')}\n# another") == one
    assert spec_hash(QUICKSTART.replace("2e-3", "0.002").replace("1e-3", "0.001")) == one
    assert spec_hash(QUICKSTART.replace("\n", "\r\n")) == one


def test_the_two_forms_of_an_accented_letter_are_one_benchmark(spec_hash):
    text = QUICKSTART.replace('"Joint"', '"Café"')
    forms = {spec_hash(unicodedata.normalize(form, text)) for form in ("NFC", "NFD")}

    assert len(forms) == 1


def test_every_number_that_changes_makes_another_benchmark(spec_hash):
    tree, one = tomllib.loads(QUICKSTART), spec_hash(QUICKSTART)
    numbers = [
        path
        for path in paths(tree)
        if path != ("schema",) and type(_at(tree, path)) in {int, float}
    ]

    found = {
        spec_hash(tomli_w.dumps(changed(tree, path, _other(_at(tree, path))))) for path in numbers
    }

    assert len(numbers) > 15
    assert len(found | {one}) == len(numbers) + 1


def _at(tree, path):
    for key in path:
        tree = tree[key]
    return tree


def _other(number):
    return number + 7 if isinstance(number, int) else number * 0.75
