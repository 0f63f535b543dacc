"""How long commands take to begin beside twenty plugins: ``python -m perf.start_up``."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

__all__ = ["COMMANDS", "write_plugins"]

_COMPLETION = {
    "_METABENCH_COMPLETE": "bash_complete",
    "COMP_WORDS": "metabench show algo",
    "COMP_CWORD": "2",
}
COMMANDS: Mapping[str, tuple[tuple[str, ...], Mapping[str, str]]] = {
    "--help": (("--help",), {}),
    "plugins": (("plugins",), {}),
    "list": (("list",), {}),
    "schema": (("schema",), {}),
    "completion of a name": ((), _COMPLETION),
}
"""Arguments and environment of what is measured."""

_TIMES = 10
_SOURCE = '''
from typing import Annotated

from metabench.api import AlgorithmInfo, AlgorithmOptions, SamplerInfo, hookimpl
from pydantic import Field

METABENCH_API = 1


class Steps(AlgorithmOptions):
    """Options of an algorithm."""

    steps: Annotated[int, Field(ge=1)] = 3
    """Gradient steps of the inner loop."""
    rate: Annotated[float, Field(gt=0)] = 0.1
    """Step size of the inner loop."""


@hookimpl
def metabench_algorithms():
    return [AlgorithmInfo("algorithm-NUMBER", "not_there:Algorithm", Steps, "a summary")]


@hookimpl
def metabench_samplers():
    return [SamplerInfo("sampler-NUMBER", "not_there:Sampler", Steps, "a summary")]
'''


def write_plugins(folder: Path, count: int) -> None:
    """Write distributions as pip would leave them, each with an algorithm and a sampler."""
    for number in range(count):
        name = f"made_up_{number}"
        (folder / f"{name}.py").write_text(_SOURCE.replace("NUMBER", str(number)))
        facts = folder / f"{name}-1.0.dist-info"
        facts.mkdir()
        (facts / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        (facts / "entry_points.txt").write_text(f"[metabench]\n{name} = {name}\n")


def _seconds(arguments: tuple[str, ...], environment: Mapping[str, str]) -> float:
    started = time.perf_counter()
    subprocess.run(  # noqa: S603  (fixed arguments)
        [sys.executable, "-m", "metabench", *arguments],
        env={**os.environ, **environment},  # noqa: TID251  (the commands' own)
        stdout=subprocess.DEVNULL,
        check=True,
    )
    return time.perf_counter() - started


def _main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        write_plugins(Path(folder), 20)
        for name, (arguments, environment) in COMMANDS.items():
            whole = {"PYTHONPATH": folder, **environment}
            _seconds(arguments, whole)  # compiles the plugins
            times = [_seconds(arguments, whole) for _ in range(_TIMES)]
            sys.stdout.write(f"{name:22} {statistics.median(times):.2f} s\n")


if __name__ == "__main__":
    _main()
