"""What is nowhere done in the packages; every ban is proved by a line that breaks it."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = [ROOT / "metabench", *sorted((ROOT / "plugins").glob("metabench_*"))]
SOURCES = sorted(path for package in PACKAGES for path in package.rglob("*.py"))

FOLDER = "metabench/store/folder.py"  # opens, renames and deletes what is in a run folder
SEEDING, DROPOUT = "metabench/seeding.py", "metabench/nn/seeded.py"
MEMORY = "metabench/engine/memory.py"  # asks the C library to give memory back
COMPRESSED = "metabench/tasks/reading/compression.py"  # one file, as a capped stream, in memory
TRACKERS = "metabench_trackers/place.py"  # a tracker's folder, as above: no link is followed
SURROUNDINGS = "metabench/cli/surroundings.py"  # opens the null device where nobody listens

MODULES = {
    "pickle", "cPickle", "_pickle", "dill", "cloudpickle", "joblib", "shelve", "marshal",
    "tarfile", "lzma", "random", "secrets", "imp", "ctypes",
}  # fmt: skip
"""Loading what a stranger pickled, unpacking what he packed, numbers that no seed gives."""
PLACES = {("ctypes", MEMORY), ("lzma", COMPRESSED)}

CALLS = {
    "eval", "exec", "compile", "hash", "input", "breakpoint",
    "torch.load", "torch.save", "torch.hub.load", "torch.jit.load", "torch.seed",
    "numpy.load", "numpy.loadtxt", "numpy.genfromtxt", "numpy.save", "numpy.savez",
    "yaml.load", "yaml.load_all", "yaml.full_load", "yaml.unsafe_load", "yaml.Loader",
    "shutil.unpack_archive", "os.system", "os.popen", "time.time",
}  # fmt: skip
"""``hash`` differs from process to process, and a clock that is set is no order."""

PRINTS = {
    "print", "click.echo", "click.secho", "click.echo_via_pager", "rich.print", "sys.stdout.write",
    "sys.stderr.write", "sys.stdout.writelines", "sys.stderr.writelines", "sys.__stdout__.write",
    "rich.console.Console", "rich.get_console",
}  # fmt: skip
"""What is printed goes through one module, which escapes it; a new string cannot miss it."""

PRINTERS = {
    "metabench/cli/views/text.py": {"click.echo"},
    "metabench/frontend/progress.py": {"rich.console.Console"},  # a live display, of escaped lines
    "metabench/report/formats/terminal.py": {"rich.console.Console"},  # into a text
    "metabench/__main__.py": {"sys.stderr.write"},  # before anything else can be imported
    "metabench/session/export/predict_script.py": {"sys.stdout.writelines"},  # runs by itself; JSON
}

METHODS = {"extractall", "extract", "write_text", "write_bytes", "unpack_archive", "seed_all"}
CHANGES = {
    "shutil.rmtree", "shutil.move", "shutil.copy", "shutil.copy2", "shutil.copyfile",
    "shutil.copytree", "os.unlink", "os.remove", "os.rmdir", "os.removedirs", "os.rename",
    "os.renames", "os.replace", "os.link", "os.symlink", "os.mkdir", "os.makedirs", "os.truncate",
    "tempfile.mkdtemp", "tempfile.mkstemp", "tempfile.mktemp", "tempfile.NamedTemporaryFile",
}  # fmt: skip
"""Whatever makes, renames or deletes by a path, which may lead through a link."""
OF_PATHS = {"unlink", "rmdir", "hardlink_to", "symlink_to", "mkdir", "touch"}
GENERATORS = {"numpy.random.Generator", "numpy.random.Philox"}
WATCHERS = {"metabench/ambient.py", "metabench/testing/conformance/ambient.py"}
"""They look at the generators that everybody shares, and put them back; they never draw."""
STATES = {"numpy.random.get_state", "numpy.random.set_state"}
NEVER_TRUE = {"trust_remote_code", "allow_pickle", "shell"}
OPENS = {"open", "io.open", "os.fdopen", "builtins.open"}


def _aliases(tree: ast.Module) -> dict[str, str]:
    """Return what each imported name stands for."""
    found = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                found[alias.asname or alias.name.partition(".")[0]] = (
                    alias.name if alias.asname else alias.name.partition(".")[0]
                )
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                found[alias.asname or alias.name] = f"{node.module}.{alias.name}"
    return found


def _dotted(node: ast.expr, aliases: dict[str, str]) -> str:
    """Return ``a.b.c`` with imports resolved, ``.c`` for an attribute of anything else."""
    if isinstance(node, ast.Name):
        return aliases.get(node.id, node.id)
    if isinstance(node, ast.Attribute):
        return f"{_dotted(node.value, aliases)}.{node.attr}"
    return ""


def _modes(call: ast.Call, at: int) -> str:
    given = [*call.args[at : at + 1], *(k.value for k in call.keywords if k.arg == "mode")]
    texts = [m.value for m in given if isinstance(m, ast.Constant) and isinstance(m.value, str)]
    return "".join(texts)


def _writes(call: ast.Call, name: str, path: str) -> bool:
    """Return whether a call opens a file for writing where that is not the place for it."""
    letters = "wx+" if path == FOLDER else "wxa+"
    if name == "os.open":
        known = path in {FOLDER, TRACKERS}
        flags = {n.attr for n in ast.walk(call) if isinstance(n, ast.Attribute)}
        return not known and bool(flags & {"O_WRONLY", "O_RDWR", "O_CREAT", "O_APPEND"})
    if name in OPENS:
        return bool(set(_modes(call, 1)) & set(letters))
    if name.rpartition(".")[2] == "open":
        return bool(set(_modes(call, 0)) & set(letters))
    unpacks = name.endswith("zipfile.ZipFile") and _modes(call, 1) != "w"
    return unpacks and path != COMPRESSED


def _changes(call: ast.Call, name: str, path: str) -> bool:
    """Return whether a call makes, renames or deletes a file where that is not the place for it."""
    if path in {FOLDER, TRACKERS}:
        return False
    last = name.rpartition(".")[2]
    alone = len(call.args) == 1 and not call.keywords  # str.replace takes two, OpenFolder too
    return (
        name in CHANGES
        or ("." in name and last in OF_PATHS)
        or (alone and "." in name and last in {"rename", "replace"})
    )


def _to_nowhere(call: ast.Call, path: str) -> bool:
    """Return whether a call opens the null device where that is the place for it."""
    return path == SURROUNDINGS and bool(call.args) and _dotted(call.args[0], {}) == "os.devnull"


def _ambient(name: str, path: str) -> bool:
    """Return whether a call draws from, or sets, a generator that everybody shares."""
    if name.startswith("numpy.random."):
        if path in WATCHERS:
            return name not in STATES
        return not (path == SEEDING and name in GENERATORS)
    return name in {"torch.manual_seed", "torch.random.manual_seed"} and path != DROPOUT


def violations(source: str, path: str) -> list[str]:
    """Return the lines of a module that do what is nowhere done."""
    tree = ast.parse(source)
    aliases = _aliases(tree)
    found = [
        f"{name}: imported"
        for name in {target.partition(".")[0] for target in aliases.values()} & MODULES
        if not (name == "random" and path in WATCHERS) and (name, path) not in PLACES
    ]
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
        name = _dotted(call.func, aliases)
        unsafe = any(
            keyword.arg in NEVER_TRUE
            and not (isinstance(keyword.value, ast.Constant) and keyword.value.value is False)
            for keyword in call.keywords
        )
        banned = (
            name in CALLS
            or (name in PRINTS - PRINTERS.get(path, set()))
            or (name.rpartition(".")[2] in METHODS and "." in name)
        )
        changing = (_writes(call, name, path) and not _to_nowhere(call, path)) or _changes(
            call, name, path
        )
        if banned or unsafe or changing or _ambient(name, path):
            found.append(f"{name}: line {call.lineno}")
    return found


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_nothing_banned_is_done(path):
    name = path.relative_to(ROOT).as_posix().removeprefix("plugins/")

    assert violations(path.read_text(encoding="utf-8"), name) == []


PLANTED = [
    "import pickle", "import dill as d", "from joblib import load", "import tarfile",
    "import shelve", "import random", "from random import choice", "import secrets",
    "import ctypes", "import torch; torch.load(p)", "from torch import load; load(p)",
    "import torch as t; t.load(p, weights_only=True)", "import torch; torch.save(x, p)",
    "import numpy as np; np.load(p)", "from numpy import load as read; read(p)",
    "eval('1')", "exec(text)", "compile(text, 'f', 'exec')", "key = hash(name)",
    "import yaml; yaml.load(t)", "from yaml import full_load; full_load(t)",
    "import os; os.system('x')", "import subprocess; subprocess.run('x', shell=True)",
    "import time; started = time.time()", "from time import time; time()",
    "import shutil; shutil.unpack_archive(p)", "archive.extractall(p)", "archive.extract(m)",
    "import lzma", "import zipfile; zipfile.ZipFile(p)",
    "from zipfile import ZipFile; ZipFile(p, 'r')",
    "open(p, 'w')", "open(p, mode='ab')", "import io; io.open(p, 'x')", "path.open('w')",
    "path.open(mode='r+')", "path.write_text(t)", "path.write_bytes(t)",
    "import os; os.fdopen(1, 'w')", "import os; os.open(p, os.O_WRONLY | os.O_CREAT)",
    "import numpy as np; np.random.rand(3)", "import numpy; numpy.random.seed(0)",
    "from numpy.random import default_rng; default_rng()",
    "from numpy import random; random.shuffle(x)", "import torch; torch.manual_seed(0)",
    "from torch import manual_seed as m; m(0)", "import torch; torch.seed()",
    "print(name)", "import click; click.echo(name)", "from click import echo; echo(name)",
    "import sys; sys.stderr.write(name)", "from sys import stdout; stdout.write(name)",
    "from rich.console import Console; Console().print(name)",
    "import shutil; shutil.rmtree(p)", "from shutil import rmtree; rmtree(p)", "path.unlink()",
    "import os; os.unlink(p)", "import os; os.remove(p)", "from os import replace; replace(a, b)",
    "import os; os.rename(a, b)", "path.replace(other)", "path.rename(other)", "path.rmdir()",
    "import os; os.link(a, b)", "path.hardlink_to(other)", "path.mkdir(parents=True)",
    "import tempfile; tempfile.mkdtemp()", "import shutil; shutil.copyfile(a, b)",
    "f(trust_remote_code=True)", "f(trust_remote_code=given)", "f(allow_pickle=True)",
]  # fmt: skip


@pytest.mark.parametrize("source", PLANTED)
def test_a_planted_example_is_found(source):
    assert violations(source, "metabench/engine/planted.py")


@pytest.mark.parametrize(
    ("source", "path"),
    [
        ("path.open('rb')", "metabench/engine/x.py"),
        ("open(p, encoding='utf-8')", "metabench/engine/x.py"),
        ("import os; os.fdopen(1, 'ab')", FOLDER),
        ("import os; os.unlink(name, dir_fd=folder)", FOLDER),
        ("text.replace('a', 'b')", "metabench/engine/x.py"),
        ("here.rename(name, new)", "metabench/store/x.py"),
        ("import os; os.open(p, os.O_RDONLY)", "metabench/spec/x.py"),
        ("import os; os.open(p, os.O_WRONLY | os.O_CREAT)", FOLDER),
        ("import zipfile; zipfile.ZipFile(buffer, 'w')", "metabench/report/x.py"),
        ("import lzma, zipfile; zipfile.ZipFile(source)", COMPRESSED),
        ("import numpy as np; np.random.Generator(np.random.Philox(key=1))", SEEDING),
        ("import torch; torch.manual_seed(seed)", DROPOUT),
        ("import re; re.compile('x')", "metabench/spec/x.py"),
        ("import time; time.monotonic()", "metabench/engine/x.py"),
        ("import yaml; yaml.safe_load(t)", "metabench/tasks/x.py"),
        ("f(trust_remote_code=False)", "metabench/nn/x.py"),
        ("import click; click.echo(x)", "metabench/cli/views/text.py"),
        ("from metabench.cli.views.text import echo; echo(x)", "metabench/cli/commands/x.py"),
    ],
)
def test_what_is_allowed_is_not_found(source, path):
    assert violations(source, path) == []


def test_an_exception_is_for_one_place_only():
    assert not violations("import os; os.open(os.devnull, os.O_WRONLY)", SURROUNDINGS)
    assert violations("import os; os.open(path, os.O_WRONLY)", SURROUNDINGS)
    assert violations("import os; os.open(os.devnull, os.O_WRONLY)", "metabench/cli/main.py")
    assert violations("path.open('ab')", "metabench/engine/x.py")
    assert violations("path.open('wb')", FOLDER)
    assert violations("import os; os.unlink(p)", "metabench/store/atomic.py")
    assert violations("import numpy; numpy.random.seed(0)", SEEDING)
    assert violations("import numpy; numpy.random.seed(0)", "metabench/ambient.py")
    assert not violations("import random; random.getstate()", "metabench/ambient.py")
    assert violations("import ctypes", "metabench/ambient.py")
    assert not violations("import ctypes", MEMORY)


FILE_NAMES = "metabench/store/file_names.py"
NAMES = {
    "run.json", "spec.toml", "resolved.toml", "cell.json", "result.json", "failure.json", "log.txt",
    "metrics.jsonl", "parameters.safetensors", "predictions.parquet", "state.safetensors",
    "checkpoint.json", "SHA256SUMS", ".again-", ".cache",
}  # fmt: skip
FOLDERS = {"cells", "processes", "earlier", "checkpoints", "LOCK"}


READER = "plugins/metabench_trackers/tracked.py"
"""It reads a run folder as any third party does, by the names that the documentation promises."""


def written_names(source: str) -> list[str]:
    """Return the names of a run folder's files that a module writes itself."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            one_word = not any(letter.isspace() for letter in node.value)
            if one_word and set(node.value.split("/")) & NAMES:
                found.append(f"line {node.lineno}: {node.value!r}")
        last = node.right if isinstance(node, ast.BinOp) else None
        if isinstance(last, ast.Constant) and last.value in FOLDERS:
            found.append(f"line {last.lineno}: {last.value!r}")
    return found


def test_the_names_of_a_run_folders_files_have_one_home():
    known = {path.relative_to(ROOT).as_posix(): written_names(path.read_text()) for path in SOURCES}

    assert {path: found for path, found in known.items() if found} == {
        FILE_NAMES: known[FILE_NAMES],
        READER: known[READER],
    }
    assert len(known[FILE_NAMES]) == len(NAMES)
    assert written_names("path = folder / 'result.json'; other = runs / 'cells'")
