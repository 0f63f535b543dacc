"""A leaderboard as JSON, with full precision."""

from __future__ import annotations

import json
from dataclasses import asdict

from metabench.api.leaderboard import Leaderboard
from metabench.escape import json_safe

__all__ = ["SCHEMA", "render_json"]

SCHEMA = 1
"""Goes up when a field changes its meaning or goes away; a new field does not raise it."""


def render_json(leaderboard: Leaderboard) -> str:
    r"""Return the leaderboard as JSON; scores are on the metric's scale, not times 100.

    Invisible characters are written as ``\u…``: the text is safe to print, its strings are exact.
    """
    board = asdict(leaderboard)
    tree = {"schema": SCHEMA, "conclusion": board["conclusion"], **board}
    return json_safe(json.dumps(tree, indent=2, ensure_ascii=False, allow_nan=False)) + "\n"
