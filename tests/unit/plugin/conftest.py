"""Installed distributions with plugins, for the time of a test."""

from __future__ import annotations

import sys
import textwrap
from pathlib import Path

import pytest

from metabench.plugin.catalog import Catalog
from metabench.plugin.status import PluginStatus

GOOD = """
    from metabench.api import AlgorithmInfo, AlgorithmOptions, hookimpl

    METABENCH_API = 1

    class Options(AlgorithmOptions):
        rate: float = 0.5

    @hookimpl
    def metabench_algorithms():
        return [AlgorithmInfo("{name}", "{module}_heavy:Algorithm", Options, "a summary")]
"""


class Site:
    """A folder of installed distributions, on the path for the time of a test."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def install(self, distribution: str, source: str, *, module: str = "") -> str:
        """Write a distribution with one plugin; return the name of its module."""
        module = module or distribution.replace("-", "_")
        (self.folder / f"{module}.py").write_text(textwrap.dedent(source))
        info = self.folder / f"{distribution.replace('-', '_')}-0.3.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 0.3\n"
        )
        (info / "entry_points.txt").write_text(f"[metabench]\n{distribution}-entry = {module}\n")
        return module

    def install_good(self, distribution: str, *, offers: str) -> str:
        """Write a plugin that offers one algorithm."""
        module = distribution.replace("-", "_")
        return self.install(distribution, GOOD.format(name=offers, module=module))

    @staticmethod
    def status(catalog: Catalog, distribution: str) -> PluginStatus:
        """Return what a catalog says of a distribution."""
        (found,) = [plugin for plugin in catalog.plugins if plugin.distribution == distribution]
        return found


@pytest.fixture
def site(tmp_path, monkeypatch):
    before = set(sys.modules)
    monkeypatch.syspath_prepend(tmp_path)
    yield Site(tmp_path)
    for name in set(sys.modules) - before:
        if str(getattr(sys.modules[name], "__file__", "")).startswith(str(tmp_path)):
            del sys.modules[name]
