"""A single Python file is a plugin like any other, and what was read is what runs."""

from __future__ import annotations

import hashlib
import sys

import pytest

from metabench.errors import UsageError
from metabench.fingerprint import hash_module
from metabench.plugin.catalog import load_catalog
from metabench.plugin.local import read_local_files, register_local_files
from metabench.plugin.target import load_target

SOURCE = """
from metabench.api import AlgorithmInfo, AlgorithmOptions, hookimpl

class Mine:
    number = 1

@hookimpl
def metabench_algorithms():
    return [AlgorithmInfo("mine", f"{__name__}:Mine", AlgorithmOptions, "a summary")]
"""


@pytest.fixture
def file(tmp_path):
    finders, modules = list(sys.meta_path), set(sys.modules)
    path = tmp_path / "my-idea.py"
    path.write_text(SOURCE)
    yield path
    sys.meta_path[:] = finders
    for name in set(sys.modules) - modules:
        if name.startswith("metabench_local_"):
            del sys.modules[name]


def load(*paths):
    return load_catalog(files=read_local_files(paths))


def state(catalog, name="my-idea"):
    (found,) = [plugin for plugin in catalog.plugins if plugin.name == name]
    return found


def test_what_a_file_offers_comes_from_local_in_the_version_of_its_content(file):
    offer = load(file).algorithm("mine")

    digest = hashlib.sha256(SOURCE.encode()).hexdigest()
    assert offer.plugin.origin == f"local {digest[:12]}"
    assert load_target(offer.value.target).number == 1


def test_a_file_may_say_a_version_of_the_api_but_not_a_wrong_one(file):
    file.write_text(f"METABENCH_API = 99\n{SOURCE}")

    assert state(load(file)).state == "incompatible"


def test_the_module_is_hashed_without_being_imported(file):
    register_local_files(read_local_files([file]))

    assert len(hash_module("metabench_local_my_idea")) == 64
    assert "metabench_local_my_idea" not in sys.modules


def test_a_changed_file_has_another_hash_another_version_and_is_imported_anew(file):
    before, hash_before = load(file).algorithm("mine"), hash_module("metabench_local_my_idea")
    file.write_text(SOURCE.replace("number = 1", "number = 2"))
    after = load(file).algorithm("mine")

    assert hash_module("metabench_local_my_idea") != hash_before
    assert after.plugin.version != before.plugin.version
    assert load_target(after.value.target).number == 2


def test_reading_an_unchanged_file_again_gives_the_very_same_classes(file):
    first, second = (load_target(load(file).algorithm("mine").value.target) for _ in range(2))

    assert first is second


def test_no_bytecode_is_left_beside_the_file(file):
    load(file)

    assert [path.name for path in file.parent.iterdir()] == ["my-idea.py"]


@pytest.mark.parametrize(
    ("source", "line", "said"),
    [
        ("x = 1\ndef (", 2, "SyntaxError"),
        ("x = 1\n\nimport no_such_module_anywhere", 3, "ModuleNotFoundError"),
        ("raise SystemExit(0)", 1, "SystemExit: 0"),
    ],
)
def test_a_file_that_fails_is_named_to_the_line_and_the_others_work(file, source, line, said):
    file.write_text(source)

    catalog = load(file)

    assert state(catalog).state == "failed"
    assert state(catalog).place == f"{file}:{line}"
    assert said in state(catalog).detail
    assert "maml" in catalog.algorithms


@pytest.mark.parametrize("name", ["my-idea", "local", "all"])
def test_a_file_can_be_left_out(file, name):
    catalog = load_catalog(blocked=frozenset({name}), files=read_local_files([file]))

    assert state(catalog).state == "blocked"


def test_a_file_that_is_named_twice_counts_once(file):
    assert len(read_local_files([file, file.parent / "." / file.name])) == 1


def test_two_files_of_one_name_are_refused(file, tmp_path):
    other = tmp_path / "other" / "my_idea.py"
    other.parent.mkdir()
    other.write_text(SOURCE)

    with pytest.raises(UsageError, match="two plugin files are called alike"):
        read_local_files([file, other])


@pytest.mark.parametrize(
    ("name", "said"),
    [("nowhere.py", "cannot be read: no such file"), ("notes.txt", "is not a Python file")],
)
def test_what_is_no_python_file_is_refused(tmp_path, name, said):
    with pytest.raises(UsageError, match=said):
        read_local_files([tmp_path / name])
