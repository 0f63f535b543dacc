"""Content hashes: of values, of files, and of Python modules without their docstrings."""

from __future__ import annotations

import ast
import hashlib
import json
import math
import unicodedata
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any

__all__ = ["canonical", "fingerprint", "hash_file", "hash_module", "hash_source"]

_DOMAIN = b"metabench-fp-v1\0"


def canonical(value: Any) -> str:
    """Return the one JSON text of a value: sorted keys, NFC strings, finite numbers, no spaces.

    Raises:
        ValueError: the value holds a number that is not finite.
        TypeError: the value holds something that JSON has no word for.
    """
    with suppress(TypeError, ValueError):  # the general way below has words for them
        text = _dumped(value)
        if text.isascii() and "-0.0" not in text:  # then it is in its normal form already
            return text
    return _dumped(_normal(value))


def fingerprint(value: Any) -> str:
    """Return the sha256 (64 hexadecimal digits) of a value's canonical JSON."""
    return hashlib.sha256(_DOMAIN + canonical(value).encode()).hexdigest()


def hash_file(path: Path) -> str:
    """Return the sha256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def hash_source(source: str) -> str:
    """Return the sha256 of a module's syntax tree; comments, layout and docstrings do not count."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            _drop_docstring(node)
    return hashlib.sha256(ast.dump(tree).encode()).hexdigest()


def hash_module(name: str) -> str:
    """Return ``hash_source`` of a module that can be imported, without importing it.

    Raises:
        ModuleNotFoundError: there is no such module, or it has no source.
    """
    spec = find_spec(name)
    if spec is None or spec.origin is None or not spec.origin.endswith(".py"):
        raise ModuleNotFoundError(f"no source for module {name!r}", name=name)
    return hash_source(Path(spec.origin).read_text(encoding="utf-8"))


def _drop_docstring(
    node: ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef,
) -> None:
    if ast.get_docstring(node, clean=False) is not None:
        node.body = node.body[1:] or [ast.Pass()]


def _dumped(value: Any) -> str:
    return json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )


def _normal(value: Any) -> Any:
    if isinstance(value, dict):
        return {_normal(key): _normal(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_normal(item) for item in value]
    return _normal_leaf(value)


def _normal_leaf(value: Any) -> Any:
    if isinstance(value, str):
        return unicodedata.normalize("NFC", value)
    if isinstance(value, float):
        if not math.isfinite(value):
            raise ValueError(f"{value!r} has no fingerprint: not finite")
        return value + 0.0  # -0.0 becomes 0.0
    if value is None or isinstance(value, bool | int):
        return value
    raise TypeError(f"{type(value).__name__} has no fingerprint")
