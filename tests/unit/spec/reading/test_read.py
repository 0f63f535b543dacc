"""A benchmark file is read in less than a second, or refused in less than a second."""

from __future__ import annotations

import os
import re
import time
from pathlib import Path

import pytest

from metabench.errors import SpecError
from metabench.spec.reading.read import read_document


@pytest.fixture(autouse=True)
def _within_a_second():
    started = time.process_time()
    yield
    assert time.process_time() - started < 5  # seconds of CPU, far from noise


def refusal(path: Path, *sets: str) -> str:
    with pytest.raises(SpecError) as caught:
        read_document(path, sets)
    assert caught.value.exit_code == 2
    return str(caught.value)


def test_data_and_text_are_what_stands_in_the_file(write):
    document = read_document(write('name = "x"\n'))

    assert document.data == {"name": "x"}
    assert document.text == 'name = "x"\n'


def test_a_byte_order_mark_does_not_matter(tmp_path):
    path = tmp_path / "bench.toml"
    path.write_bytes(b'\xef\xbb\xbfname = "x"\r\n')

    assert read_document(path).data == {"name": "x"}


def test_a_missing_file_is_refused(tmp_path):
    assert "cannot be read: no such file or directory" in refusal(tmp_path / "none.toml")


def test_a_path_with_a_null_byte_is_refused():
    assert "null" in refusal(Path("a\0b"))


def test_a_folder_is_refused(tmp_path):
    assert refusal(tmp_path).endswith("is not a regular file")


def test_an_endless_device_is_refused():
    assert refusal(Path("/dev/zero")) == "/dev/zero: is not a regular file"


def test_a_pipe_that_nobody_writes_to_is_refused(tmp_path):
    os.mkfifo(tmp_path / "pipe")

    assert refusal(tmp_path / "pipe").endswith("is not a regular file")


def test_a_large_file_is_refused(tmp_path):
    path = tmp_path / "large.toml"
    path.write_bytes(b"#\n" * 10_000_000)

    assert "larger than 64 KiB" in refusal(path)


def test_a_long_line_is_refused_with_its_number(write):
    path = write("schema = 1\n# " + "x" * 3000)

    assert refusal(path) == f"{path}:2: the line is longer than 2,048 characters"


def test_bytes_that_are_not_utf8_are_located(tmp_path):
    path = tmp_path / "bench.toml"
    path.write_bytes(b'schema = 1\nname = "\xff"\n')

    assert refusal(path) == f"{path}:2: is not UTF-8"


@pytest.mark.parametrize(
    ("text", "line"),
    [("a = 1\nb = = 2\n", 2), ("a = 1\na = 2\n", 2), ('a = 1\n\nb = """x\n', 4), ("a = [1,\n", 2)],
)
def test_a_syntax_error_is_located(write, text, line):
    path = write(text)

    assert refusal(path).startswith((f"{path}:{line}: not TOML", f"{path}:{line - 1}: not TOML"))


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ('name = "x', "a quotation mark is not closed in this line"),
        ("name = 'x", "a quotation mark is not closed in this line"),
        ("name = x", "a value is missing or is none; text needs straight quotation marks"),
        ("name = “x”", "a value is missing or is none; text needs straight quotation marks"),
        ("name =", "a value is missing or is none"),
        ("name = True", "a value is missing or is none; .* true and false are small"),
        ("epochs = 0,5", "something is left behind the value; .* decimals take a point"),
        ("seeds = 0, 1", "something is left behind the value; .* a list in "),
        ("name: x", "a key without '='; a setting is key = value"),
        (r'train = "C:\data\my.csv"', "a backslash in a text; write / or "),
        (r'train = "C:\Users\me.csv"', "a backslash in a text; write / or "),
        ("schema = 2", "the key is there already; a list of tables takes"),
        ("[[meta]]", "the key is there already; a list of tables takes"),
        ("[meta]", r"the table \[meta\] is there already"),
        ("[meta.deep]", r"the table \[meta.deep\] is there already"),
        ("seeds = [0 1]", "a bracket \\[ is not closed, or a comma is missing"),
        ("options = { a = 1 b = 2 }", "a brace { is not closed, or a comma is missing"),
    ],
)
def test_what_people_write_that_is_no_toml_is_answered_in_plain_words(write, line, problem):
    path = write(
        f"schema = 1\n[meta]\n[meta.deep]\n[other]\n{line}\n".replace(
            "schema = 1\n", "schema = 1\n" if line != "schema = 2" else "schema = 1\nschema = 2\n"
        )
    )

    assert re.search(f":[0-9]: not TOML: {problem}", refusal(path))


def test_a_tower_of_arrays_is_refused(write):
    path = write("a = [\n" + "[\n" * 10_000)

    assert "nested too deeply" in refusal(path)


def test_a_shallow_tower_is_refused_too(write):
    path = write("a = " + "[" * 20 + "]" * 20)

    assert "nested deeper than 16 levels" in refusal(path)


def test_dotted_keys_of_the_longest_line_are_refused(write):
    key = ".".join("a" * 1000)
    path = write("".join(f"{letter}.{key} = 1\n" for letter in "abcdefghijklmnopqrstuvwxyz"))

    assert "nested deeper than 16 levels" in refusal(path)


def test_a_number_of_many_digits_is_refused(write):
    path = write(f"a = {'9' * 2000}\nb = 1_{'0' * 1500}\n")

    read_document(path)  # long, but a number


def test_what_is_set_on_the_command_line_can_be_too_deep(write):
    assert "nested deeper" in refusal(write("a = 1\n"), ".".join("b" * 30) + "=1")
