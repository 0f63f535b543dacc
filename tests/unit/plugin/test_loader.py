"""The isolating loader: whatever one plugin does, it is named for it and the others work."""

from __future__ import annotations

import sys

import pytest

from metabench.errors import PluginError
from metabench.plugin.catalog import load_catalog


def test_what_a_plugin_offers_is_in_the_catalog_with_its_origin(site):
    site.install_good("bench-good", offers="good")

    offer = load_catalog().algorithm("good")

    assert offer.value.summary == "a summary"
    assert offer.plugin.origin == "bench-good 0.3"
    assert offer.plugin.state == "ok"
    assert offer.plugin.offers == {"algorithm": ("good",)}
    assert offer.plugin.milliseconds > 0


def test_the_class_behind_a_descriptor_is_not_imported(site):
    module = site.install_good("bench-good", offers="good")
    (site.folder / f"{module}_heavy.py").write_text("raise RuntimeError('imported')")

    load_catalog()

    assert f"{module}_heavy" not in sys.modules


PRELUDE = "from metabench.api import *\nMETABENCH_API = 1\n"
INFO = 'AlgorithmInfo("x", "a.b:C", AlgorithmOptions, "s")'
HOOK = "@hookimpl\ndef metabench_algorithms():\n    "

MISBEHAVIOURS = {
    "bad import": ("import no_such_module_anywhere", "failed", "no_such_module_anywhere"),
    "syntax error": ("def (", "failed", "SyntaxError"),
    "SystemExit at import": ("raise SystemExit(0)", "failed", "SystemExit: 0"),
    "GeneratorExit at import": ("raise GeneratorExit", "failed", "GeneratorExit"),
    "an exception that cannot be shown": (
        "class E(Exception):\n    def __str__(self): raise ValueError\nraise E",
        "failed",
        "E",
    ),
    "misspelt hook": (
        PRELUDE + "@hookimpl\ndef metabench_algoritms(): return []",
        "failed",
        "'metabench_algoritms' is not a hook; did you mean 'metabench_algorithms'?",
    ),
    "unmarked hook": (
        PRELUDE + "def metabench_algorithms(): return []",
        "failed",
        "metabench_algorithms is not marked with @hookimpl",
    ),
    "wrong arguments": (
        PRELUDE + "@hookimpl\ndef metabench_cell_end(cell, score): ...",
        "failed",
        "metabench_cell_end takes (cell, score), it is given (event)",
    ),
    "no version": ("x = 1", "incompatible", "sets no METABENCH_API; this metabench has"),
    "newer version": ("METABENCH_API = 99", "incompatible", "written for the newer API 99"),
    "older version": ("METABENCH_API = 0", "incompatible", "written for the older API 0"),
    "a version that is no number": ("METABENCH_API = '1'", "incompatible", "not an integer"),
    "raising hook": (PRELUDE + HOOK + "raise OSError('disk')", "failed", "OSError: disk"),
    "exiting hook": (PRELUDE + HOOK + "raise SystemExit(3)", "failed", "SystemExit: 3"),
    "a generator that raises midway": (
        PRELUDE + HOOK + f"yield {INFO}\n    raise KeyError('midway')",
        "failed",
        "KeyError: 'midway'",
    ),
    "a dict": (PRELUDE + HOOK + "return {}", "failed", "returned dict, not a list"),
    "a string": (PRELUDE + HOOK + "return 'maml'", "failed", "returned str, not a list"),
    "a number": (PRELUDE + HOOK + "return 7", "failed", "returned int, not a list"),
    "a descriptor alone": (PRELUDE + HOOK + f"return {INFO}", "failed", "not a list"),
    "names instead of descriptors": (
        PRELUDE + HOOK + "return ['maml']",
        "failed",
        "a list with a str, not AlgorithmInfo",
    ),
    "a descriptor of another kind": (
        PRELUDE + HOOK + "return [MetricInfo('x', 'a.b:c', 'X')]",
        "failed",
        "a list with a MetricInfo, not AlgorithmInfo",
    ),
    "one name twice": (PRELUDE + HOOK + f"return [{INFO}] * 2", "failed", "offers 'x' twice"),
    "no name": (
        PRELUDE + HOOK + "return [AlgorithmInfo('', 'a.b:C', AlgorithmOptions, 's')]",
        "failed",
        "'' is not a name",
    ),
    "a name that moves the cursor": (
        PRELUDE + HOOK + "return [AlgorithmInfo('a\\x1b[2J', 'a.b:C', AlgorithmOptions, 's')]",
        "failed",
        "is not a name",
    ),
    "a name that looks like another": (
        PRELUDE + HOOK + "return [AlgorithmInfo('maml\\u3164', 'a.b:C', AlgorithmOptions, 's')]",
        "failed",
        "has characters that are not seen: written out, it is maml\\u3164",
    ),
    "a target without a class": (
        PRELUDE + HOOK + "return [AlgorithmInfo('x', 'a.b.C', AlgorithmOptions, 's')]",
        "failed",
        "target of 'x' is 'a.b.C', not 'package.module:Name'",
    ),
    "options of another kind": (
        PRELUDE + HOOK + "return [AlgorithmInfo('x', 'a.b:C', Options, 's')]",
        "failed",
        "options of 'x' are not a subclass of AlgorithmOptions",
    ),
    "an option without a default": (
        PRELUDE
        + "class Mine(AlgorithmOptions):\n    rate: float\n"
        + HOOK
        + "return [AlgorithmInfo('x', 'a.b:C', Mine, 's')]",
        "failed",
        "defaults of 'x' are not valid",
    ),
    "a preset of nothing": (
        PRELUDE
        + HOOK
        + "return [AlgorithmInfo('x', 'a.b:C', AlgorithmOptions, 's', preset={'k': 1})]",
        "failed",
        "preset of 'x' names no option: k",
    ),
}


@pytest.mark.parametrize("fault", MISBEHAVIOURS)
def test_a_plugin_that_misbehaves_is_named_and_the_others_work(site, fault):
    source, state, said = MISBEHAVIOURS[fault]
    site.install("bench-bad", source)
    site.install_good("bench-good", offers="good")

    catalog = load_catalog()

    assert site.status(catalog, "bench-bad").state == state
    assert said in site.status(catalog, "bench-bad").detail
    assert site.status(catalog, "bench-bad").offers == {}
    assert "good" in catalog.algorithms
    assert "maml" in catalog.algorithms


def test_a_failed_plugin_keeps_the_traceback_of_its_own_line(site):
    module = site.install("bench-bad", "\n\nimport no_such_module_anywhere\n")

    traceback = site.status(load_catalog(), "bench-bad").traceback

    assert f'{module}.py", line 3' in traceback


def test_the_wish_to_stop_is_not_swallowed(site):
    site.install("bench-slow", "raise KeyboardInterrupt")

    with pytest.raises(KeyboardInterrupt):
        load_catalog()


def test_what_a_plugin_prints_while_loading_does_not_reach_stdout(site, capsys):
    site.install("bench-loud", "print('hello')\nMETABENCH_API = 1")

    load_catalog()

    assert capsys.readouterr() == ("", "hello\n")


def test_damaged_metadata_hides_no_other_plugin(site):
    broken = site.folder / "broken-1.0.dist-info"
    broken.mkdir()
    (broken / "entry_points.txt").write_bytes(b"[metabench]\nno equals sign\n\xff\xfe")
    site.install_good("bench-good", offers="good")

    assert "good" in load_catalog().algorithms


def test_a_plugin_without_metadata_still_loads(site):
    site.install_good("bench-good", offers="good")
    (site.folder / "bench_good-0.3.dist-info" / "METADATA").unlink()

    assert "good" in load_catalog().algorithms


@pytest.mark.parametrize(
    "group",
    ["metabench.plugins", "metabench_plugin", "Metabench", "metabench.algorithms", "metabnch"],
)
def test_an_entry_point_in_a_group_that_nobody_looks_in_is_named_with_the_right_one(site, group):
    site.install_good("bench-lost", offers="lost")
    entries = site.folder / "bench_lost-0.3.dist-info" / "entry_points.txt"
    entries.write_text(entries.read_text().replace("[metabench]", f"[{group}]"))

    catalog = load_catalog()

    assert "lost" not in catalog.algorithms
    found = site.status(catalog, "bench-lost")
    assert found.state == "failed"
    assert f"its entry point is in the group {group!r}, not in 'metabench'" in found.detail


@pytest.mark.parametrize("group", ["metabench_lost.sources", "console_scripts", "tensorbench"])
def test_a_group_of_somebody_elses_is_no_concern_of_ours(site, group):
    site.install_good("bench-other", offers="other")
    entries = site.folder / "bench_other-0.3.dist-info" / "entry_points.txt"
    entries.write_text(entries.read_text().replace("[metabench]", f"[{group}]"))

    assert "bench-other" not in {plugin.distribution for plugin in load_catalog().plugins}


def test_a_package_that_was_installed_without_its_entry_point_is_named_where_it_is_missed(site):
    site.install_good("metabench-late", offers="late")
    (site.folder / "metabench_late-0.3.dist-info" / "entry_points.txt").unlink()

    with pytest.raises(PluginError, match="no algorithm is called 'late'") as caught:
        load_catalog().algorithm("late")

    assert "metabench-late is installed without an entry point in the group" in caught.value.hint
    assert "install it again" in caught.value.hint
