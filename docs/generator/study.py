"""docs/study.md: what `metabench compare` prints of benchmarks/results, and in words too.

No number on the page and no sentence about one is typed by hand: all follow from the records.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from generator.study_price import prices
from generator.study_words import (
    beside_small_encoders,
    beside_the_paper,
    collapsed_runs,
    left_to_run,
    seeds_or_methods,
    told_apart,
)
from metabench.cli.views.leaderboard import Compared, compared, render
from metabench.store.run_folder import Store

__all__ = ["RESULTS", "study"]

RESULTS = Path(__file__).parents[2] / "benchmarks" / "results"

_INTRODUCTION = """\
# The study

Does meta-training on large tasks help small ones, and at what price? The paper (Dou, Yu and
Anastasopoulos 2019) gave one number a method. Here each number is a mean over meta seeds, with an
interval, a test where the seeds can reach a verdict, and a cost. A null result is a result: where
methods cannot be told from each other, the page says so.

All of it is printed by `metabench compare` from the records in `benchmarks/results`, and written by
`tox -e regenerate`; a test keeps the two equal.

```console
$ metabench compare benchmarks/results/glue-minilm-l3
$ metabench compare benchmarks/results/glue-minilm-l3-epochs
$ metabench compare benchmarks/results/glue-minilm-plain
$ metabench verify benchmarks/results/glue-minilm-l3-epochs
```

There are three parts. In `glue-minilm-l3` a target gets some dozens of updates: whatever
meta-training gives has to show itself at once. In `glue-minilm-l3-epochs` it gets three epochs over
its training rows, the length that people use, from the very same initialisations: is anything of it
left then? `glue-minilm-plain` has no meta-training in it: it fine-tunes the larger encoder for
three epochs, so that a reader can hold what metabench gives against what is known of encoders of
its size.

## What to know before reading

- **The encoder has seen some of it.** `paraphrase-MiniLM-L3-v2` and `all-MiniLM-L6-v2` were
  trained on pairs of sentences before, which hold MNLI and QQP, and for the latter the source of
  QNLI. CoLA, SST-2, MRPC, RTE and STS-B are not among them. So meta-training on MNLI, QQP and QNLI
  tells such an encoder less that is new than it tells BERT.
- **The auxiliary tasks are partial**: what a mirror of the hub holds, as each leaderboard says in
  its PARTIAL and SPLIT notes. QNLI trains on its validation split.
- **The sizes are those that could be paid for**, on processor cores: an encoder of three layers,
  and a short meta-training. Expect scores near the floor after some dozens of updates, and on STS-B
  also after three epochs scores below those of BERTs of this size: this encoder was trained to read
  one sentence at a time, and has to learn to compare two. A run that gives every row the same class
  is counted below as collapsed, and stays in the means. `glue_minilm.toml` and its companions are
  the study in full, for a GPU; `benchmarks/studies/gpu.sh` runs them with one command.
- **What is known of small encoders** stands under the scores as reported elsewhere: BERTs of two
  to eight layers, fine-tuned on whole training sets (Turc et al. 2019). That is what an encoder of
  such a size reaches when it is trained to the end; on CoLA, for the smaller ones, it is 0."""

_AGAIN = """\
## Run it yourself

```console
$ metabench run studies/glue_minilm_l3 --dry-run
$ metabench run studies/glue_minilm_l3
$ metabench reproduce benchmarks/results/glue-minilm-l3/cells/CELL/result.json
```

The first says what it takes on your machine, the second runs it and may be stopped and started at
any time, the last runs a single result again from its record ([how](reproducing.md)). How to read
the tables: [the leaderboard](leaderboard.md), [the statistics](statistics.md)."""


def study(results: Path = RESULTS) -> str:
    """Return the page."""
    parts = [_INTRODUCTION]
    for folder in sorted(path.parent for path in results.glob("*/run.json")):
        parts += _section(folder)
    return "\n\n".join([*parts, _AGAIN])


def _section(folder: Path) -> Iterator[str]:
    found = compared([Store(folder)])
    spec = tomllib.loads((folder / "resolved.toml").read_text(encoding="utf-8"))
    yield f"## {found.board.name}"
    yield "\n".join(_setting(spec, found))
    yield render(found, "markdown").strip()
    yield from _titled("Better, worse, or a tie", told_apart(found.board))
    yield from _titled("Seeds or methods", seeds_or_methods(found.board))
    yield from _titled("Collapsed runs", collapsed_runs(found.board))
    yield from _titled("The price", prices(found.collected))
    yield from _titled("Compared with the paper", beside_the_paper(found.board))
    yield from _titled("Compared with published small encoders", beside_small_encoders(found.board))


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
    length = f"{meta['steps']} meta-steps" if meta.get("steps") else _rows_drawn(meta["epochs"])
    return (
        f"{length}, {meta['tasks_per_step']} tasks a step, batches of"
        f" {meta['batch_size']}, outer learning rate {meta['optimizer']['lr']:g}"
    )


def _rows_drawn(epochs: float) -> str:
    return f"{100 * epochs:g} % of all training rows drawn"
