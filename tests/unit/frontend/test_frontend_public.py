"""Laws of ``import metabench``: few names, loaded when used."""

from __future__ import annotations

import inspect
import subprocess
import sys

import pytest

import metabench


def test_importing_metabench_loads_nothing_else():
    program = (
        "import sys; before = set(sys.modules); import metabench; "
        "print(*sorted(set(sys.modules) - before))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )

    assert done.stdout.split() == ["metabench", "metabench.version"]


def test_a_loaded_run_has_not_loaded_torch(make_run):
    program = (
        f"import sys, metabench; run = metabench.load({str(make_run().folder)!r}); "
        "assert 'pandas' not in sys.modules; run.scores; run.leaderboard(); print(*sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )

    assert not {"torch", "transformers", "datasets"} & set(done.stdout.split())


@pytest.mark.parametrize("name", sorted(set(metabench.__all__) - {"__version__"}))
def test_every_public_name_is_there_and_documented(name):
    value = getattr(metabench, name)
    members = vars(value).items() if inspect.isclass(value) else ()

    assert inspect.getdoc(value)
    for member, found in members:
        if not member.startswith("_"):
            assert inspect.getdoc(found), f"{name}.{member}"


def test_another_name_is_an_error_as_usual():
    assert set(dir(metabench)) == set(metabench.__all__)
    with pytest.raises(AttributeError, match="has no attribute 'lod'"):
        metabench.lod  # noqa: B018
