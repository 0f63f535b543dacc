"""The texts of the code: what messages, help and captions are made of."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

__all__ = ["templates"]

_ROOT = Path(__file__).parents[2]


@cache
def templates() -> tuple[tuple[str, str], ...]:
    """Return (file, text) of all texts but docstrings; in an f-string, an ellipsis for a value."""
    found = []
    for folder in ("metabench", "plugins"):
        for path in sorted((_ROOT / folder).rglob("*.py")):
            place = path.relative_to(_ROOT).as_posix()
            found += [(place, text) for text in _texts(ast.parse(path.read_text("utf-8")))]
    return tuple(found)


def _texts(tree: ast.AST) -> list[str]:
    alone = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    parts = {
        id(part)
        for node in ast.walk(tree)
        if isinstance(node, ast.JoinedStr)
        for part in node.values
    }
    texts = []
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            values = [getattr(part, "value", "") for part in node.values]
            texts.append("".join(one if isinstance(one, str) else "…" for one in values))
        elif isinstance(node, ast.Constant) and id(node) not in alone | parts:
            texts += [node.value] if isinstance(node.value, str) else []
    return texts
