"""Token tables: what the tokenizer says itself, gathered by index."""

import numpy as np
import pytest
import torch
import transformers
from tokenizers import Tokenizer, pre_tokenizers, processors
from tokenizers.models import WordLevel

from metabench.data.counts import split_note
from metabench.data.encoding import _consistent, cached, encode
from metabench.data.tokens import TokenTable
from metabench.errors import DataError, StoreError
from metabench.plan.cell import TaskUse
from metabench.seeding import Stream
from metabench.tasks.embedded.cards import EMBEDDED
from metabench.tasks.embedded.suite import RECIPES, generate


def rows_of(name):
    columns = generate(name, RECIPES[name].scored)
    return tuple(columns[column] for column in RECIPES[name].text), np.array(columns["label"])


def table_of(texts, labels, tokenizer, *, max_length=32, cache=None):
    encoding = encode(texts, tokenizer=tokenizer, max_length=max_length, cache=cache)
    return TokenTable.build(encoding, labels, max_length=max_length, device="cpu")


@pytest.mark.parametrize(
    "name", ["embedded/sentiment", "embedded/paraphrase", "embedded/similarity"]
)
@pytest.mark.parametrize("max_length", [8, 13, 32])
def test_a_batch_is_what_the_tokenizer_pads_itself(name, max_length, tokenizer):
    texts, labels = rows_of(name)
    rows = np.array([5, 3, 100, 3, 0, 77])
    batch = table_of(texts, labels, tokenizer, max_length=max_length).batch(
        rows, task=name, dropout_seed=7
    )
    expected = tokenizer(
        *([column[row] for row in rows] for column in texts),
        truncation="longest_first", max_length=max_length, padding=True, return_tensors="pt",
    )  # fmt: skip
    width = expected["input_ids"].shape[1]

    assert batch.input_ids.shape[1] == min(-(-width // 8) * 8, max_length)
    for ours, theirs in (
        (batch.input_ids, "input_ids"),
        (batch.attention_mask, "attention_mask"),
        (batch.token_type_ids, "token_type_ids"),
    ):
        assert (ours[:, :width] == expected[theirs]).all()
        assert not ours[:, width:].any()
    assert batch.labels.tolist() == labels[rows].tolist()
    assert (batch.task, batch.dropout_seed, len(batch)) == (name, 7, 6)


def test_types_are_those_that_a_batch_promises(tokenizer):
    texts, labels = rows_of("embedded/answer")
    batch = table_of(texts, labels, tokenizer).batch(np.array([0]), task="x", dropout_seed=None)

    assert batch.input_ids.dtype == batch.token_type_ids.dtype == torch.int64
    assert batch.labels.dtype == torch.int64
    assert batch.attention_mask.dtype == torch.bool


def test_a_row_and_its_segments_are_those_of_its_batch(tokenizer):
    texts, labels = rows_of("embedded/answer")
    table = table_of(texts, labels, tokenizer).take(np.array([9, 4]))
    batch = table.batch(np.array([1]), task="x", dropout_seed=None)
    length = table.lengths[1]

    assert table.row(1) == batch.input_ids[0, :length].tolist()
    assert table.segments(1) == batch.token_type_ids[0, :length].tolist()


def test_rows_that_are_taken_keep_tokens_and_labels(table):
    whole = table(20)
    taken = whole.take(np.array([7, 2, 11])).batch(np.array([2, 0]), task="x", dropout_seed=0)
    direct = whole.batch(np.array([11, 7]), task="x", dropout_seed=0)

    assert torch.equal(taken.input_ids, direct.input_ids)
    assert torch.equal(taken.labels, direct.labels)


@pytest.mark.parametrize("rows", [[7, 2, 7, 11], [0], [19, 0]])
def test_the_vocabulary_of_examples_is_their_tokens_and_padding(table, rows):
    whole = table(20)
    found = whole.vocabulary(np.array(rows))

    assert found.tolist() == sorted({whole.pad, *(id_ for row in rows for id_ in whole.row(row))})
    assert found.dtype == torch.int64


def test_permuted_labels_are_the_same_labels_on_other_rows(table):
    whole = table(50)
    shuffled = whole.permuted_labels(Stream.root(0).child("shuffled"))

    assert sorted(shuffled.labels.tolist()) == list(range(50))
    assert shuffled.labels.tolist() != list(range(50))
    assert torch.equal(shuffled.spans, whole.spans)
    assert whole.labels.tolist() == list(range(50))


@pytest.mark.parametrize("chunk", [1, 2, 10_000])
def test_usual_types_are_known_by_the_length_of_the_first_text_and_not_kept(
    tokenizer, monkeypatch, chunk
):
    monkeypatch.setattr("metabench.data.encoding._CHUNK", chunk)
    one, two = ["a fox", "the kind owl helps", "b"], ["c", "a d", "the owl"]
    pairs = encode((one, two), tokenizer=tokenizer, max_length=32, cache=None)
    single = encode((one,), tokenizer=tokenizer, max_length=32, cache=None)
    alone = [len(tokenizer(text)["input_ids"]) for text in one]  # with [CLS] and [SEP]

    assert (pairs.types, single.types) == (None, None)
    assert pairs.firsts.tolist() == single.firsts.tolist() == alone
    assert single.lengths.tolist() == alone
    ids = [id_ for pair in zip(one, two, strict=True) for id_ in tokenizer(*pair)["input_ids"]]
    assert pairs.ids.tolist() == ids


def test_an_encoding_is_cached_where_it_was_written_and_nowhere_else(tokenizer, tmp_path):
    texts = (["a fox", "the owl"],)
    how = {"tokenizer": tokenizer, "max_length": 32}

    assert cached(texts, **how, cache=tmp_path) is None
    made = encode(texts, **how, cache=tmp_path)
    found = cached(texts, **how, cache=tmp_path)
    assert (found.ids.tolist(), found.fit.tolist()) == (made.ids.tolist(), made.fit.tolist())
    assert (found.pad, found.types) == (tokenizer.pad_token_id, None)
    assert cached(texts, tokenizer=tokenizer, max_length=16, cache=tmp_path) is None


def test_what_is_cached_is_what_would_be_encoded(tokenizer, tmp_path):
    texts, _ = rows_of("embedded/answer")
    plain = encode(texts, tokenizer=tokenizer, max_length=32, cache=None)
    first = encode(texts, tokenizer=tokenizer, max_length=32, cache=tmp_path / "cache")
    again = encode(texts, tokenizer=tokenizer, max_length=32, cache=tmp_path / "cache")

    assert len(list((tmp_path / "cache").iterdir())) == 1
    for other in (first, again):
        assert (other.ids == plain.ids).all()
        assert (other.lengths == plain.lengths).all()
        assert (other.firsts == plain.firsts).all()


def test_a_cached_encoding_is_read_not_made_anew(tokenizer, tmp_path):
    texts, _ = rows_of("embedded/sentiment")
    encode(texts, tokenizer=tokenizer, max_length=32, cache=tmp_path)
    (path,) = tmp_path.iterdir()
    before = path.stat().st_mtime_ns, path.stat().st_ino
    encode(texts, tokenizer=tokenizer, max_length=32, cache=tmp_path)

    assert (path.stat().st_mtime_ns, path.stat().st_ino) == before


def test_other_texts_lengths_or_splittings_are_cached_apart(tokenizer, tmp_path):
    for texts, length in (
        ((["a fox"],), 32), ((["a owl"],), 32), ((["a fox"],), 16),
        ((["a"], ["fox"]), 32), ((["a", "fox"],), 32), ((["", "a fox"],), 32),
    ):  # fmt: skip
        encode(texts, tokenizer=tokenizer, max_length=length, cache=tmp_path)

    assert len(list(tmp_path.iterdir())) == 6


def _flip(path):
    data = bytearray(path.read_bytes())
    data[-5] ^= 1
    path.write_bytes(data)


@pytest.mark.parametrize(
    "damage",
    [
        lambda path: path.write_bytes(b""),
        lambda path: path.write_bytes(b"not a tensor file"),
        lambda path: path.write_bytes(path.read_bytes()[:-9]),
        _flip,
    ],
    ids=["empty", "foreign", "truncated", "one bit"],
)
def test_a_damaged_cache_is_encoded_anew(tokenizer, tmp_path, damage):
    texts, _ = rows_of("embedded/answer")
    plain = encode(texts, tokenizer=tokenizer, max_length=32, cache=tmp_path)
    (path,) = tmp_path.iterdir()
    whole = path.read_bytes()
    damage(path)
    again = encode(texts, tokenizer=tokenizer, max_length=32, cache=tmp_path)

    assert (again.ids == plain.ids).all()
    assert path.read_bytes() == whole


WHOLE = {
    "ids": [2, 3, 4, 2, 3], "lengths": [3, 2], "firsts": [2, 2], "types": [0, 0, 1, 0, 0],
    "cut": [0, 0], "unknown": [0, 0], "words": [1, 1],
}  # fmt: skip
"""Two rows, of three tokens and of two."""


@pytest.mark.parametrize(
    ("name", "values", "fits"),
    [
        ("ids", [0, 3, 4, 2, 3], True), ("ids", [2, -1, 4, 2, 3], False), ("ids", [2, 3], False),
        ("types", [], True), ("types", [0, -1, 1, 0, 0], False), ("types", [0, 0], False),
        ("lengths", [4, 1], False), ("lengths", [5, 0], False), ("lengths", [5], False),
        ("firsts", [3, 2], True), ("firsts", [2, 3], False), ("cut", [0], False),
        ("unknown", [0, 0, 0], False), ("words", [1], False),
    ],
)  # fmt: skip
def test_arrays_that_do_not_fit_each_other_are_no_encoding(name, values, fits):
    arrays = {key: np.array(one, dtype=np.int32) for key, one in WHOLE.items()}
    changed = {**arrays, name: np.array(values, dtype=np.int32)}

    assert _consistent(arrays, 2, 3)
    assert _consistent(changed, 2, 4 if name == "lengths" else 3) == fits


def test_a_file_of_another_encoding_under_this_name_is_encoded_anew(tokenizer, tmp_path):
    encode((["a fox"],), tokenizer=tokenizer, max_length=32, cache=tmp_path)
    (other,) = tmp_path.iterdir()
    foreign = other.read_bytes()
    other.unlink()
    texts, _ = rows_of("embedded/answer")
    plain = encode(texts, tokenizer=tokenizer, max_length=32, cache=tmp_path)
    (path,) = tmp_path.iterdir()
    path.write_bytes(foreign)

    assert (
        encode(texts, tokenizer=tokenizer, max_length=32, cache=tmp_path).ids == plain.ids
    ).all()


def test_a_cache_that_cannot_be_written_does_not_stop_anything(tokenizer, tmp_path):
    (tmp_path / "file").write_text("in the way")
    texts, _ = rows_of("embedded/answer")

    assert len(encode(texts, tokenizer=tokenizer, max_length=32, cache=tmp_path / "file").ids)


def test_a_cache_that_is_a_link_is_refused_and_nothing_is_written_where_it_leads(
    tokenizer, tmp_path
):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / ".cache").symlink_to(tmp_path / "elsewhere")
    texts, _ = rows_of("embedded/answer")

    with pytest.raises(StoreError, match="is not a regular folder") as caught:
        encode(texts, tokenizer=tokenizer, max_length=32, cache=tmp_path / ".cache")
    assert caught.value.where == str(tmp_path / ".cache")
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_a_tokenizer_that_is_not_a_fast_one_is_refused():
    with pytest.raises(DataError, match="not a fast one"):
        encode((["x"],), tokenizer=object(), max_length=8, cache=None)


@pytest.mark.parametrize("max_length", [8, 13, 32])
def test_a_row_counts_as_cut_where_it_has_more_tokens_uncut(max_length, tokenizer, tmp_path):
    texts, _ = rows_of("embedded/answer")
    texts = ([*texts[0], "a", "a"], [*texts[1], "fox " * 40, "zebra, fox!"])
    whole = tokenizer(*texts)["input_ids"]
    expected = [len(row) > max_length for row in whole]

    for _ in range(2):  # the second comes from the cache
        encoding = encode(texts, tokenizer=tokenizer, max_length=max_length, cache=tmp_path)
        assert encoding.fit[:, 0].tolist() == expected
    assert any(expected)


def test_words_are_counted_as_the_tokenizer_splits_them_and_unknown_ones_apart(tokenizer):
    texts = (["the kind fox", "a zebra, a gnu", ""], ["gnu", "fox", "the"])
    encoding = encode(texts, tokenizer=tokenizer, max_length=32, cache=None)

    # Words and punctuation marks; "zebra", ",", "gnu" are none of the lexicon.
    assert encoding.fit.tolist() == [[0, 4, 1], [0, 6, 3], [0, 1, 0]]


def test_of_what_is_cut_off_no_word_is_counted(tokenizer):
    encoding = encode((["fox fox fox gnu gnu"],), tokenizer=tokenizer, max_length=5, cache=None)

    assert encoding.fit.tolist() == [[1, 3, 0]]


def test_counts_are_those_of_the_rows_in_use(tokenizer):
    texts = (["the fox", "a gnu", "the fox helps"],)
    encoding = encode(texts, tokenizer=tokenizer, max_length=4, cache=None)
    labels = np.array([0, 1, 0])
    table = TokenTable.build(encoding, labels, max_length=4, device="cpu")
    card = EMBEDDED[0].model_copy(update={"labels": ("no", "yes", "rare")})
    note = split_note(
        TaskUse(card, "target", "train", "validation", "", 3, 3),
        "train",
        table.take(np.array([1, 2])),
    )

    assert (note.rows, note.cut, note.words, note.unknown) == (2, 1, 4, 1)
    assert note.classes == {"no": 1, "yes": 1, "rare": 0}
    assert note.missing == ("rare",)


@pytest.mark.parametrize(("first", "last"), [(0, 2), (2, 1)])
def test_types_other_than_first_and_second_text_are_kept_as_the_tokenizer_numbers_them(
    tmp_path, first, last
):
    """XLNet's class token, at the end, and Funnel's, at the beginning, have types of their own."""
    words = {"<pad>": 0, "<sep>": 1, "<cls>": 2, "a": 3, "b": 4}
    own = Tokenizer(WordLevel(words, unk_token="a"))  # noqa: S106  (a token of texts)
    own.pre_tokenizer = pre_tokenizers.Whitespace()
    own.post_processor = processors.TemplateProcessing(
        single=f"<cls>:{first} $A:0 <sep>:0 <cls>:{last}",
        pair=f"<cls>:{first} $A:0 <sep>:0 $B:1 <sep>:1 <cls>:{last}",
        special_tokens=[("<sep>", 1), ("<cls>", 2)],
    )
    tokenizer = transformers.PreTrainedTokenizerFast(tokenizer_object=own)

    for _ in range(2):  # the second time from the cache
        table = table_of((["a b", "a"], ["b", "b a"]), np.zeros(2), tokenizer, cache=tmp_path)
        table = table.take(np.array([1, 0]))
        batch = table.batch(np.array([0, 1]), task="x", dropout_seed=None)
        expected = [[first, 0, 0, 1, 1, 1, last], [first, 0, 0, 0, 1, 1, last]]
        assert batch.token_type_ids[:, :7].tolist() == expected
        assert not batch.token_type_ids[:, 7:].any()
        assert [table.segments(row) for row in range(2)] == expected
