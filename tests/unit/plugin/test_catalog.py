"""Who a name belongs to: clashes, blocked plugins, and what is said of a name nobody has."""

from __future__ import annotations

import sys

import pytest

from metabench.errors import PluginError
from metabench.plugin.catalog import load_catalog


@pytest.mark.parametrize("distributions", [("aa-one", "zz-two"), ("zz-one", "aa-two")])
def test_a_name_offered_twice_belongs_to_nobody_and_the_error_names_both(site, distributions):
    for distribution in distributions:
        site.install_good(distribution, offers="same")
    catalog = load_catalog()

    first, second = sorted(distributions)
    assert "same" not in catalog.algorithms
    assert site.status(catalog, first).state == "conflict"
    assert (
        site.status(catalog, second).detail == f"algorithm 'same' is also provided by {first} 0.3"
    )
    with pytest.raises(PluginError, match=f"provided by both {first} 0.3 and {second} 0.3"):
        catalog.algorithm("same")


def test_a_clash_over_one_name_leaves_the_other_names(site):
    site.install(
        "bench-clash",
        """
        from metabench.api import AlgorithmInfo, AlgorithmOptions, hookimpl
        METABENCH_API = 1
        @hookimpl
        def metabench_algorithms():
            return [AlgorithmInfo(n, "a.b:C", AlgorithmOptions, "s") for n in ("maml", "mine")]
        """,
    )
    catalog = load_catalog()

    assert catalog.algorithm("mine").plugin.state == "conflict"
    assert catalog.algorithm("reptile").plugin.distribution == "metabench"
    with pytest.raises(PluginError, match="METABENCH_DISABLE_PLUGINS=bench-clash"):
        catalog.algorithm("maml")


def test_blocking_one_side_of_a_clash_resolves_it(site):
    site.install_good("bench-clash", offers="maml")

    catalog = load_catalog(blocked=frozenset({"bench-clash"}))

    assert catalog.algorithm("maml").plugin.distribution == "metabench"


@pytest.mark.parametrize("name", ["all", "bench-canary", "Bench_Canary", "bench-canary-entry"])
def test_a_blocked_plugin_is_not_imported(site, name):
    module = site.install("bench-canary", "METABENCH_API = 1")

    catalog = load_catalog(blocked=frozenset({name}))

    assert site.status(catalog, "bench-canary").state == "blocked"
    assert module not in sys.modules
    assert "maml" in catalog.algorithms


def test_a_name_that_a_failed_plugin_is_called_after_is_refused_with_the_cause(site):
    site.install("metabench-foo", "import no_such_module_anywhere")

    with pytest.raises(
        PluginError,
        match=r"algorithm 'foo' is provided by metabench-foo 0\.3, which failed to load: ModuleNot",
    ):
        load_catalog().algorithm("foo")


def test_a_name_that_nobody_offers_comes_with_the_plugins_that_may_offer_it(site):
    site.install("bench-bad", "import no_such_module_anywhere")

    with pytest.raises(
        PluginError, match=r"may be provided .* bench-bad 0\.3, which failed to load"
    ):
        load_catalog().sampler("hard-examples")


def test_a_misspelt_name_comes_with_the_name_that_was_meant():
    with pytest.raises(PluginError, match="did you mean 'reptile'"):
        load_catalog().algorithm("Reptil")


def test_the_built_in_plugins_come_through_the_same_door():
    catalog = load_catalog(blocked=frozenset({"all"}))

    assert {"finetune", "joint", "maml", "fomaml", "reptile"} <= set(catalog.algorithms)
    assert {"uniform", "pps", "mixed"} <= set(catalog.samplers)
    assert {plugin.state for plugin in catalog.plugins if plugin.built_in} == {"ok"}
