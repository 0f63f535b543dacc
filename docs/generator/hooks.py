"""docs/reference/hooks.md: every hook that a plugin can implement."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator

from generator.fields import field_table
from metabench.api import (
    AdaptationInfo,
    AlgorithmInfo,
    CellEnded,
    CellStarted,
    LauncherInfo,
    MetricInfo,
    ObserverInfo,
    Progressed,
    RendererInfo,
    RunEnded,
    RunStarted,
    SamplerInfo,
    TaskCard,
)
from metabench.api import hooks as specifications

__all__ = ["VALUES", "hook_names", "hooks"]

VALUES = (
    AlgorithmInfo, SamplerInfo, AdaptationInfo, MetricInfo, RendererInfo, ObserverInfo,
    LauncherInfo,
    RunStarted, CellStarted, Progressed, CellEnded, RunEnded,
)  # fmt: skip
"""Descriptors that provider hooks return, and events that observers are given."""

_INTRODUCTION = """\
A plugin is a module that an entry point of the group `metabench` names. It says
`METABENCH_API = {version}` and marks functions with `metabench.api.hookimpl`; a function may leave
the argument out. What a hook returns is checked. A plugin that fails is named, and stops only the
runs that need it."""


def hooks() -> str:
    """Return the page."""
    introduction = _INTRODUCTION.format(version=specifications.API_VERSION)
    parts = ["# Hooks", introduction]
    for node in _definitions():
        signature = f"{node.name}({ast.unparse(node.args)}) -> {_result(node)}"
        parts += [f"## {node.name}", f"```text\n{signature}\n```"]
        parts.append(inspect.cleandoc(ast.get_docstring(node) or "").replace("``", "`"))
    parts += ["# What hooks return and are given"]
    for value in VALUES:
        said = inspect.cleandoc(value.__doc__ or "").replace("``", "`").replace("`None`", "None")
        parts += [f"## {value.__name__}", f"```text\n{said}\n```"]
    parts += ["## TaskCard", "A task: a table in the form of the following fields."]
    parts.append(field_table(TaskCard))
    return "\n\n".join(parts)


def hook_names() -> list[str]:
    """Return the names of the hooks in the order of their definition."""
    return [node.name for node in _definitions()]


def _result(node: ast.FunctionDef) -> str:
    return "None" if node.returns is None else ast.unparse(node.returns)


def _definitions() -> Iterator[ast.FunctionDef]:
    for node in ast.parse(inspect.getsource(specifications)).body:
        if isinstance(node, ast.FunctionDef) and any(
            ast.unparse(mark) == "hookspec" for mark in node.decorator_list
        ):
            yield node
