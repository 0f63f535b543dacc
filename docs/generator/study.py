"""docs/study.md and its tables: conclusions and leaderboards of benchmarks/results.

No number of these pages is typed by hand: all follow from the records.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from generator.study_words import (
    beside_small_encoders,
    beside_the_paper,
    left_to_run,
    seeds_or_methods,
)
from metabench.api.leaderboard import Leaderboard
from metabench.frontend.comparing import Compared, collected_runs, compare
from metabench.frontend.rendering import render
from metabench.store.run_folder import Store

__all__ = ["RESULTS", "study", "study_tables"]

RESULTS = Path(__file__).parents[2] / "benchmarks" / "results"

_INTRODUCTION = """\
# The study

After this page you know whether meta-training on large tasks helped small ones here, and how sure
that is. Dou, Yu and Anastasopoulos (2019) report one number per method; here each number is a mean
over meta seeds with a 95 % confidence interval. A null result is a result.

```console
$ metabench compare benchmarks/results/glue-minilm-l3
$ metabench compare benchmarks/results/glue-minilm-l3-epochs
$ metabench compare benchmarks/results/glue-minilm-plain
$ metabench verify benchmarks/results/glue-minilm-l3-epochs
```

These commands print [all tables](reference/study_tables.md) from the records in
`benchmarks/results`; `tox -e regenerate` writes every number of this page from the same records.

| benchmark | question |
| --- | --- |
| `glue-minilm-l3` | Does meta-training show within some dozens of updates on a target? |
| `glue-minilm-l3-epochs` | Does it persist after three epochs, from the same initializations? |
| `glue-minilm-plain` | What does a larger encoder reach after three epochs of fine-tuning? |"""

_AGAIN = """\
## Limits

- **The encoders have seen some of it.** `paraphrase-MiniLM-L3-v2` and `all-MiniLM-L6-v2` were
  trained on pairs of sentences from MNLI and QQP, the latter also from the source of QNLI.
  Meta-training on these tasks adds less to them than to BERT. CoLA, SST-2, MRPC, RTE and STS-B were
  not among them.
- **Auxiliary tasks are partial**; the notes PARTIAL and SPLIT name them. QNLI trains on its
  validation split.
- **Everything is small**: three layers, a short meta-training, CPU cores. Expect scores near the
  floor after some dozens of updates. On STS-B, scores stay below those of BERTs of this size after
  three epochs too: these encoders were trained to read one sentence at a time.
- `studies/glue_minilm` and its companions are the full study, for a GPU;
  `benchmarks/studies/gpu.sh` runs them.
- Small BERTs of two to eight layers are shown as reported elsewhere (Turc et al. 2019), fine-tuned
  on whole training sets. The smaller ones reach 0 on CoLA.

## Run it yourself

```console
$ metabench run studies/glue_minilm_l3 --dry-run
$ metabench run studies/glue_minilm_l3
$ metabench reproduce benchmarks/results/glue-minilm-l3/cells/CELL/result.json
```

The first command estimates time and memory on your machine, the second runs the study, the last
[reruns a single result](reproducing.md) from its record. To read the tables, see [Read the
leaderboard](leaderboard.md) and [Statistics](statistics.md)."""
_TABLES = """\
# The study's tables

For each part of [the study](../study.md): seeds or methods, comparisons with published numbers, and
the output of `metabench compare benchmarks/results/NAME --format markdown`."""


def study(results: Path = RESULTS) -> str:
    """Return the page."""
    parts = [_INTRODUCTION]
    for folder in sorted(path.parent for path in results.glob("*/run.json")):
        parts += _section(folder)
    return "\n\n".join([*parts, _AGAIN])


def study_tables(results: Path = RESULTS) -> str:
    """Return the page of all tables."""
    parts = [_TABLES]
    for folder in sorted(path.parent for path in results.glob("*/run.json")):
        found = _read(folder)
        parts += [f"## {found.board.name}", *_compared(found.board)]
        parts.append(render(found, "markdown").strip())
    return "\n\n".join(parts)


def _section(folder: Path) -> Iterator[str]:
    found = _read(folder)
    spec = tomllib.loads((folder / "resolved.toml").read_text(encoding="utf-8"))
    yield f"## {found.board.name}"
    yield "\n".join(_setting(spec, found))
    yield from _titled("Conclusion", [f"- {one}" for one in found.board.conclusion])


def _read(folder: Path) -> Compared:
    stores = [Store(folder)]
    return compare(stores, collected_runs(stores))


def _compared(board: Leaderboard) -> Iterator[str]:
    yield from _titled("Seeds or methods", seeds_or_methods(board))
    yield from _titled("Compared with the paper", beside_the_paper(board))
    yield from _titled("Compared with published small encoders", beside_small_encoders(board))


def _titled(title: str, lines: Sequence[str]) -> Iterator[str]:
    if lines:
        yield f"### {title}"
        yield "\n".join(lines)


def _setting(spec: Any, found: Compared) -> Iterator[str]:
    tuned = spec["finetune"]
    yield f"- encoder: `{spec['model']['id']}`, at most {spec['model']['max_length']} tokens"
    yield f"- meta-training: {_meta_training(spec)}"
    least = f", at least {tuned['min_steps']} updates" if tuned["min_steps"] else ""
    yield (
        f"- fine-tuning: {tuned['epochs']:g} epochs{least}, batches of {tuned['batch_size']},"
        f" learning rate {tuned['optimizer']['lr']:g}"
    )
    yield f"- meta seeds: {len(spec['seeds']['meta'])}"
    yield from left_to_run(found.collected)


def _meta_training(spec: Any) -> str:
    if all(method["algorithm"] == "finetune" for method in spec["methods"]):
        return "none"
    meta = spec["meta"]
    length = f"{meta['steps']} meta-steps" if meta.get("steps") else _examples_drawn(meta["epochs"])
    return (
        f"{length}, {meta['tasks_per_step']} tasks a step, batches of"
        f" {meta['batch_size']}, outer learning rate {meta['optimizer']['lr']:g}"
    )


def _examples_drawn(epochs: float) -> str:
    return f"{100 * epochs:g} % of all training examples drawn"
