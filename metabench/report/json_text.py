"""A leaderboard as JSON, with full precision."""

from __future__ import annotations

import json
from dataclasses import asdict

from metabench.api.leaderboard import Leaderboard

__all__ = ["render_json"]


def render_json(leaderboard: Leaderboard) -> str:
    """Return the leaderboard as JSON; scores are on the metric's own scale, not times 100."""
    tree = {"schema": 1, **asdict(leaderboard)}
    return json.dumps(tree, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
