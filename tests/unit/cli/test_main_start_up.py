"""Commands that only name things begin at once, however many plugins there are."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from perf.start_up import COMMANDS, write_plugins

HEAVY = {
    "asyncio", "datasets", "jinja2", "matplotlib", "numpy", "pandas", "pyarrow", "rich", "scipy",
    "sklearn", "tensorboard", "tokenizers", "torch", "transformers", "metabench.learning",
    "metabench.engine", "metabench.nn", "metabench.session.cell.stages",
}  # fmt: skip

WITNESS = "colorsys"
"""Nothing imports it but one of the plugins, so that it tells whether they were loaded."""


@pytest.fixture(scope="module")
def plugins(tmp_path_factory):
    folder = tmp_path_factory.mktemp("twenty")
    write_plugins(folder, 20)
    with (folder / "made_up_7.py").open("a") as file:
        file.write(f"import {WITNESS}\n")
    return folder


def run(plugins, *arguments, **environment):
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "metabench", *arguments],
        env=os.environ | {"PYTHONPATH": str(plugins), **environment},
        capture_output=True,
        text=True,
        check=True,
        cwd=plugins,
    )
    return done, {entry.rpartition("|")[2].strip() for entry in done.stderr.splitlines()}


@pytest.mark.parametrize("name", COMMANDS)
def test_nothing_heavy_is_loaded_beside_twenty_plugins(name, plugins):
    """What takes time is what is imported: this holds on any machine, a clock does not."""
    arguments, environment = COMMANDS[name]
    done, loaded = run(plugins, *arguments, **environment)

    assert done.stdout
    assert not HEAVY & loaded
    if name != "--help":
        assert WITNESS in loaded
        assert "algorithm-19" in done.stdout


def test_help_and_the_version_load_no_plugin(plugins):
    for arguments in (["--help"], ["--version"], ["run", "--help"]):
        _, loaded = run(plugins, *arguments)

        assert WITNESS not in loaded
