"""From the command line's words to a launcher."""

from __future__ import annotations

from pathlib import Path

import pytest

from metabench.api import AgentCommand, LauncherInfo
from metabench.errors import PluginError, UsageError
from metabench.plugin.catalog import load_catalog
from metabench.session.runner.launching import Launching, find_launcher
from metabench_launchers.local import Local
from metabench_launchers.options import LocalOptions

COMMAND = AgentCommand(("true",), Path.cwd())


@pytest.fixture(scope="module")
def catalog():
    """Return what ships with metabench."""
    return load_catalog(blocked=frozenset({"all"}))


def test_options_are_read_as_toml(catalog):
    found = find_launcher(catalog, "local", ["gpus = [0, 3]"])

    assert found.options == LocalOptions(gpus=(0, 3))
    launcher = found.open(COMMAND)
    assert isinstance(launcher, Local)
    launcher.close()


@pytest.mark.parametrize(
    ("name", "settings", "kind", "said"),
    [
        ("locel", [], PluginError, "no launcher is called 'locel'"),
        ("local", ["gpu=[0]"], UsageError, "has no option 'gpu'; did you mean 'gpus'"),
        ("local", ["gpus"], UsageError, "has no option 'gpus'|write KEY=VALUE"),
        ("local", ["gpus=all"], UsageError, "--launcher-set: launcher 'local': gpus: "),
    ],
)
def test_what_cannot_be_is_refused_with_the_place(catalog, name, settings, kind, said):
    with pytest.raises(kind, match=said):
        find_launcher(catalog, name, settings)


def test_a_launcher_that_cannot_be_opened_is_the_doing_of_its_plugin():
    info = LauncherInfo("odd", "os:getcwd", LocalOptions, "takes no arguments")

    with pytest.raises(
        PluginError, match=r"some-plugin 1: launcher 'odd' raised TypeError: .*argument"
    ):
        Launching(info, LocalOptions(), "some-plugin 1").open(COMMAND)
