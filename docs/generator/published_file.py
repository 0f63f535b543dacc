"""docs/reference/published_file.md: every table and field of a file of published numbers."""

from __future__ import annotations

from generator.fields import field_table, models_below
from metabench.spec.model.reported import PublishedFile

__all__ = ["published_file"]

_INTRODUCTION = """\
A file of published numbers holds tables as others have published them. A benchmark file names
it in `compare.published`; its numbers are then shown next to ours, marked as reported elsewhere,
and never tested. The path is looked up from the folder of the benchmark file, then among those that
ship with metabench: `published/dou2019.toml` is one.

Like a benchmark file it is TOML and closed; every mistake is reported with its line.

```toml
schema = 1
short = "Somebody 2020"
citation = "Somebody 2020, A Paper"

[[tables]]
name = "Table 1"
title = "Results on the test sets"
split = "test"
columns = [
  { name = "glue/rte", title = "RTE", metrics = ["accuracy"] },
  { name = "glue/mrpc", title = "MRPC", metrics = ["f1", "accuracy"] },
]

[[tables.rows]]
method = "Theirs"
ours = "Joint"  # shown next to our method of that name
scores = { "glue/rte" = 75.4, "glue/mrpc" = [89.9, 86.3] }
```

`metabench compare RUN --layout paper` prints the tables in their own rows and columns. In a
leaderboard a number stands in the column of its name, where that column shows the same metric; what
has no column is left out, and the leaderboard says so."""


def published_file() -> str:
    """Return the page."""
    parts = ["# The file of published numbers", _INTRODUCTION, field_table(PublishedFile)]
    for path, model in models_below(PublishedFile):
        if path:
            parts += [f"## `{path}`", _summary(model), field_table(model)]
    return "\n\n".join(parts)


def _summary(model: type) -> str:
    return " ".join((model.__doc__ or "").split()).replace("``", "`")
