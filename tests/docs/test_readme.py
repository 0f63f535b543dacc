"""What README.md shows is true: its plugin loads, its benchmark file is valid."""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path

import pytest

from metabench.api import Options
from metabench.plugin import load_catalog, load_target
from metabench.spec.load import load_benchmark

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", README, flags=re.MULTILINE | re.DOTALL)


def blocks(language: str) -> list[str]:
    return [text for name, text in BLOCKS if name == language]


@pytest.fixture
def readme_plugin(tmp_path, monkeypatch):
    """Install the package that README.md shows, file by file."""
    for text in blocks("python"):
        (name,) = re.findall(r"^# (\S+\.py)$", text, flags=re.MULTILINE)
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    (project,) = [text for text in blocks("toml") if text.startswith("# pyproject.toml")]
    ((name, module),) = tomllib.loads(project)["project"]["entry-points"]["metabench"].items()
    info = tmp_path / "my_package-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: my-package\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[metabench]\n{name} = {module}\n")
    monkeypatch.syspath_prepend(tmp_path)
    yield
    for name in [name for name in sys.modules if name.partition(".")[0] == module]:
        del sys.modules[name]


@pytest.mark.usefixtures("readme_plugin")
def test_the_plugin_of_the_readme_loads_and_its_class_can_be_made():
    offer = load_catalog().algorithm("sign-reptile")
    algorithm = load_target(offer.value.target)(offer.value.options())

    assert offer.plugin.origin == "my-package 1.0"
    assert isinstance(algorithm.options, Options)
    assert algorithm.options.episode_shape().support == 3


def test_the_benchmark_file_of_the_readme_is_valid(tmp_path):
    (text,) = [text for text in blocks("toml") if text.startswith("schema = 1")]
    (tmp_path / "readme.toml").write_text(text)

    benchmark = load_benchmark(tmp_path / "readme.toml", catalog=load_catalog())

    assert [method.id for method in benchmark.methods] == ["BERT", "Reptile"]
