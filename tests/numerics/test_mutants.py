"""The study of what tests notice: a test that fails without a change notices none."""

from __future__ import annotations

import multiprocessing

import pytest

from mutants import changes, guards, process
from mutants.changes import mutants
from mutants.guards import Guards
from mutants.process import Copy
from mutants.verdicts import Verdicts

MODULE = """
def total(low, high):
    found = 0
    while low < high:
        found, low = found + low, low + 1
    return found


def half(number):
    return number / 2
"""
TESTS = """
from metabench.sums import half, total


def test_stale():
    assert total(0, 3) == 3
    assert half(4) == 2


def test_sum():
    assert total(1, 4) == 6
    assert total(1, 0) == 0
"""
STALE, OTHER = (f"tests/unit/test_sums.py::{name}" for name in ("test_stale", "test_sum"))
FOR_ONE = "low < high -> low <= high"
FOR_NONE = "number / 3 -> number * 3"
ENDLESS = "low + 1 -> low - 1"


def _project(root):
    """Write a package of one module and its tests; return the module."""
    for part in ("metabench", "plugins", "tests/unit", "benchmarks", "docs"):
        (root / part).mkdir(parents=True)
    (root / "metabench" / "__init__.py").touch()
    (root / "tests" / "unit" / "test_sums.py").write_text(TESTS, encoding="utf-8")
    (root / "metabench" / "sums.py").write_text(MODULE, encoding="utf-8")
    return root / "metabench" / "sums.py"


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """Return verdicts on changes of a package of which one test has become stale, by change.

    And which files of tests were to be read: at first, then, and after one line of it changed.
    """
    root = tmp_path_factory.mktemp("root")
    module = _project(root)
    found = {}
    with pytest.MonkeyPatch.context() as patched:
        for one in (changes, guards, process):
            patched.setattr(one, "ROOT", root)
        patched.setattr(process, "_SERVER", multiprocessing.get_context("spawn"))
        patched.setattr(process, "_WARM", 1.0)  # an endless loop ends after a second

        def copied(name):
            return Copy(root / name, files=guards.test_files(), modules=["metabench/sums.py"])

        known, before = Guards(root / "kept"), copied("before")
        read = [known.missing()]
        for file in read[0]:
            known.keep(file, before.cover(file, seconds=20))
        before.close()
        read.append(known.missing())
        module.write_text(MODULE.replace("number / 2", "number / 3"), encoding="utf-8")
        read.append(known.missing())
        after, kept = copied("after"), Verdicts(root / "verdicts", {})
        for mutant in mutants(module):
            change = f"{mutant.before} -> {mutant.after}"
            if change in (FOR_ONE, FOR_NONE, ENDLESS):
                kept.judge(after, mutant, known, seconds=20)
                found[change] = kept.of(mutant)
        after.close()
    return found, read


@pytest.fixture
def verdicts(study):
    """Return the verdicts alone."""
    return study[0]


def test_a_file_of_tests_is_read_again_where_what_it_runs_has_changed(study):
    file, _, _ = STALE.partition("::")

    assert study[1] == [[file], [], [file]]


def test_a_test_that_fails_without_a_change_notices_none_and_is_named_once(verdicts):
    assert verdicts[FOR_NONE]["outcome"] == "unguarded"
    assert [name for found in verdicts.values() for name in found["refused"]] == [STALE]


def test_another_test_of_the_file_notices_changes(verdicts):
    assert (verdicts[FOR_ONE]["outcome"], verdicts[FOR_ONE]["by"]) == ("noticed", OTHER)


def test_an_endless_loop_is_noticed_for_without_the_change_there_is_an_end(verdicts):
    found = verdicts[ENDLESS]

    assert found["outcome"] == "noticed"
    assert found["by"].startswith(("exit code ", "no end"))  # by its CPU time, or by the clock
