"""Tests in a copy of the code, in a process that is forked from one that has loaded torch."""

from __future__ import annotations

import ast
import compileall
import json
import multiprocessing
import os
import resource
import shutil
import signal
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter, process_time
from typing import TYPE_CHECKING, Any, final

from mutants.changes import ROOT, functions

if TYPE_CHECKING:
    import pytest

__all__ = ["FINISHED", "Copy"]

FINISHED = {0, 5}
"""pytest's exit codes where no test failed: all passed, or there was none."""

_PARTS = ("metabench", "plugins", "tests", "benchmarks", "docs")
_LEFT_OUT = {"benchmarks": ("results",), "docs": ("pictures",)}
_SERVER = multiprocessing.get_context("forkserver")
_SERVER.set_forkserver_preload([
    "anyio.pytest_plugin", "beartype.door", "click", "coverage", "datasets", "hypothesis",
    "hypothesis.extra.numpy", "jaxtyping", "pluggy", "pydantic.dataclasses", "pytest",
    "rich.console", "rich.progress", "rich.table", "safetensors.torch", "scipy.optimize",
    "scipy.stats", "sklearn.metrics", "torch", "torch.func", "transformers",
    "transformers.modeling_utils", "transformers.models.auto.modeling_auto",
    "transformers.models.auto.tokenization_auto", "transformers.models.bert.modeling_bert",
])  # fmt: skip
_OPTIONS = (
    "-qx", "-m", "not gpu and (not slow or not law)", "-p", "no:cacheprovider", "-p", "no:xdist",
    "-W", "ignore::pytest.PytestAssertRewriteWarning",
)  # fmt: skip


@final
class Copy:
    """A copy of the code in which one file at a time is changed.

    Args:
        folder: an empty folder for it.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for part in _PARTS:
            left_out = shutil.ignore_patterns("__pycache__", *_LEFT_OUT.get(part, ()))
            shutil.copytree(ROOT / part, folder / part, ignore=left_out)
        for file in filter(Path.is_file, ROOT.iterdir()):
            shutil.copy2(file, folder)
        for part in ("metabench", "plugins"):
            compileall.compile_dir(folder / part, quiet=2)

    @contextmanager
    def changed(self, path: str, source: str) -> Iterator[None]:
        """Hold one file changed."""
        file = self.folder / path
        kept, times = file.read_bytes(), file.stat()
        file.write_text(source, encoding="utf-8")
        try:
            yield
        finally:  # with its time, so that Python's cache of it is valid again
            file.write_bytes(kept)
            os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))

    def test(self, tests: Sequence[str], *, seconds: float) -> tuple[int | None, str]:
        """Return pytest's exit code for tests in their order, and which one failed.

        The code is -SIGXCPU after ``seconds`` of CPU time, whatever else the machine does, and None
        after four times as long by the clock.
        """
        answer = self.folder / "answer"
        answer.unlink(missing_ok=True)
        code = self._run(_try, (tuple(tests), str(answer), int(seconds)), seconds=4 * seconds)
        return code, answer.read_text(encoding="utf-8") if answer.exists() else ""

    def cover(self, file: str, modules: Sequence[str], *, seconds: float) -> dict[str, Any]:
        """Return the tests of a file that pass: their seconds, and the functions that they run."""
        answer = self.folder / "answer"
        answer.unlink(missing_ok=True)
        self._run(_cover, (file, tuple(modules), str(answer)), seconds=seconds)
        return json.loads(answer.read_text(encoding="utf-8")) if answer.exists() else {}

    def _run(self, target: Any, args: tuple[Any, ...], *, seconds: float) -> int | None:
        process = _SERVER.Process(target=target, args=(str(self.folder), *args))
        process.start()
        process.join(seconds)
        if process.is_alive():
            os.killpg(process.ident or 0, signal.SIGKILL)
            process.join()
            return None
        return process.exitcode


def _enter(folder: str) -> None:
    """Make this process one of the copy: nothing of metabench is loaded from elsewhere."""
    os.setsid()
    os.chdir(folder)
    for name in [name for name in sys.modules if name.startswith("metabench")]:
        del sys.modules[name]
    sys.path[:0] = places = [folder, f"{folder}/plugins"]
    os.environ["PYTHONPATH"] = os.pathsep.join(places)  # noqa: TID251  (a process of our own)
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, 1)
    os.dup2(nothing, 2)


@final
class _Chosen:
    """Lets pytest run some tests, in their order, and keeps the name of the one that fails."""

    def __init__(self, tests: Sequence[str], answer: str) -> None:
        self._order = {name: place for place, name in enumerate(tests)}
        self._answer = Path(answer)

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        chosen = [item for item in items if item.nodeid in self._order]
        items[:] = sorted(chosen, key=lambda item: self._order[item.nodeid])

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self._answer.write_text(report.nodeid, encoding="utf-8")


def _try(folder: str, tests: tuple[str, ...], answer: str, seconds: int) -> None:
    import pytest  # noqa: PLC0415  (only here)

    _enter(folder)
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 5))
    sys.dont_write_bytecode = True
    files = dict.fromkeys(name.partition("::")[0] for name in tests)
    sys.exit(int(pytest.main([*_OPTIONS, *files], plugins=[_Chosen(tests, answer)])))


@final
class _Covered:
    """Has coverage tell tests apart, and keeps the CPU time of each and whether it passed."""

    def __init__(self, coverage: Any) -> None:
        self._coverage = coverage
        self.seconds: dict[str, float] = {}
        self.failed: set[str] = set()
        self._began = 0.0

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        self._coverage.switch_context(f"{nodeid}\tsetup")
        self._began = process_time()

    def pytest_runtest_call(self, item: pytest.Item) -> None:
        self._coverage.switch_context(item.nodeid)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.seconds[report.nodeid] = process_time() - self._began
        if not report.passed:
            self.failed.add(report.nodeid)


def _cover(folder: str, file: str, modules: tuple[str, ...], answer: str) -> None:
    import coverage  # noqa: PLC0415  (only here)
    import pytest  # noqa: PLC0415

    _enter(folder)
    sys.dont_write_bytecode = False  # so that tests are compiled once
    places = {f"{folder}/{module}": module for module in modules}
    measured = coverage.Coverage(data_file=None, config_file=False, include=list(places))
    kept, began = _Covered(measured), perf_counter()
    measured.start()
    options = [option for option in _OPTIONS if option != "-qx"]
    pytest.main(["-q", *options, file], plugins=[kept])
    measured.stop()
    data = measured.get_data()
    ran: dict[str, set[str]] = defaultdict(set)
    for path, module in places.items():
        within = functions(ast.parse(Path(path).read_bytes()))
        for line, contexts in data.contexts_by_lineno(path).items():
            if line in within:
                for context in contexts:
                    ran[context].add(f"{module}:{within[line]}")
    tests = {
        name: {
            "seconds": round(seconds, 3),
            "call": sorted(ran[name]),
            "setup": sorted(ran[f"{name}\tsetup"]),
        }
        for name, seconds in kept.seconds.items()
        if name not in kept.failed
    }
    found = {
        "seconds": round(perf_counter() - began, 3),
        "tests": tests,
        "failed": sorted(kept.failed),
    }
    Path(answer).write_text(json.dumps(found), encoding="utf-8")
