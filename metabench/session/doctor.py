"""The checks of `metabench doctor`; torch is never loaded in this process."""

from __future__ import annotations

import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias, final

from metabench.plugin.absence import remedy
from metabench.version import __version__

if TYPE_CHECKING:
    from metabench.plugin.catalog import Catalog

__all__ = [
    "Check",
    "check_devices",
    "check_hub",
    "check_machine",
    "check_plugins",
    "check_requirements",
    "check_runs",
]

State: TypeAlias = Literal["ok", "warn", "fail"]

_GIGA = 1024**3
_LITTLE_MEMORY, _LITTLE_DISK = 2 * _GIGA, 1 * _GIGA
_LOADING_SECONDS = 120
_PROGRAM = """
import json, torch
count = torch.cuda.device_count()
names = [torch.cuda.get_device_name(number) for number in range(count)]
print(json.dumps({"torch": torch.__version__, "cuda": torch.version.cuda, "names": names}))
"""


@final
@dataclass(frozen=True, slots=True)
class Check:
    """One line of the report; ``fail`` marks a requirement of every run."""

    name: str
    state: State
    detail: str
    hint: str = ""


def check_requirements() -> Iterator[Check]:
    """Check Python, metabench and every distribution that metabench asks for."""
    yield Check("python", "ok", f"{platform.python_version()} ({sys.executable})")
    yield Check("metabench", "ok", f"{__version__} ({Path(__file__).parents[1]})")
    try:
        required = metadata.requires("metabench") or []
    except metadata.PackageNotFoundError:
        yield Check(
            "installation", "fail", "metabench is not installed, so it has no plugins",
            "run `pip install .` in its folder",
        )  # fmt: skip
        return
    for line in required:
        if "extra ==" not in line:
            yield _requirement(line)


def check_machine() -> Iterator[Check]:
    """Check processors and memory."""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    yield Check("processors", "ok", f"{usable}; -j N runs N cells at a time")
    free = _free_memory()
    if free is None:
        yield Check("memory", "ok", "not known on this system")
    elif free < _LITTLE_MEMORY:
        yield Check(
            "memory", "warn", f"{_giga(free)} free", "end other programs, or lower meta.batch_size"
        )
    else:
        yield Check("memory", "ok", f"{_giga(free)} free")


def check_runs(runs: Path) -> Iterator[Check]:
    """Check that the folder of runs can be written to and has room."""
    there = next(
        folder for folder in (runs.absolute(), *runs.absolute().parents) if folder.exists()
    )
    if not there.is_dir() or not os.access(there, os.W_OK):
        yield Check("runs", "fail", f"{runs} cannot be written", "name a folder with --runs DIR")
        return
    free = shutil.disk_usage(there).free
    hint = "free some space, or name a folder on another disk with --runs DIR"
    little = free < _LITTLE_DISK
    yield Check(
        "runs", "warn" if little else "ok", f"{_giga(free)} free at {runs}", hint if little else ""
    )


def check_hub(mirror: Path | None) -> Iterator[Check]:
    """Check the mirror and the hub's own cache; the network is not asked."""
    if mirror is None:
        yield Check("mirror", "ok", "none; METABENCH_HUB or --hub names one")
    elif not mirror.is_dir():
        yield Check(
            "mirror", "fail", f"there is no folder {mirror}", "fix or unset METABENCH_HUB or --hub"
        )
    else:
        counts = {kind: len(list(mirror.glob(f"{kind}/*/*"))) for kind in ("datasets", "models")}
        said = f"{mirror}: {counts['datasets']} datasets, {counts['models']} encoders"
        hint = "it needs folders datasets/OWNER/NAME and models/OWNER/NAME"
        yield (
            Check("mirror", "ok", said)
            if any(counts.values())
            else Check("mirror", "warn", said, hint)
        )
    yield _cache()


def check_plugins(catalog: Catalog) -> Iterator[Check]:
    """Check how loading each plugin went; a built-in one that failed stops every run."""
    for plugin in catalog.plugins:
        offered = sum(map(len, plugin.offers.values()))
        name = f"plugin {plugin.name}"
        if plugin.state == "ok":
            yield Check(name, "ok", f"{plugin.origin}: offers {offered}")
        else:
            state: State = "fail" if plugin.built_in and plugin.state == "failed" else "warn"
            detail = f"{plugin.origin}: {plugin.state}: {plugin.detail}"
            yield Check(name, state, detail, remedy(plugin))


def check_devices() -> Iterator[Check]:
    """Check the devices that torch finds, in a separate process."""
    try:
        with tempfile.TemporaryDirectory() as folder:
            done = subprocess.run(  # noqa: S603  (fixed arguments)
                [sys.executable, "-P", "-c", _PROGRAM],
                capture_output=True,
                check=True,
                cwd=folder,
                text=True,
                timeout=_LOADING_SECONDS,
            )
        told = json.loads(done.stdout)
    except (OSError, subprocess.SubprocessError, ValueError) as error:
        said = (getattr(error, "stderr", "") or str(error)).strip().rpartition("\n")[2]
        yield Check("device", "fail", f"torch does not load: {said}", "reinstall torch")
        return
    for number, name in enumerate(told["names"]):
        yield Check(f"device cuda:{number}", "ok", name)
    if not told["names"]:
        why = "torch is built without CUDA" if told["cuda"] is None else "torch sees no GPU"
        yield Check("device cpu", "ok", f"{why}; cells run on the processor")


def _requirement(line: str) -> Check:
    from packaging.requirements import Requirement  # noqa: PLC0415  (not for the other checks)

    wanted = Requirement(line)
    try:
        version = metadata.version(wanted.name)
    except metadata.PackageNotFoundError:
        return Check(wanted.name, "fail", "not installed", f'run `pip install "{line}"`')
    if not wanted.specifier.contains(version, prereleases=True):
        detail = f"{version} is installed, {wanted.specifier} is needed"
        return Check(wanted.name, "warn", detail, f'run `pip install "{line}"`')
    return Check(wanted.name, "ok", version)


def _free_memory() -> int | None:
    try:
        text = Path("/proc/meminfo").read_text(encoding="ascii")
    except OSError:
        return None
    found = re.search(r"^MemAvailable:\s*(\d+) kB", text, re.MULTILINE)
    return int(found[1]) * 1024 if found else None


def _cache() -> Check:
    from huggingface_hub import constants  # noqa: PLC0415  (not for the other checks)

    folder = Path(constants.HF_HUB_CACHE)
    counts = {kind: len(list(folder.glob(f"{kind}--*"))) for kind in ("datasets", "models")}
    offline = ", offline (HF_HUB_OFFLINE)" if constants.HF_HUB_OFFLINE else ""
    said = f"{folder}: {counts['datasets']} datasets, {counts['models']} encoders{offline}"
    return Check("hub cache", "ok", said)


def _giga(number: int) -> str:
    return f"{number / _GIGA:.1f} GiB"
