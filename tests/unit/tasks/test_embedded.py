"""The embedded suite: frozen, whole, without leaks, and said in the encoder's words."""

import hashlib
import json
import math

import pytest

from metabench.errors import DataError
from metabench.seeding import Stream
from metabench.tasks.embedded.cards import EMBEDDED
from metabench.tasks.embedded.draws import Draws
from metabench.tasks.embedded.suite import RECIPES, generate
from metabench.tasks.embedded.words import (
    CATEGORY,
    OPPOSITES,
    SYNONYM,
    VERBS,
    plural,
    third_person,
    vocabulary,
)
from metabench.tasks.hub import Hub

FROZEN = {
    "embedded/answer": "f86726953dd329b540b5aee00106dc167be7a514da5103c47e8fd76c3f522409",
    "embedded/entailment": "be89ad479bc032a2b3e3d9e6dab354f8d62315dfbe9de0f859c41e65ae176542",
    "embedded/equivalence": "12eec4a1976dd5c00d1a53167458a1b31224dcb6d552f952143d5405aebf5a81",
    "embedded/grammar": "2f710cd2b4e50942278639b2aa04bd72977d94c01cf68f578ebc5953d297983b",
    "embedded/inference": "b835b7effb00510691cef0c84bf12866175091d54d24fe01e948a4ea1bb6bf82",
    "embedded/paraphrase": "6f2c657f1c23f170ba7c3d0644c6f2efa7a4cd4a5549136f3b3b4d8ad044797d",
    "embedded/science": "3dcf910c2477c5ee66c2bdb5968119e4b92e35940a8bd2275e5f5ec8142e6a51",
    "embedded/sentiment": "0158b02b9d4d936388e4c5890a49fedf1d87abba0813c76482200834067fe2df",
    "embedded/similarity": "5e0fa200261e9329fe80b29da0514f88f89527669a0caa6bab183754ed5a23f3",
}

CARDS = {card.name: card for card in EMBEDDED}
SPLITS = [(card.name, split) for card in EMBEDDED for split in card.splits]


@pytest.mark.parametrize("name", sorted(CARDS))
def test_the_grammar_is_frozen(name):
    rows = {split: generate(name, split) for split in sorted(CARDS[name].splits)}
    text = json.dumps(rows, sort_keys=True, separators=(",", ":"))

    assert hashlib.sha256(text.encode()).hexdigest() == FROZEN[name]


@pytest.mark.parametrize(("name", "split"), SPLITS)
def test_a_split_has_the_columns_rows_and_labels_of_its_card(name, split):
    card, columns = CARDS[name], generate(name, split)

    assert set(columns) == {*card.text, card.label}
    assert {len(values) for values in columns.values()} == {card.splits[split]}
    if card.labels:
        assert set(columns[card.label]) == set(range(len(card.labels)))
    else:
        assert all(0 <= label <= 5 for label in columns[card.label])


@pytest.mark.parametrize("name", sorted(CARDS))
def test_no_row_stands_twice_in_train_and_scored_split_together(name):
    card = CARDS[name]
    texts = [
        row
        for split in card.splits
        for row in zip(*(generate(name, split)[column] for column in card.text), strict=True)
    ]

    assert len(set(texts)) == len(texts) == sum(card.splits.values())


@pytest.mark.parametrize(("name", "split"), SPLITS)
def test_sentences_are_short_and_a_pair_fits_32_tokens(name, split):
    card, columns = CARDS[name], generate(name, split)
    rows = list(zip(*(columns[column] for column in card.text), strict=True))

    assert all(4 <= len(text.split()) <= 14 for row in rows for text in row)
    assert all(1 + sum(len(text.split()) + 1 for text in row) <= 32 for row in rows)


@pytest.mark.parametrize(("name", "split"), SPLITS)
def test_no_class_is_rarer_than_three_quarters_of_its_share(name, split):
    card, columns = CARDS[name], generate(name, split)
    labels = columns[card.label]

    for number in range(len(card.labels)):
        assert labels.count(number) / len(labels) > 0.75 / len(card.labels)


def test_no_generated_word_is_unknown_to_the_shipped_tokenizer():
    tokenizers = pytest.importorskip("tokenizers")
    folder = Hub().model_folder("embedded/encoder")
    tokenizer = tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json"))
    words = {
        word
        for name, split in SPLITS
        for column in CARDS[name].text
        for text in generate(name, split)[column]
        for word in text.split()
    }

    unknown = tokenizer.token_to_id("[UNK]")
    assert words <= set(vocabulary())
    assert all(len(ids := tokenizer.encode(word, add_special_tokens=False).ids) == 1
               and ids != [unknown] for word in words)  # fmt: skip


def test_the_shipped_encoder_has_one_embedding_for_each_token_and_no_more():
    folder = Hub().model_folder("embedded/encoder")
    config = json.loads((folder / "config.json").read_text())
    tokens = (folder / "vocab.txt").read_text().split()
    tokenizer = json.loads((folder / "tokenizer.json").read_text())

    assert tokens == ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *vocabulary()]
    assert tokenizer["model"]["vocab"] == {token: i for i, token in enumerate(tokens)}
    assert config["vocab_size"] == len(tokens)


def load_tokenizer(encoder):
    tokenizers = pytest.importorskip("tokenizers")
    return tokenizers.Tokenizer.from_file(str(Hub().model_folder(encoder) / "tokenizer.json"))


def test_the_encoder_that_can_spell_adds_pieces_and_changes_no_id():
    words = json.loads((Hub().model_folder("embedded/encoder") / "tokenizer.json").read_text())
    folder = Hub().model_folder("embedded/characters")
    spelt = json.loads((folder / "tokenizer.json").read_text())["model"]["vocab"]
    config = json.loads((folder / "config.json").read_text())

    assert words["model"]["vocab"].items() <= spelt.items()
    assert sorted(spelt.values()) == list(range(config["vocab_size"]))


@pytest.mark.parametrize(("name", "split"), SPLITS)
def test_the_encoder_that_can_spell_reads_the_embedded_tasks_as_the_other_does(name, split):
    columns = [generate(name, split)[column] for column in CARDS[name].text]
    rows = list(zip(*columns, strict=True)) if len(columns) == 2 else columns[0]

    words, spelt = load_tokenizer("embedded/encoder"), load_tokenizer("embedded/characters")

    assert [row.ids for row in words.encode_batch(rows)] == [
        row.ids for row in spelt.encode_batch(rows)
    ]


def test_no_text_in_any_script_is_unknown_to_the_encoder_that_can_spell():
    tokenizer = load_tokenizer("embedded/characters")
    every = [chr(code) for code in range(1, 0x110000, 61) if not 0xD800 <= code <= 0xDFFF]
    texts = [*every, *(f"so{letter}t" for letter in every), "x" * 10_000, "\u0e01" * 500]

    unknown = tokenizer.token_to_id("[UNK]")
    found = [row.ids for row in tokenizer.encode_batch(texts, add_special_tokens=False)]

    assert [text for text, ids in zip(texts, found, strict=True) if unknown in ids] == []
    assert all(ids for text, ids in zip(texts, found, strict=True) if text.isalnum())


def test_composed_and_decomposed_letters_are_spelt_alike():
    tokenizer = load_tokenizer("embedded/characters")

    assert tokenizer.encode("sch\u00f6n").ids == tokenizer.encode("scho\u0308n").ids
    assert tokenizer.encode("sch\u00f6n").ids != tokenizer.encode("schon").ids


def test_synonyms_go_both_ways_and_opposites_of_opposites_are_synonyms_or_the_word():
    for word, other in SYNONYM.items():
        assert SYNONYM[other] == word
        for opposite in OPPOSITES[word]:
            assert {word, other} == set(OPPOSITES[opposite])


def test_every_inflected_form_means_one_word():
    forms = [form for noun in CATEGORY for form in (noun, plural(noun))]
    forms += [form for verb in VERBS for form in (verb, third_person(verb))]
    shared = {form for form in forms if forms.count(form) > 1}

    assert not shared


def test_draws_are_the_numbers_of_the_stream_in_order():
    stream = Stream.root(1).child("x")
    draws = Draws(stream)
    expected = stream.numpy().random(5000)

    assert [draws.number() for _ in range(5000)] == expected.tolist()


def test_an_item_is_picked_as_often_as_the_others():
    draws = Draws(Stream.root(0).child("pick"))
    counts = [0, 0, 0]
    for _ in range(30_000):
        counts[draws.pick((0, 1, 2))] += 1

    # four standard deviations of a binomial count
    assert max(abs(count - 10_000) for count in counts) < 4 * math.sqrt(30_000 * 2 / 9)


def test_a_split_that_is_not_there_is_refused_by_name():
    with pytest.raises(DataError, match="split 'test': its splits are train, validation"):
        generate("embedded/grammar", "test")
    with pytest.raises(DataError, match="there is no such task"):
        generate("embedded/nothing", "train")


def test_every_recipe_has_a_card():
    assert set(RECIPES) == set(CARDS)
    assert all(card.generated for card in EMBEDDED)
