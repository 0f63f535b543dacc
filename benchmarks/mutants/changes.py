"""Small changes of a module, one at a time: what a slip of the hand makes of it."""

from __future__ import annotations

import ast
import copy
import hashlib
import marshal
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import cast, final

from typing_extensions import override

__all__ = ["ROOT", "Mutant", "functions", "mutants"]

ROOT = Path(__file__).parents[2]

_SWAPS: Mapping[type[ast.AST], type[ast.AST]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq, ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn,
    ast.NotIn: ast.In, ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div,
    ast.Div: ast.Mult, ast.FloorDiv: ast.Mult, ast.Mod: ast.Mult, ast.And: ast.Or,
    ast.Or: ast.And,
}  # fmt: skip
_NAMES = {"min": "max", "max": "min", "any": "all", "all": "any", "sum": "mean", "mean": "sum"}
_SILENT = re.compile(r"__all__ =|if TYPE_CHECKING:")
_SYMMETRIC = {
    "allclose", "array_equal", "isclose", "matthews_corrcoef", "max", "mean_absolute_error",
    "maximum", "mean_squared_error", "min", "minimum", "pearsonr", "samestat", "spearmanr",
    "suppress", "transpose",
}  # fmt: skip
_PAIR = 2


@final
@dataclass(frozen=True)
class Mutant:
    """A change of one node of a module.

    Args:
        path: of the module, from the root.
        tree: the module.
        node: what is changed of it.
        changed: what is tried in its place.
        number: which of the equal changes of one function it is, from 1.
    """

    path: str
    tree: ast.Module
    node: ast.AST
    changed: ast.AST
    number: int = 1

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

    @cached_property
    def _whole(self) -> ast.Module:
        kept = {id(self.node): self.node}
        tree = _Swap(self.node, self.changed).visit(copy.deepcopy(self.tree, kept))
        return ast.fix_missing_locations(cast("ast.Module", tree))

    @cached_property
    def source(self) -> str:
        """The whole module with the change."""
        return ast.unparse(self._whole)

    def code(self, file: Path) -> bytes:
        """Return the module with the change, compiled as that file, each line in its place."""
        return marshal.dumps(compile(self._whole, str(file), "exec", dont_inherit=True))

    @property
    def function(self) -> str:
        """The function that it is in; nothing where it is in none."""
        return functions(self.tree).get(self.line, "")

    @property
    def digest(self) -> str:
        """What it is known by as long as its module is as it is."""
        return hashlib.sha256(f"{self.path}\n{self.source}".encode()).hexdigest()

    @property
    def package(self) -> str:
        """The package that it counts for, such as ``nn`` or ``metabench_samplers``."""
        parts = Path(self.path).parts
        return parts[1] if len(parts) > _PAIR else parts[0]

    @property
    def name(self) -> str:
        """What it is known by, wherever the line moves."""
        number = f" ({self.number})" if self.number > 1 else ""
        return f"{self.path} {self.function}: {self.before} -> {self.after}{number}"


def functions(tree: ast.Module) -> dict[int, str]:
    """Return the innermost function around each line, by its place in the module."""
    found: dict[int, str] = {}
    _inside(tree, "", found)
    return found


def _inside(node: ast.AST, place: str, found: dict[int, str]) -> None:
    for child in ast.iter_child_nodes(node):
        inner = place
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            inner = f"{place}.{child.name}".lstrip(".")
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = range(child.body[0].lineno, (child.end_lineno or child.lineno) + 1)
            found.update(dict.fromkeys(lines, inner))
        _inside(child, inner, found)


def mutants(path: Path) -> Iterator[Mutant]:
    """Yield every change of a module, in the order of its syntax tree."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    within, equal = functions(tree), Counter[tuple[str, str, str]]()
    for node in _live(tree):
        for changed in _changes(node):
            place = within.get(getattr(node, "lineno", 0), "")
            same = place, ast.unparse(node), ast.unparse(changed)
            if same[1] == same[2]:  # two arguments that are the same
                continue
            equal[same] += 1
            yield Mutant(str(path.relative_to(ROOT)), tree, node, changed, equal[same])


def _live(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes that compute: no annotations, docstrings, messages or lists of names.

    Whether a ``zip`` is strict is none of them: it holds a slip of the hand, and makes no number.
    """
    skipped = (ast.Raise, ast.Import, ast.ImportFrom, ast.JoinedStr)
    for field, value in ast.iter_fields(node):
        if field in {"annotation", "returns", "decorator_list"}:
            continue
        for child in value if isinstance(value, list) else [value]:
            if not isinstance(child, ast.AST) or isinstance(child, skipped):
                continue
            if isinstance(child, ast.keyword) and child.arg == "strict":
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
            yield _like(node, func=ast.Name(_NAMES[name], ast.Load()))
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
