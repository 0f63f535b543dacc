"""What tests notice: one small change at a time to code that must not be wrong.

``tox -e mutants`` tries a fixed sample and prints the share that tests noticed, by package, and
every change that none did. A change that changes nothing is listed, with its reason, in
``tests/equivalent_mutants.toml``.

A module is guarded by the test files that mirror it, ``tests/unit/PACKAGE/test_MODULE*.py``, and by
those in ``tests/unit``, ``tests/docs`` and ``tests/numerics`` that import it. They run in processes
forked from one that has loaded torch and the rest. Tests of the unchanged code are collected first:
what can't even be collected would notice everything.
"""

from __future__ import annotations

import ast
import copy
import multiprocessing
import os
import re
import shutil
import signal
import sys
import tempfile
import tomllib
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import Literal, TypeAlias, final

import click
from typing_extensions import override

from metabench.seeding import Stream

ROOT = Path(__file__).parents[1]
EQUIVALENT = Path(__file__).parents[1] / "tests" / "equivalent_mutants.toml"
GUARDED = (
    "metabench/*.py", "metabench/data/*.py", "metabench/engine/*.py", "metabench/learning/*.py",
    "metabench/leaderboard/**/*.py", "metabench/metrics/*.py", "metabench/nn/**/*.py",
    "metabench/plan/*.py", "metabench/results/*.py", "metabench/session/cell/*.py",
    "metabench/session/replay/*.py", "metabench/store/*.py", "metabench/tasks/own/*.py",
    "plugins/metabench_algorithms/*.py", "plugins/metabench_samplers/*.py",
)  # fmt: skip
"""Modules that must not be wrong."""

Outcome: TypeAlias = Literal["noticed", "survived", "equivalent", "unguarded", "timed out"]

_SWAPS: Mapping[type[ast.AST], type[ast.AST]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq, ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn,
    ast.NotIn: ast.In, ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div,
    ast.Div: ast.Mult, ast.FloorDiv: ast.Mult, ast.Mod: ast.Mult, ast.And: ast.Or,
    ast.Or: ast.And,
}  # fmt: skip
_NAMES = {"min": "max", "max": "min", "any": "all", "all": "any", "sum": "mean", "mean": "sum"}
_SILENT = re.compile(r"__all__ =|if TYPE_CHECKING:")
_SYMMETRIC = {"max", "min", "pearsonr", "spearmanr", "matthews_corrcoef"}
_PAIR = 2
_FOLDERS = ("tests/unit", "tests/docs", "tests/numerics")  # the cheapest first
_PARTS = ("metabench", "plugins", "tests", "benchmarks", "docs")
_LEFT_OUT = {"benchmarks": ("results",), "docs": ("pictures",)}
_SERVER = multiprocessing.get_context("forkserver")
_SERVER.set_forkserver_preload(
    ["datasets", "pytest", "scipy.stats", "sklearn.metrics", "torch", "transformers"]
)
_BROKEN = 5  # pytest's exit code where it found no test


@final
@dataclass(frozen=True, slots=True)
class Mutant:
    """A change of one node of a module.

    Args:
        path: of the module, from the root.
        tree: the module.
        node: what is changed of it.
        changed: what is tried in its place.
    """

    path: str
    tree: ast.Module
    node: ast.AST
    changed: ast.AST

    @property
    def line(self) -> int:
        """Where it is."""
        return int(getattr(self.node, "lineno", 0))

    @property
    def before(self) -> str:
        """The code as it is."""
        return ast.unparse(self.node)

    @property
    def after(self) -> str:
        """The code as it is tried."""
        return ast.unparse(self.changed)

    @property
    def source(self) -> str:
        """The whole module with the change."""
        kept = {id(self.node): self.node}
        return ast.unparse(_Swap(self.node, self.changed).visit(copy.deepcopy(self.tree, kept)))

    @property
    def package(self) -> str:
        """The package that it counts for, such as ``nn`` or ``metabench_samplers``."""
        parts = Path(self.path).parts
        return parts[1] if len(parts) > _PAIR else parts[0]

    @property
    def name(self) -> str:
        """What it is known by, wherever the line moves."""
        return f"{self.path}: {self.before} -> {self.after}"


def mutants(path: Path) -> Iterator[Mutant]:
    """Yield every change of a module, in the order of its syntax tree."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in _live(tree):
        for changed in _changes(node):
            yield Mutant(str(path.relative_to(ROOT)), tree, node, changed)


def _live(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes that compute: no annotations, docstrings, messages or lists of names."""
    skipped = (ast.Raise, ast.Import, ast.ImportFrom, ast.JoinedStr)
    for field, value in ast.iter_fields(node):
        if field in {"annotation", "returns", "decorator_list"}:
            continue
        for child in value if isinstance(value, list) else [value]:
            if not isinstance(child, ast.AST) or isinstance(child, skipped):
                continue
            if isinstance(child, ast.Assign | ast.If) and _SILENT.match(ast.unparse(child)):
                continue
            yield child
            yield from _live(child)


def _changes(node: ast.AST) -> Iterator[ast.AST]:
    match node:
        case ast.Compare(ops=[op]) if type(op) in _SWAPS:
            yield _like(node, ops=[_SWAPS[type(op)]()])
        case ast.BinOp(op=op) | ast.BoolOp(op=op) if type(op) in _SWAPS:
            yield _like(node, op=_SWAPS[type(op)]())
        case ast.UnaryOp(op=ast.Not() | ast.USub(), operand=operand):
            yield copy.copy(operand)
        case ast.Constant(value=bool(value)):
            yield _like(node, value=not value)
        case ast.Constant(value=int(value) | float(value)):
            yield _like(node, value=value + 1 if value < 1 else 2 * value)
        case _:
            yield from _larger(node)


def _larger(node: ast.AST) -> Iterator[ast.AST]:
    match node:
        case ast.If() | ast.IfExp():
            yield _like(node, test=ast.UnaryOp(ast.Not(), node.test))
        case ast.Dict(keys=[ast.Constant(value=str(key)), *rest]):
            yield _like(node, keys=[ast.Constant(f"{key}_"), *rest])
        case ast.Call():
            yield from _calls(node)


def _calls(node: ast.Call) -> Iterator[ast.AST]:
    match node.func:
        case ast.Name(id=name) if name in _NAMES:
            yield _like(node, func=ast.Name(_NAMES[name]))
        case ast.Attribute(attr=name) if name in _NAMES:
            yield _like(node, func=_like(node.func, attr=_NAMES[name]))
    name = ast.unparse(node.func).rpartition(".")[2]
    starred = any(isinstance(arg, ast.Starred) for arg in node.args)
    if len(node.args) == _PAIR and not starred and name not in _SYMMETRIC:
        yield _like(node, args=node.args[::-1])


def _like(node: ast.AST, **changes: object) -> ast.AST:
    found = copy.copy(node)
    for name, value in changes.items():
        setattr(found, name, value)
    return found


@final
class _Swap(ast.NodeTransformer):
    """Puts one node in the place of another."""

    def __init__(self, old: ast.AST, new: ast.AST) -> None:
        self._old, self._new = old, new

    @override
    def visit(self, node: ast.AST) -> ast.AST:
        found: ast.AST = self._new if node is self._old else self.generic_visit(node)
        return found


def sample(count: int, *, seed: int, packages: Sequence[str]) -> list[Mutant]:
    """Return a fixed sample, as many of each package as there are."""
    by_package: dict[str, list[Mutant]] = defaultdict(list)
    for path in sorted({file for pattern in GUARDED for file in ROOT.glob(pattern)}):
        for mutant in mutants(path):
            if not packages or mutant.package in packages:
                by_package[mutant.package].append(mutant)
    drawn = []
    for package, found in sorted(by_package.items()):
        order = Stream.root(seed).child("mutants", package).numpy().permutation(len(found))
        drawn.append([found[int(place)] for place in order])
    rounds = zip_longest(*drawn)
    return [mutant for one in rounds for mutant in one if mutant is not None][:count]


def guards(module: str) -> list[str]:
    """Return the test files that guard a module, those of its mirror first."""
    path = Path(module).with_suffix("")
    dotted = ".".join(path.parts[1:] if path.parts[0] == "plugins" else path.parts)
    mirror = ROOT / "tests" / "unit" / Path(*path.parts[1:]).parent
    found = [*sorted(mirror.glob(f"test_{path.name}*.py")), *_importing(f"{dotted} import")]
    if path.name == "options":  # their defaults are on a page
        found.insert(0, ROOT / "tests" / "docs" / "test_paper_page.py")
    while not found and dotted:  # those of the package around it
        dotted = dotted.rpartition(".")[0]
        found = _importing(dotted) if dotted else []
    return [str(file.relative_to(ROOT)) for file in dict.fromkeys(found)]


def _importing(what: str) -> list[Path]:
    """Return the test files that import a module or, without ``import``, any of a package."""
    return [
        file
        for folder in _FOLDERS
        for file in sorted((ROOT / folder).rglob("test_*.py"))
        if f"from {what}" in file.read_text(encoding="utf-8")
    ]


def judged(mutant: Mutant, *, seconds: float, known: Mapping[str, str]) -> Outcome:
    """Return whether a test fails with the change in a copy of the code."""
    if mutant.name in known:
        return "equivalent"
    tests = guards(mutant.path)
    if not tests:
        return "unguarded"
    code = _code(tests, seconds=seconds, path=mutant.path, source=mutant.source)
    if code is None:
        return "timed out"  # an endless loop, or a busy machine: no verdict
    return "survived" if code in {0, _BROKEN} else "noticed"


def _code(tests: Sequence[str], *, seconds: float, path: str = "", source: str = "") -> int | None:
    """Return pytest's exit code in a copy of the code with one file changed; None in vain."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for part in _PARTS:
            left_out = shutil.ignore_patterns("__pycache__", *_LEFT_OUT.get(part, ()))
            shutil.copytree(ROOT / part, folder / part, ignore=left_out)
        for file in filter(Path.is_file, ROOT.iterdir()):
            shutil.copy(file, folder)
        if path:
            (folder / path).write_text(source, encoding="utf-8")
        process = _SERVER.Process(target=_test, args=(name, tuple(tests)))
        process.start()
        process.join(seconds)
        if process.is_alive():
            os.killpg(process.ident or 0, signal.SIGKILL)
            process.join()
            return None
        return process.exitcode


def _test(folder: str, tests: Sequence[str]) -> None:
    """Run tests in a copy of the code; for a process that was forked for it."""
    os.setsid()
    os.chdir(folder)
    for name in [name for name in sys.modules if name.startswith("metabench")]:
        del sys.modules[name]
    sys.path[:0] = places = [folder, f"{folder}/plugins"]
    os.environ["PYTHONPATH"] = os.pathsep.join(places)  # noqa: TID251  (a process of our own)
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, 1)
    os.dup2(nothing, 2)
    import pytest  # noqa: PLC0415  (only here)

    loaded = "ignore::pytest.PytestAssertRewriteWarning"
    sys.exit(int(pytest.main(["-qx", "-W", loaded, "-p", "no:cacheprovider", *tests])))


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--count", default=300, show_default=True, help="Changes to try.")
@click.option("--seed", default=0, show_default=True, help="Which ones.")
@click.option("--packages", default="", help="By commas; all unless given.")
@click.option("--jobs", default=2, show_default=True, help="At a time.")
@click.option("--seconds", default=300.0, show_default=True, help="At most for each.")
def study(count: int, seed: int, packages: str, jobs: int, seconds: float) -> None:  # noqa: PLR0917
    """Try a sample of changes and print what tests noticed; fail where one survived."""
    known = tomllib.loads(EQUIVALENT.read_text(encoding="utf-8"))["equivalent"]
    drawn = sample(count, seed=seed, packages=[name for name in packages.split(",") if name])
    if _code(["--collect-only", *_FOLDERS], seconds=seconds):
        raise click.ClickException("the tests of the unchanged code cannot be collected")
    tally: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    with ThreadPoolExecutor(jobs) as pool:
        found = pool.map(lambda one: judged(one, seconds=seconds, known=known), drawn)
        for mutant, outcome in zip(drawn, found, strict=True):
            tally[mutant.package][outcome] += 1
            if outcome not in {"noticed", "equivalent"}:
                click.echo(f"{outcome}: {mutant.path}:{mutant.line}: {mutant.before}")
                click.echo(f"    {mutant.after}")
    for package, counts in sorted(tally.items()):
        tried = sum(counts.values()) - counts["equivalent"]
        click.echo(f"{package}: {counts['noticed']} of {tried} noticed")
    noticed = sum(counts["noticed"] for counts in tally.values())
    tried = sum(sum(counts.values()) - counts["equivalent"] for counts in tally.values())
    click.echo(f"all: {noticed} of {tried} noticed")
    sys.exit(1 if noticed < tried else 0)


if __name__ == "__main__":
    study()
