"""What stands behind a dotted target, and what is said where nothing does."""

from __future__ import annotations

import pytest

from metabench.errors import PluginError
from metabench.plugin.target import load_target


def test_a_target_is_loaded(site):
    (site.folder / "some_heavy_module.py").write_text("class A:\n    b = 7\n")

    assert load_target("some_heavy_module:A.b") == 7


@pytest.mark.parametrize(
    ("dotted", "said"),
    [
        ("no_such_module_anywhere:A", "ModuleNotFoundError"),
        ("json:no_such_thing", "AttributeError"),
        ("json", "not of the form"),
    ],
)
def test_a_target_that_cannot_be_loaded_is_a_plugin_error(dotted, said):
    with pytest.raises(PluginError, match=said):
        load_target(dotted)


def test_a_target_that_exits_is_a_plugin_error(site):
    (site.folder / "exiting_module.py").write_text("raise SystemExit(0)")

    with pytest.raises(PluginError, match="SystemExit: 0"):
        load_target("exiting_module:A")
