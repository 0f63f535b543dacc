"""YAML that a stranger wrote costs what its length says, whatever stands in it."""

import time

import pytest
import yaml

from metabench.limits import FRONT_MATTER_BYTES, YAML_NESTING
from metabench.tasks.plain_yaml import parse_yaml

SECONDS = 5.0  # of processor time; the slowest below takes half of it on a slow machine

MERGED = "a0: &a0 {x: 1}\n" + "".join(
    f"a{at}: &a{at} {{<<: [{', '.join([f'*a{at - 1}'] * 9)}]}}\n" for at in range(1, 9)
)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (MERGED, "line 1 has an anchor"),
        ("a: &x [1]\nb: *x", "line 1 has an anchor"),
        ("a: 1\nb: *x", "line 2 has an alias"),
        ("a: !!python/object:os.system {}", "line 1 has a tag"),
        ("a: !!set {b}", "line 1 has a tag"),
        ("[" * 250_000, "nested more than 50 levels"),
        ("{" * 250_000, "nested more than 50 levels"),
        ("- " * 100_000, "nested more than 50 levels"),
        ("? " * 100_000, "nested more than 50 levels"),
        ("a: " + "9" * 200_000, "limit"),
        (":\n" * 80_000, "is not YAML"),
        ("a" * (FRONT_MATTER_BYTES + 1), "is larger than 256 KiB"),
        ("a: [", "is not YAML"),
        ("a: \0", "is not YAML"),
        ("a: 2026-99-99", "month must be"),
    ],
    ids=lambda value: value[:20],
)
def test_what_is_not_plain_is_refused_in_seconds(text, problem):
    start = time.process_time()
    with pytest.raises(ValueError, match=problem):
        parse_yaml(text)

    assert time.process_time() - start < SECONDS


@pytest.mark.slow
@pytest.mark.parametrize("text", ["- a\n" * 60_000, "a: " + "'" * 250_000, "1:" * 60_000 + "1"])
def test_what_is_plain_is_read_in_seconds(text):
    start = time.process_time()
    parse_yaml(text)

    assert time.process_time() - start < SECONDS


def test_plain_yaml_is_read_as_the_safe_loader_reads_it():
    text = "configs:\n- config_name: a\n  data_files: {split: train, path: 'a/*.parquet'}\nn: 3\n"
    deepest = "[" * YAML_NESTING + "]" * YAML_NESTING

    assert parse_yaml(text) == yaml.safe_load(text)
    assert parse_yaml(deepest) == yaml.safe_load(deepest)
