"""Settings that hold for all tests."""

from __future__ import annotations

import contextlib
import gc
import importlib
import random
import signal
import subprocess
import sys
from importlib.metadata import distributions
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings
from kit.commands import CommandServer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

# The same examples in every run, and no deadline: how fast a shared machine is, is no law.
settings.register_profile("metabench", deadline=None, derandomize=True)
settings.load_profile("metabench")

# As a terminal leaves them: nohup, and shells for what runs in the background, have them ignored.
signal.signal(signal.SIGINT, signal.default_int_handler)
if hasattr(signal, "SIGHUP"):
    signal.signal(signal.SIGHUP, signal.SIG_DFL)

# beartype looks at items of containers that it draws by itself: from a generator of its own, for a
# plugin that changes the process's is at fault, and would seem to where shapes are enforced.
with contextlib.suppress(ImportError), pytest.MonkeyPatch.context() as patched:
    patched.setattr(random, "getrandbits", random.Random(0).getrandbits)  # noqa: S311  (no secret)
    importlib.import_module("beartype.door")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Offer to write the golden files anew: ``pytest tests/unit/report --update-golden``."""
    parser.addoption("--update-golden", action="store_true", help="write golden files anew")


@pytest.fixture(autouse=True, scope="module")
def only_new_garbage() -> None:
    """Leave what is loaded out of garbage collections, of which each took a third of a second.

    statsmodels collects at every call, the engine when memory runs out.
    """
    gc.freeze()


@pytest.fixture(scope="session")
def server() -> Iterator[CommandServer]:
    """A process that runs commands, each in a fork of it, in milliseconds."""
    server = CommandServer()
    yield server
    server.close()


@pytest.fixture(scope="session")
def pip_install() -> Callable[[Path, Path], None]:
    """Install a package's folder into another, with pip, its build backend, and no network.

    pip runs in a process of its own and is never imported, not even looked for as a module: on
    Python 3.11 setuptools' import hook then takes setuptools away from whoever comes later in this
    process, such as torch's compiler.
    """
    for name in ("pip", "hatchling"):
        if not list(distributions(name=name)):
            pytest.skip(f"installing a package needs {name}")

    def install(package: Path, target: Path) -> None:
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index"]
        options = ["--no-build-isolation", "--disable-pip-version-check", "--target", str(target)]
        subprocess.run([*command, *options, str(package)], check=True, capture_output=True)

    return install
