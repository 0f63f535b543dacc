"""A name that may be taken for another says why; names of any language do not."""

import pytest

from metabench.lookalikes import looks_alike

UNSEEN = [
    0x00AD, 0x034F, 0x061C, 0x115F, 0x1160, 0x17B4, 0x180B, 0x180E, 0x200B, 0x200C, 0x200D, 0x200E,
    0x202E, 0x2060, 0x2066, 0x2800, 0x3164, 0xFE00, 0xFE0F, 0xFEFF, 0xFFA0, 0xE0001, 0xE0020,
    0xE0100, 0x1D173,
]  # fmt: skip


@pytest.mark.parametrize("code", UNSEEN, ids=hex)
def test_a_character_that_is_not_seen_is_told_and_written_out(code):
    said = looks_alike(f"MAML{chr(code)}")

    assert said.startswith("has characters that are not seen")
    assert f"{code:x}" in said
    assert chr(code) not in said


@pytest.mark.parametrize(
    ("name", "place", "twin"),
    [("\u041cAML", "U+041C", "M"), ("MAM\u0406", "U+0406", "I"), ("Rept\u0456le", "U+0456", "i"),
     ("\u039cAML", "U+039C", "M"), ("J\u03bfint", "U+03BF", "o")],
)  # fmt: skip
def test_a_letter_of_another_script_among_latin_ones_is_told(name, place, twin):
    said = looks_alike(name)

    assert place in said
    assert said.endswith(f"looks like {twin}")


@pytest.mark.parametrize(
    "name",
    ["MAML", "Reptile[inner_steps=3]", "\u03b1-MAML", "Δ-SGD", "МАМЛ", "Методы", "メタ学習",
     "多任务", "Überlern", "e\u0301", "⚡\ufe0f fast", "한국어", "ہندی", "λ²"],
)  # fmt: skip
def test_names_of_any_language_are_fine(name):
    assert looks_alike(name) == ""
