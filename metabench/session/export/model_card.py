"""The model card of an export: the model, its training, its data."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, final

from metabench.escape import markdown_text

if TYPE_CHECKING:
    from metabench.api.task import TaskCard
    from metabench.plan.cell import FineTuneWork, MetaWork, PretrainWork, Provided, TaskUse
    from metabench.store.records.cell import Result

__all__ = ["ModelCard", "render_model_card"]

_HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*", re.ASCII)
_SHIPPED = "embedded/"

_WITH_CLASSIFIER = """\
```python
from transformers import AutoModelForSequenceClassification, AutoTokenizer

tokenizer = AutoTokenizer.from_pretrained("DIR")
model = AutoModelForSequenceClassification.from_pretrained("DIR").eval()
encoded = tokenizer({texts}, truncation=True, return_tensors="pt")
print(model(**encoded).logits)
```
"""
_WITH_SCRIPT = """\
The classifier reads {pooling}, which `AutoModelForSequenceClassification` has no class
for: it would load this folder, make a classifier with random weights and compute something else.
Use `predict.py`, which needs torch, transformers and safetensors and nothing else:

```console
$ echo '[{texts}]' > rows.jsonl
$ python DIR/predict.py rows.jsonl
```

The encoder alone is an `AutoModel`; the classifier is in `classifier.safetensors`.
"""
_POOLINGS = {
    "mean": "the mean of the encoder's last states",
    "cls": "the encoder's last state of the first token",
    "pooler": "the encoder's own pooler",
}
_LIMITATIONS = """\
- The data of the encoder's pretraining is unknown here. It may have contained examples of this
  task, or similar ones, and the score may be too high for that reason.
- The score holds for the evaluation set, which is of the same kind as the training examples. It
  means little for other texts, and nothing about fairness or safety.
- It is one fine-tuning run with one pair of seeds. For the variation between runs, and for whether
  the method is better than another, see the benchmark's leaderboard.
"""


@final
@dataclass(frozen=True, slots=True)
class ModelCard:
    """The content of a model card; its strings are not trusted.

    Args:
        benchmark: name of the benchmark.
        smoke: whether it is a smoke run, whose models are unusable.
        work: the cell's work.
        meta: the work of its initialization; None where it starts from the encoder.
        pretrain: the pretraining of the encoder; None without one.
        result: the cell's record.
        references: the sources of the method.
        pooling: ``pooler``, ``cls`` or ``mean``.
        plain: whether it needs ``predict.py``.
        agreement: how its predictions compare with the recorded ones, in one sentence.
    """

    benchmark: str
    smoke: bool
    work: FineTuneWork
    meta: MetaWork | None
    pretrain: PretrainWork | None
    result: Result
    references: tuple[str, ...]
    pooling: str
    plain: bool
    agreement: str


def render_model_card(card: ModelCard) -> str:
    """Return the card as Markdown, with the hub's front matter."""
    task = card.work.task.card
    sections = {
        "Scores": _scores(card),
        "How to use it": _use(card),
        "How it was made": _making(card),
        "Data and licences": _licences(card),
        "Limitations": _LIMITATIONS,
        "Whom to cite": _citations(card),
    }
    body = "\n".join(f"## {title}\n\n{text}" for title, text in sections.items())
    kind = "Returns a number" if task.regression else f"Chooses among {_listed(task.labels)}"
    warning = (
        "**This comes from a smoke run: it was hardly trained and is good for nothing but trying "
        "the export.**\n\n"
        if card.smoke
        else ""
    )
    return (
        f"{_front_matter(card)}# {markdown_text(task.title)}: "
        f"{markdown_text(card.work.model.id)} after {markdown_text(card.result.method)}\n\n"
        f"{warning}The task: {markdown_text(task.summary)}. {kind}.\n\n{body}"
    )


def _front_matter(card: ModelCard) -> str:
    model = card.work.model
    entries: dict[str, Any] = {
        "library_name": "transformers",
        "pipeline_tag": "text-classification",
        "license": "other",
        "license_name": "see-data-and-licences",
        "tags": ["metabench"],
    }
    pretrained = model.weights == "pretrained" and not model.id.startswith(_SHIPPED)
    if pretrained and _HUB_ID.fullmatch(model.id):
        entries["base_model"] = model.id
    lines = [f"{key}: {json.dumps(value)}" for key, value in entries.items()]
    return "---\n" + "\n".join(lines) + "\n---\n\n"


def _scores(card: ModelCard) -> str:
    result, use = card.result, card.work.task
    rows = result.scored_rows or use.scored_rows
    lines = ["| metric | score |", "|---|--:|"]
    for name, value in result.scores.items():
        lines.append(f"| {markdown_text(name)} | {value:.4f} |")
    where = f"on {rows:,} examples of the split {markdown_text(repr(use.scored))}"
    said = [
        f"Each on its own scale (accuracy from 0 to 1), {where}.",
        *(markdown_text(note) + "." for note in result.notes),
    ]
    if result.collapsed:
        said.append("It predicts a single class for the whole evaluation set (collapsed).")
    return "\n".join([*lines, "", *said, ""])


def _use(card: ModelCard) -> str:
    pair = len(card.work.task.card.text) > 1
    texts = '"first text", "second text"' if pair else '"a text"'
    form = _WITH_SCRIPT if card.plain else _WITH_CLASSIFIER
    return form.format(texts=texts, pooling=_POOLINGS.get(card.pooling, "the encoder's states"))


def _making(card: ModelCard) -> str:
    work = card.work
    model = work.model
    optimizer = work.settings.optimizer
    rows: dict[str, str] = {
        "benchmark": card.benchmark,
        "method": card.result.method,
        "encoder": model.id
        + (f" at {model.revision}" if model.revision else "")
        + (", random weights" if model.weights == "random" else ""),
    }
    if card.pretrain is not None:
        rows["pretraining"] = (
            f"{card.pretrain.settings.steps:,} steps of masked language modelling on the texts of "
            f"{_names(card.pretrain.tasks)}"
        )
    if card.meta is not None:
        rows |= _meta_rows(card.meta)
    data = f"{work.task.size:,} examples of {work.task.card.name} ({work.task.train})"
    most = f"at most {model.max_length} tokens an example"
    made = "fine-tuning" if work.adaptation is None else "adaptation"
    if work.adaptation is not None:
        rows[made] = f"{_with_options(work.adaptation)} on {data}, {most}"
    else:
        rows[made] = (
            f"{work.steps:,} steps on {data}, batches of {work.settings.batch_size}, "
            f"{optimizer.name} at {optimizer.lr:g}, {most}"
        )
    rows |= {
        "seeds": f"{work.meta_seed} (meta), {work.finetune_seed} (fine-tuning)",
        "cell": card.result.key,
        "computed with": _versions(card.result),
        "this export": f"the {made} was done once more; {card.agreement}",
    }
    return _table(rows)


def _meta_rows(meta: MetaWork) -> Mapping[str, str]:
    algorithm = meta.algorithm
    return {
        "meta-training": f"{_with_options(algorithm)}, {meta.steps:,} steps, "
        f"tasks drawn by {meta.sampler.name} from {_names(meta.tasks)}",
        "plugin": f"{algorithm.distribution} {algorithm.version}",
    }


def _with_options(part: Provided) -> str:
    """Return the name of a plugin's part with its options."""
    options = part.options.model_dump(mode="json")
    shown = ", ".join(f"{name} {json.dumps(value)}" for name, value in options.items())
    return f"{part.name} ({shown})" if shown else part.name


def _versions(result: Result) -> str:
    made = result.provenance
    parts = [f"metabench {made.metabench}"]
    parts += [f"{name} {made.versions[name]}" for name in ("torch", "transformers")
              if name in made.versions]  # fmt: skip
    return ", ".join([*parts, *filter(None, (made.device, made.precision))])


def _licences(card: ModelCard) -> str:
    lines = ["| task | examples from | licence or terms |", "|---|---|---|"]
    for task in _cards(card):
        source = getattr(task.source, "id", "") or ("generated" if task.generated else "files")
        lines.append(f"| {' | '.join(map(markdown_text, (task.name, source, task.licence)))} |")
    model = card.work.model
    said = (
        "began with random weights: nothing was pretrained elsewhere"
        if model.weights == "random"
        else "has a separate licence, which its own card states"
    )
    encoder = f"The encoder {markdown_text(model.id)} {said}."
    return "\n".join([*lines, "", encoder, ""])


def _citations(card: ModelCard) -> str:
    cited = dict.fromkeys((*card.references, *(task.citation for task in _cards(card))))
    return "".join(f"- {markdown_text(text)}\n" for text in cited)


def _cards(card: ModelCard) -> Iterator[TaskCard]:
    """Yield every task whose examples the model has seen, its target first."""
    uses = (
        card.work.task,
        *(card.meta.tasks if card.meta else ()),
        *(card.pretrain.tasks if card.pretrain else ()),
    )
    yield from {use.card.name: use.card for use in uses}.values()


def _table(rows: Mapping[str, str]) -> str:
    lines = [f"| {markdown_text(name)} | {markdown_text(text)} |" for name, text in rows.items()]
    return "\n".join(["| | |", "|---|---|", *lines, ""])


def _names(uses: tuple[TaskUse, ...]) -> str:
    return ", ".join(use.card.name for use in uses)


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(markdown_text(name) for name in names)
