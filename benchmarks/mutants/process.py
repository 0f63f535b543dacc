"""Tests in a copy of the code, in forks of a process that has loaded it and collected them."""

from __future__ import annotations

import compileall
import json
import marshal
import multiprocessing
import os
import resource
import shutil
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, final

from mutants.changes import ROOT, Mutant
from mutants.covered import Covered, functions_run
from mutants.swap import swap

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

    import pytest

__all__ = ["Copy", "Tried"]

_FINISHED = {0, 5}  # pytest's exit codes where no test failed: all passed, or there was none
_NOT_LOADED = 99  # the exit code where no loaded function holds the change
_START = 30.0  # seconds of CPU time that importing and collecting may take
_WARM = 5.0  # of a fork of what has done both
_SLOWER = 3.0  # times longer than on the unchanged code: an endless loop
_CLOCK = 4.0  # times as long by the clock, on a machine that does other things

_PARTS = ("metabench", "plugins", "tests", "benchmarks", "docs")
_LEFT_OUT = {"benchmarks": ("results",), "docs": ("pictures",)}
_TEMPORARY = ("--basetemp", "temporary")
_FORK = multiprocessing.get_context("fork")
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
    "-q", "-m", "not gpu and (not slow or not law)", "-p", "no:cacheprovider", "-p", "no:xdist",
    "-W", "ignore::pytest.PytestAssertRewriteWarning",
)  # fmt: skip


@final
@dataclass(frozen=True)
class Tried:
    """How a run of tests ended.

    Args:
        code: pytest's exit code; -SIGXCPU after some times the CPU time that they take without a
            change, None after a longer time by the clock.
        failed: the test that failed; nothing where none did, or the process ended in another way.
        from_nothing: whether their process imported everything again.
    """

    code: int | None
    failed: str
    from_nothing: bool

    @property
    def passed(self) -> bool:
        """Whether no test failed."""
        return self.code in _FINISHED


@final
class Copy:
    """A copy of the code in which one file at a time is changed.

    Args:
        folder: an empty folder for it.
        files: the files of tests.
        modules: the modules that are changed, from the root.
    """

    def __init__(self, folder: Path, *, files: Sequence[str], modules: Sequence[str]) -> None:
        self.folder = folder
        for part in _PARTS:
            left_out = shutil.ignore_patterns("__pycache__", *_LEFT_OUT.get(part, ()))
            shutil.copytree(ROOT / part, folder / part, ignore=left_out)
        for file in filter(Path.is_file, ROOT.iterdir()):
            shutil.copy2(file, folder)
        for part in ("metabench", "plugins"):
            compileall.compile_dir(folder / part, quiet=2)
        self._warm, end = _SERVER.Pipe()
        _SERVER.Process(
            target=_serve, args=(str(folder), tuple(files), tuple(modules), end), daemon=False
        ).start()
        self._on_import: set[str] = self._warm.recv()

    def close(self) -> None:
        """End its process."""
        self._warm.send(None)

    def test(self, mutant: Mutant, tests: Sequence[str], *, seconds: float) -> Tried:
        """Return how tests of a change went, in their order, until one failed.

        Args:
            mutant: the change.
            tests: the names of tests, or of files.
            seconds: the CPU time that they take without the change.
        """
        with self._changed(mutant):
            reload = f"{mutant.path}:{mutant.function}" in self._on_import
            if not reload and all("::" in name for name in tests):
                code = mutant.code(self.folder / mutant.path)
                tried = self._in_fork(code, tests, seconds)
                if tried.code != _NOT_LOADED:
                    return tried
            return self._from_nothing(tests, seconds)

    def unchanged(self, like: Tried, tests: Sequence[str], *, seconds: float) -> Tried:
        """Return how tests of the unchanged code went, in the kind of process of an earlier try."""
        if like.from_nothing:
            return self._from_nothing(tests, seconds)
        return self._in_fork(b"", tests, seconds)

    def cover(self, file: str, *, seconds: float) -> dict[str, Any]:
        """Return the tests of a file that pass: their seconds, and the functions that they run."""
        answer = self._no_answer()
        self._warm.send(("cover", file, seconds))
        self._warm.recv()
        found: dict[str, Any] = json.loads(_text(answer) or "{}")
        return found

    @contextmanager
    def _changed(self, mutant: Mutant) -> Iterator[None]:
        """Hold one file changed, for what reads it or imports it in another process."""
        file = self.folder / mutant.path
        kept, times = file.read_bytes(), file.stat()
        file.write_text(mutant.source, encoding="utf-8")
        try:
            yield
        finally:  # with its time, so that Python's cache of it is valid again
            file.write_bytes(kept)
            os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))

    def _in_fork(self, code: bytes, tests: Sequence[str], seconds: float) -> Tried:
        answer = self._no_answer()
        self._warm.send(("test", tuple(tests), code, _WARM + _SLOWER * seconds))
        return Tried(self._warm.recv(), _text(answer), from_nothing=False)

    def _from_nothing(self, tests: Sequence[str], seconds: float) -> Tried:
        answer, most = self._no_answer(), int(_START + _SLOWER * seconds)
        process = _SERVER.Process(target=_load, args=(str(self.folder), tuple(tests), most))
        process.start()
        return Tried(_code(process, _CLOCK * most), _text(answer), from_nothing=True)

    def _no_answer(self) -> Path:
        answer = self.folder / "answer"
        answer.unlink(missing_ok=True)
        return answer


def _text(file: Path) -> str:
    return file.read_text(encoding="utf-8") if file.exists() else ""


def _code(process: Any, seconds: float) -> int | None:
    """Return a process's exit code, None where it took longer; end what it started."""
    process.join(seconds)
    late = process.is_alive()
    process.kill()
    process.join()
    with suppress(ProcessLookupError):  # no member of its group is left
        os.killpg(process.pid, signal.SIGKILL)
    return None if late else process.exitcode


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


def _load(folder: str, tests: tuple[str, ...], seconds: int) -> None:
    """Run tests in a process that imports everything again."""
    import pytest  # noqa: PLC0415  (only here)

    _enter(folder)
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 5))
    sys.dont_write_bytecode = True
    failed = _Failed(Path("answer").absolute())
    files = dict.fromkeys(name.partition("::")[0] for name in tests)
    options = [*_OPTIONS, "-x", *_TEMPORARY]
    sys.exit(int(pytest.main([*options, *files], plugins=[_Chosen(tests), failed])))


def _serve(
    folder: str, files: tuple[str, ...], modules: tuple[str, ...], connection: Connection
) -> None:
    """Collect the tests, then answer requests, each in a fork."""
    import coverage  # noqa: PLC0415  (only here)
    import pytest  # noqa: PLC0415

    _enter(folder)
    places = {f"{folder}/{module}": module for module in modules}
    measured = coverage.Coverage(data_file=None, config_file=False, include=list(places))
    measured.start()
    options = [*_OPTIONS, *_TEMPORARY]
    pytest.main([*options, *files], plugins=[_Loop(connection, places, measured)])


@final
class _Failed:
    """Keeps the name of a test that fails."""

    def __init__(self, answer: Path) -> None:
        self.answer = answer

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Write it down."""
        if report.failed:
            self.answer.write_text(report.nodeid, encoding="utf-8")


@final
class _Chosen:
    """Lets pytest run some tests, in their order."""

    def __init__(self, tests: Sequence[str]) -> None:
        self._order = {name: place for place, name in enumerate(tests)}

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Sort them, and leave others out."""
        places = {
            item: self._order[name]
            for item in items
            for name in (item.nodeid, item.nodeid.partition("::")[0])
            if name in self._order
        }
        items[:] = sorted(places, key=places.__getitem__)


@final
class _Loop:
    """In the place of pytest's loop over all tests: those that are asked for, in forks."""

    def __init__(self, connection: Connection, places: dict[str, str], measured: Any) -> None:
        self._connection, self._places, self._measured = connection, places, measured
        self._answer = Path("answer").absolute()

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Answer requests until there is none."""
        self._measured.stop()
        ran = functions_run(self._measured.get_data(), self._places)
        self._connection.send(set().union(*ran.values()))
        while request := self._connection.recv():
            kind, *rest, seconds = request
            process = _FORK.Process(
                target=getattr(self, f"_{kind}"), args=(session, int(seconds), *rest)
            )
            process.start()
            self._connection.send(_code(process, _CLOCK * seconds))
        return True

    def _test(
        self, session: pytest.Session, seconds: int, tests: tuple[str, ...], code: bytes
    ) -> None:
        if code and not swap(marshal.loads(code)):  # noqa: S302  (what this tool has compiled)
            os._exit(_NOT_LOADED)
        items = {item.nodeid: item for item in session.items}
        failed = _Failed(self._answer)
        self._run([items[name] for name in tests if name in items], failed, seconds)
        os._exit(int(self._answer.exists()))

    def _cover(self, session: pytest.Session, seconds: int, file: str) -> None:
        covered = Covered(self._places)
        items = [item for item in session.items if item.nodeid.partition("::")[0] == file]
        self._run(items, covered, seconds)
        self._answer.write_text(json.dumps(covered.found()), encoding="utf-8")

    def _run(self, items: Sequence[pytest.Item], observer: object, seconds: int) -> None:
        os.setsid()
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 5))
        for item, following in zip(items, [*items[1:], None], strict=False):
            if not item.config.pluginmanager.is_registered(observer):
                item.config.pluginmanager.register(observer)
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
            if self._answer.exists():
                return
