"""A process that has imported everything and forks, so that a fault costs milliseconds."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import traceback
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kit.served import Served

__all__ = ["Ended", "ForkServer", "can_inject", "serve"]

_ACKNOWLEDGED, _STORE_ERROR, _BUG = 0, 4, 70


@dataclass(frozen=True)
class Ended:
    """How a subject ended: its exit code (minus a signal), what it said, calls that it made."""

    code: int
    said: str
    calls: tuple[str, ...]

    @property
    def acknowledged(self) -> bool:
        """Whether it ended as if all were well."""
        return self.code == _ACKNOWLEDGED

    @property
    def refused(self) -> bool:
        """Whether it ended in an error of ours that says so."""
        return self.code == _STORE_ERROR


class ForkServer(Served):
    """Runs subjects, each in a fork of one process that has torch and one thread."""

    def __init__(self) -> None:
        super().__init__("kit.server")

    def run(self, subject: str, folder: Path, **fault: Any) -> Ended:
        """Run a subject.

        Without more, its calls are counted. ``at`` and ``fault`` let one of them fail. ``trace``
        names a system call that strace counts, or with ``inject`` lets fail.
        """
        answer = self.ask({"subject": subject, "folder": str(folder), **fault})
        return Ended(answer["code"], answer["said"], tuple(answer["calls"]))


def can_inject() -> bool:
    """Return whether strace is here and may attach to a process of ours."""
    strace = shutil.which("strace")
    if strace is None:
        return False
    words = [strace, "-o", os.devnull, "-e", "inject=fsync:error=EIO", sys.executable, "-c"]
    program = "import os, tempfile; os.fsync(tempfile.TemporaryFile())"
    done = subprocess.run([*words, program], capture_output=True, text=True, check=False)
    return "Input/output error" in done.stderr


def serve() -> None:
    """Answer one line of JSON after the other."""
    from kit import durable, subjects  # noqa: F401  (so that no fork opens files of code)

    for subject in subjects.SUBJECTS.values():  # torch asks for the processor when it first adds
        with tempfile.TemporaryDirectory() as folder:
            subject(Path(folder))
    for line in sys.stdin:
        print(json.dumps(_answer(json.loads(line))), flush=True)  # noqa: T201  (the answer)


def _answer(asked: dict[str, Any]) -> dict[str, Any]:
    go_read, go_write = os.pipe()
    hears, says = socket.socketpair()  # a pipe would be written to by a call that may be injected
    child = os.fork()
    if child == 0:
        hears.close()
        os.read(go_read, 1)
        _act(asked, says)
    says.close()
    tracer = _attach(child, asked) if "trace" in asked else None
    os.write(go_write, b"g")
    with hears, hears.makefile("rb") as pipe:
        said, _, calls = pipe.read().decode().partition("\0")
    _, status = os.waitpid(child, 0)
    if tracer is not None:
        lines = tracer.communicate()[1].splitlines()
        calls = " ".join(line.partition("(")[0] for line in lines if "(" in line)
    os.close(go_read)
    os.close(go_write)
    code = os.waitstatus_to_exitcode(status)
    return {"code": code, "said": said, "calls": calls.split()}


def _attach(child: int, asked: dict[str, Any]) -> subprocess.Popen[str]:
    words = ["strace", "-p", str(child), "-e", f"trace={asked['trace']}"]
    if "inject" in asked:
        words += ["-e", f"inject={asked['trace']}:{asked['inject']}"]
    tracer = subprocess.Popen(words, stderr=subprocess.PIPE, text=True)
    assert tracer.stderr
    while "attached" not in tracer.stderr.readline():
        assert tracer.poll() is None
    return tracer


def _act(asked: dict[str, Any], says: socket.socket) -> None:
    from kit.durable import counted, faulty
    from kit.subjects import SUBJECTS
    from metabench.errors import StoreError

    code, text = _ACKNOWLEDGED, ""
    around: Any = nullcontext([])
    if "at" in asked:
        around = faulty(asked["at"], asked["fault"])
    elif "trace" not in asked:
        around = counted()
    names: Any = []
    try:
        with around as names:
            SUBJECTS[asked["subject"]](Path(asked["folder"]))
    except StoreError as error:
        code, text = _STORE_ERROR, str(error)
    except BaseException:  # noqa: BLE001  (told to the test)
        code, text = _BUG, traceback.format_exc()
    finally:
        says.sendall(f"{text}\0{' '.join(names or ())}".encode())
        os._exit(code)
