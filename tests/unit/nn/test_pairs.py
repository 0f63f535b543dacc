"""A decoder's tokenizer puts its end of text between the texts of a pair."""

from __future__ import annotations

import pytest
import transformers
from tokenizers import Tokenizer, pre_tokenizers, processors
from tokenizers.models import WordLevel

from metabench.nn.pairs import separate_pairs
from metabench.tasks.hub import SHIPPED_ENCODER, Hub

END = "<eos>"
WORDS = {END: 0, "<s>": 1, "a": 2, "b": 3}


def decoder(processor=None):
    """Return a fast tokenizer of single words."""
    own = Tokenizer(WordLevel(WORDS, unk_token="a"))  # noqa: S106  (a token of texts)
    own.pre_tokenizer = pre_tokenizers.Whitespace()
    if processor is not None:
        own.post_processor = processor
    return transformers.PreTrainedTokenizerFast(tokenizer_object=own, eos_token=END)


BEGINS = processors.TemplateProcessing(
    single="<s> $A", pair="<s> $A $B:1", special_tokens=[("<s>", 1)]
)


@pytest.mark.parametrize(("processor", "begin"), [
    (None, []), (processors.ByteLevel(trim_offsets=False), []), (BEGINS, [1])
])  # fmt: skip
def test_an_end_of_text_stands_between_the_texts_and_nothing_else_changes(
    tmp_path, processor, begin
):
    tokenizer = decoder(processor)
    single = tokenizer("a b").input_ids

    separate_pairs(tokenizer)
    tokenizer.save_pretrained(tmp_path)
    again = transformers.AutoTokenizer.from_pretrained(tmp_path)

    for each in (tokenizer, again):
        assert each("a b").input_ids == single == [*begin, 2, 3]
        assert each("a b", "b").input_ids == [*begin, 2, 3, 0, 3]
        cut = each("a b a", "b", truncation="longest_first", max_length=4 + len(begin))
        assert cut.input_ids == [*begin, 2, 3, 0, 3]


def test_a_tokenizer_that_separates_its_pairs_stays_as_it_is():
    tokenizer = transformers.AutoTokenizer.from_pretrained(Hub().model_folder(SHIPPED_ENCODER))
    before = tokenizer.backend_tokenizer.to_str()

    separate_pairs(tokenizer)

    assert tokenizer("an owl", "a wolf").input_ids.count(tokenizer.sep_token_id) == 2
    assert tokenizer.backend_tokenizer.post_processor is not None
    assert before.count("[SEP]") == tokenizer.backend_tokenizer.to_str().count("[SEP]")
