"""Every place that raises: each error says what is wrong, where, and what to do."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from metabench import errors
from metabench.errors import MetabenchError

ROOT = Path(__file__).parents[2]
NAMES = {
    name
    for name in errors.__all__
    if isinstance(getattr(errors, name), type) and issubclass(getattr(errors, name), MetabenchError)
}
ON_THE_COMMAND_LINE = {"UsageError", "NothingMatchedError"}
"""Their place is what was typed, which stands above the message."""

PLACELESS = {
    (
        "metabench/session/cell/attempt.py",
        "MemoryExhaustedError",
    ): "it becomes the cell's own record",
    ("metabench/session/cell/attempt.py", "MetabenchError"): "it becomes the cell's own record",
}
"""Sites without a place of their own, with the reason."""


def sites() -> list[tuple[str, ast.Call]]:
    """Return every call that makes an error; a SpecError is made of problems with places."""
    found = []
    for path in sorted((ROOT / "metabench").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
                continue
            if node.func.id in NAMES - {"SpecError"}:
                found.append((path.relative_to(ROOT).as_posix(), node))
    return found


def name_of(value: object) -> str:
    return value if isinstance(value, str) else f"line {value.lineno} {value.func.id}"


SITES = sites()
each_site = pytest.mark.parametrize(("path", "call"), SITES, ids=name_of)


def given(call: ast.Call, keyword: str) -> ast.expr | None:
    """Return what a call gives, None for nothing and for an empty text."""
    (value,) = [each.value for each in call.keywords if each.arg == keyword] or [None]
    empty = isinstance(value, ast.Constant) and not value.value
    return None if empty else value


def shows_a_value(problem: ast.expr) -> bool:
    """Return whether a sentence shows what it is about, with ``!r``."""
    return any(
        isinstance(node, ast.FormattedValue) and node.conversion == ord("r")
        for node in ast.walk(problem)
    )


def fixed_parts(problem: ast.expr) -> list[str]:
    values = problem.values if isinstance(problem, ast.JoinedStr) else [problem]
    return [v.value if isinstance(v, ast.Constant) else "\N{REPLACEMENT CHARACTER}" for v in values]


@each_site
def test_an_error_has_a_way_out(path, call):
    assert given(call, "hint"), ast.unparse(call)


@each_site
def test_an_error_has_a_place(path, call):
    """That is ``where``, or what was named, shown with ``!r`` in the sentence itself."""
    passed_on = isinstance(call.args[0], ast.Attribute)  # what a check found, its place included
    if call.func.id in ON_THE_COMMAND_LINE or (path, call.func.id) in PLACELESS or passed_on:
        return

    assert given(call, "where") or shows_a_value(call.args[0]), ast.unparse(call)


@each_site
def test_an_error_is_one_lower_case_sentence_without_a_full_stop(path, call):
    text = "".join(map(str, fixed_parts(call.args[0])))

    assert not re.match(r"[A-Z][a-z]", text)
    assert not text.endswith(".")


def test_every_site_without_a_place_is_still_there():
    there = {(path, call.func.id) for path, call in SITES if not given(call, "where")}

    assert PLACELESS.keys() <= there
