"""The kit around the checks: what a name stands for, and the classes for pytest."""

from __future__ import annotations

import sys
import unittest
from typing import ClassVar

import pytest

from metabench.api import MetricInfo
from metabench.errors import NothingMatchedError, PluginError
from metabench.plugin.catalog import load_catalog
from metabench.plugin.local import read_local_files
from metabench.plugin.status import PluginStatus
from metabench.testing.conformance import (
    AlgorithmConformance,
    NotConformingError,
    Subject,
    checks_of,
    find_subject,
    find_subjects,
)

BUSY = """
import time
end = time.process_time() + 0.3
while time.process_time() < end: pass
"""
FILE = '''
from metabench.api import AlgorithmInfo, AlgorithmOptions, EpisodeShape, hookimpl
from metabench.learning import Algorithm, MetaGradient

class Options(AlgorithmOptions):
    scale: float = 1.0
    """A factor."""

class Mine(Algorithm):
    def meta_gradient(self, learner, meta, episode):
        gradient = learner.gradient(meta["theta"], episode.query[0])
        return MetaGradient({"theta": gradient / self.options.scale})

@hookimpl
def metabench_algorithms():
    return [AlgorithmInfo("mine", f"{__name__}:Mine", Options, "a summary")]
'''


@pytest.fixture
def file(tmp_path):
    finders = list(sys.meta_path)
    path = tmp_path / "kit_idea.py"
    path.write_text(FILE)
    yield path
    sys.meta_path[:] = finders
    sys.modules.pop("metabench_local_kit_idea", None)


def test_the_name_of_a_plugin_or_distribution_stands_for_all_that_it_offers():
    catalog = load_catalog(blocked=frozenset({"all"}))

    by_plugin = find_subjects("metabench-samplers", catalog)
    by_distribution = find_subjects("metabench", catalog)

    assert {(one.kind, one.name) for one in by_plugin} >= {("sampler", "pps"), ("sampler", "mixed")}
    assert {one.kind for one in by_distribution} >= {"algorithm", "sampler", "task", "metric"}


def test_the_name_of_an_offer_stands_for_it_alone():
    (found,) = find_subjects("reptile", load_catalog(blocked=frozenset({"all"})))

    assert (found.kind, found.name) == ("algorithm", "reptile")


def test_a_name_that_nothing_has_is_no_match():
    with pytest.raises(NothingMatchedError, match="did you mean 'reptile'"):
        find_subjects("reptil", load_catalog(blocked=frozenset({"all"})))


def test_a_plugin_that_is_not_in_use_is_named_with_its_cause(tmp_path):
    path = tmp_path / "broken_idea.py"
    path.write_text("raise RuntimeError('out of ideas')")
    catalog = load_catalog(files=read_local_files([path]))

    with pytest.raises(
        PluginError, match=r"broken_idea\.py:1: plugin 'broken_idea' is failed: Runt"
    ):
        find_subjects("broken_idea", catalog)


def test_a_plugin_that_offers_nothing_has_nothing_to_check(tmp_path):
    path = tmp_path / "empty_idea.py"
    path.write_text("METABENCH_API = 1")
    catalog = load_catalog(files=read_local_files([path]))

    with pytest.raises(PluginError, match="plugin 'empty_idea' offers nothing to check"):
        find_subjects("empty_idea", catalog)


CLASH = """
from metabench.api import MetricInfo, hookimpl

@hookimpl
def metabench_metrics():
    return [MetricInfo("f1", "nowhere:f1", "F1"), MetricInfo("f1000", "nowhere:f1", "F1000")]
"""


@pytest.mark.parametrize("name", ["f1", "second_f1"])
def test_a_name_that_two_plugins_provide_is_reported_as_that(name, tmp_path):
    path = tmp_path / "second_f1.py"
    path.write_text(CLASH)
    catalog = load_catalog(files=read_local_files([path]))

    with pytest.raises(PluginError, match="metric 'f1' is provided by both metabench") as caught:
        find_subjects(name, catalog)

    assert caught.value.hint == f"rename yours in {path}, or leave it out with -P no:second_f1"
    assert [one.name for one in find_subjects("f1000", catalog)] == ["f1000"]


@pytest.mark.parametrize("kind", ["algorithm", "sampler", "task", "metric", "renderer", "observer"])
def test_an_offer_that_is_not_there_is_named(kind):
    with pytest.raises(PluginError, match=f"no {kind} is called 'nobody'"):
        find_subject(kind, "nobody", load_catalog(blocked=frozenset({"all"})))


def test_a_class_finds_its_plugin_in_a_file_and_takes_options(file):
    class TestMine(AlgorithmConformance):
        name = "mine"
        plugin_file = file

    class TestWithOptions(TestMine):
        options: ClassVar = {"scale": 0.0}

    TestMine().test_finite()
    TestMine().test_options_documented()
    with pytest.raises(NotConformingError, match="are not finite"):
        TestWithOptions().test_finite()


def test_a_check_that_has_nothing_to_say_is_skipped_as_pytest_knows_it():
    class TestFinetune(AlgorithmConformance):
        name = "finetune"

    with pytest.raises(unittest.SkipTest, match="has no meta-training stage"):
        TestFinetune().test_finite()


def test_laws_are_sentences_and_no_two_checks_of_a_kind_state_one():
    for kind in ("algorithm", "sampler", "task", "metric", "renderer", "observer"):
        laws = [check.law for check in checks_of(kind)]

        assert len(set(laws)) == len(laws)
        assert all(law[0].isupper() and not law.endswith(".") for law in laws)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("import torch", "importing kit_entry loads torch"),
        (BUSY, r"takes \d+\.\d\d s, more than 0.1 s"),
        ("raise RuntimeError('out of ideas')", "importing kit_entry alone fails: .*out of ideas"),
    ],
    ids=["torch", "slow", "raises"],
)
def test_an_entry_module_that_is_not_light_is_named(source, said, tmp_path, monkeypatch):
    (tmp_path / "kit_entry.py").write_text(source)
    monkeypatch.syspath_prepend(tmp_path)
    status = PluginStatus("entry", "kit_entry", "bench-entry", "0.3")
    (check,) = [one for one in checks_of("metric") if one.name == "imports_light"]

    with pytest.raises(NotConformingError, match=said):
        check.call(Subject("metric", "m", MetricInfo("m", "kit_entry:m", "M"), status))
