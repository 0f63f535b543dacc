"""Shape annotations are enforced in ``tox -e shapes``, and this proves that they are."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
import torch

from metabench.learning import Batch, inner_path
from metabench.nn.features import pool
from metabench.seeding import Stream
from metabench.testing import tiny_batch, tiny_learner

ROOT = Path(__file__).parents[2]
CHECKED = ["metabench/learning", "metabench/nn", "plugins"]
STREAM = Stream.root(0)


@pytest.fixture
def checked(request):
    """Skip where shapes are not enforced: everywhere but under jaxtyping's import hook."""
    if not request.config.getoption("--jaxtyping-packages"):
        pytest.skip("shapes are enforced in tox -e shapes alone")


def wrong_batch():
    rows = torch.zeros(2, 3, dtype=torch.int64)
    return Batch("two", rows, torch.ones(2, 4, dtype=torch.bool), rows, torch.zeros(2))


def wrong_theta():
    learner = tiny_learner()
    return learner.loss(learner.theta(STREAM)[None], tiny_batch("two", STREAM))


def wrong_step():
    learner = tiny_learner()
    start = learner.theta(STREAM)[None]
    return list(inner_path(learner, start, [tiny_batch("two", STREAM)], inner_lr=0.1))


def wrong_mask():
    return pool(torch.zeros(2, 3, 4), torch.ones(2, 5, dtype=torch.bool), "mean")


@pytest.mark.usefixtures("checked")
@pytest.mark.parametrize("call", [wrong_batch, wrong_theta, wrong_step, wrong_mask])
def test_a_wrong_shape_is_refused(call):
    from jaxtyping import TypeCheckError

    with pytest.raises(TypeCheckError, match="Type-check error"):
        call()


def names_for_types_alone(tree: ast.Module) -> set[str]:
    """Return what a module imports under ``if TYPE_CHECKING``."""
    blocks = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
    ]
    return {
        alias.asname or alias.name
        for block in blocks
        for node in ast.walk(block)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }


@pytest.mark.parametrize(
    "path",
    [path for folder in CHECKED for path in sorted((ROOT / folder).rglob("*.py"))],
    ids=lambda path: path.relative_to(ROOT).as_posix(),
)
def test_no_name_of_a_shape_is_imported_for_type_checkers_alone(path):
    """Such an annotation would be skipped without a word."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    shaped = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Subscript)
        and isinstance(node.slice, ast.Tuple)
        and isinstance(node.slice.elts[-1], ast.Constant)
        and isinstance(node.slice.elts[-1].value, str)
    ]
    used = {name.id for node in shaped for name in ast.walk(node) if isinstance(name, ast.Name)}

    assert not used & names_for_types_alone(tree)
