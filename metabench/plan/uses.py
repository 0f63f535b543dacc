"""The tasks of a benchmark as used: splits, available examples, content identities."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal, TypeAlias, final

from metabench.fingerprint import fingerprint
from metabench.plan.cell import TaskUse
from metabench.plan.drawn import drawn_sets
from metabench.quantities import plural
from metabench.spec.model.tasks import SplitSpec
from metabench.spec.reading.smoke import SMOKE_SCORED_ROWS, SMOKE_TRAIN_ROWS
from metabench.tasks.definition import complete_card, in_files, own_notes
from metabench.tasks.identity import split_facts
from metabench.tasks.own.splits import own_rows
from metabench.tasks.reading.refusal import class_names

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from metabench.api.task import TaskCard
    from metabench.plugin.catalog import Catalog
    from metabench.spec.model.benchmark import Benchmark
    from metabench.tasks.hub import Hub
    from metabench.tasks.identity import SplitFacts

__all__ = [
    "TaskInUse",
    "fraction_use",
    "meta_use",
    "shots_use",
    "target_use",
    "tasks_in_use",
    "too_few",
    "with_drawn_set",
]

Role: TypeAlias = Literal["auxiliary", "target", "transfer"]


@final
@dataclass(frozen=True, slots=True)
class TaskInUse:
    """A task with all of its examples, and the identities of its two splits.

    Args:
        use: the whole task.
        train_identity: content hash of the training split.
        scored_identity: content hash of the evaluation split; empty for auxiliary tasks.
        shuffled: whether meta-training permutes its labels.
        smoke: whether only a few examples are used.
        notes: notes on custom data.
        drawn: the few-shot training sets of the data that are in use, by split.
    """

    use: TaskUse
    train_identity: str
    scored_identity: str
    shuffled: bool
    smoke: bool
    notes: tuple[str, ...] = ()
    drawn: Mapping[str, SplitFacts] = field(default_factory=dict)

    @property
    def official_train_rows(self) -> int:
        """Rows of the training split as it was published."""
        return self.use.card.splits.get(self.use.train, self.use.train_rows)


def tasks_in_use(benchmark: Benchmark, *, catalog: Catalog, hub: Hub) -> Mapping[str, TaskInUse]:
    """Return every task of a benchmark by name; only examples of custom files are loaded.

    Raises:
        DataError: the examples of a task are not available.
    """
    spec = benchmark.spec
    roles: Sequence[tuple[Role, Sequence[str]]] = (
        ("auxiliary", spec.tasks.auxiliary),
        ("target", [entry.task for entry in spec.tasks.targets]),
        ("transfer", [entry.task for entry in spec.tasks.transfers]),
    )
    found = {
        name: _in_use(benchmark, name, role, catalog=catalog, hub=hub)
        for role, names in roles
        for name in names
    }
    for entry in (*spec.tasks.targets, *spec.tasks.transfers):
        task = found[entry.task]
        if entry.task not in spec.tasks.splits:
            drawn = drawn_sets(task.use.card, entry, hub=hub)
            found[entry.task] = replace(task, drawn=drawn)
    return found


def meta_use(task: TaskInUse) -> TaskUse:
    """Return the task as meta-training uses it: all examples, labels permuted for a control."""
    rows = min(SMOKE_TRAIN_ROWS, task.use.train_rows) if task.smoke else None
    return replace(task.use, rows=rows, shuffled=task.shuffled)


def target_use(task: TaskInUse) -> TaskUse:
    """Return the task as fine-tuning on all of its examples uses it."""
    rows = min(SMOKE_TRAIN_ROWS, task.use.train_rows) if task.smoke else None
    return replace(task.use, rows=rows, scored_limit=SMOKE_SCORED_ROWS if task.smoke else None)


def fraction_use(task: TaskInUse, fraction: float) -> tuple[TaskUse, str]:
    """Return the task as fine-tuning on a fraction uses it, and the reason if it is impossible.

    The fraction is of the official size; the reason is empty where there are enough examples.
    """
    official = task.official_train_rows
    rows = max(1, round(fraction * official))
    there = task.use.train_rows
    limit = SMOKE_SCORED_ROWS if task.smoke else None
    if rows > there:
        part = f"{100 * fraction:g} % of {official:,}"
        why = f"asks for {rows:,} examples ({part}), it has {there:,}"
        return replace(task.use, rows=rows, scored_limit=limit), why
    used = min(rows, SMOKE_TRAIN_ROWS) if task.smoke else rows
    return replace(task.use, rows=used, scored_limit=limit), ""


def with_drawn_set(task: TaskInUse, shots: int, *, draw: int) -> TaskInUse:
    """Return the task with the training set that comes with it; as it is where none does."""
    use = task.use
    split = use.card.drawn_split(shots, draw)
    if split not in task.drawn:
        return task
    facts = task.drawn[split]
    identity = fingerprint({"train": facts.identity, "scored": task.scored_identity})
    use = replace(use, train=split, train_rows=facts.rows, identity=identity)
    return replace(task, use=use, train_identity=facts.identity)


def shots_use(task: TaskInUse, shots: int, *, draw: int) -> tuple[TaskUse, str]:
    """Return the task as fine-tuning on a few shots uses it, and why that is not possible.

    The reason is empty where every class has enough examples, as far as they are counted.
    """
    classes = len(task.use.card.labels)
    used = min(shots, max(1, SMOKE_TRAIN_ROWS // classes)) if task.smoke else shots
    use = replace(
        task.use,
        rows=used * classes,
        shots=shots if task.drawn else used,
        draw=draw,
        scored_limit=SMOKE_SCORED_ROWS if task.smoke else None,
    )
    counts = use.classes.get(use.train, {})
    return use, next(
        (too_few(name, shots, count) for name, count in counts.items() if count < shots), ""
    )


def too_few(name: str, shots: int, count: int) -> str:
    """Return that a class has fewer examples than shots, in words."""
    has = plural([count], "example") if count else "none"
    return f"asks for {plural([shots], 'example')} of each class, and class {name!r} has {has}"


def _in_use(
    benchmark: Benchmark, name: str, role: Role, *, catalog: Catalog, hub: Hub
) -> TaskInUse:
    spec = benchmark.spec
    own = benchmark.own_tasks.get(name)
    card = own or catalog.task(name).value
    other = spec.tasks.splits.get(name, SplitSpec())
    train, scored = other.train or card.train, other.scored or card.scored
    used = [train] if role == "auxiliary" else [train, scored]
    if own is not None:
        if card.unlabelled is None and role == "auxiliary":
            card = card.model_copy(update={"unlabelled": "drop"})
        card = complete_card(card, used, hub=hub)
    facts = {split: split_facts(card, split, hub=hub) for split in used}
    classes: Mapping[str, Mapping[str, int]] = {}
    if own is not None and in_files(card, hub=hub):
        labels = {split: own_rows(card, split, hub=hub).labels for split in used}
        facts = {split: replace(facts[split], rows=len(labels[split])) for split in used}
        classes = {split: _class_counts(card, labels[split]) for split in used}
    of_train = facts[train]
    of_scored = None if role == "auxiliary" else facts[scored]
    scored_identity = of_scored.identity if of_scored else ""
    use = TaskUse(
        card=card,
        role=role,
        train=train,
        scored=scored,
        identity=fingerprint({"train": of_train.identity, "scored": scored_identity}),
        train_rows=of_train.rows,
        scored_rows=of_scored.rows if of_scored else 0,
        classes=classes,
    )
    return TaskInUse(
        use,
        of_train.identity,
        scored_identity,
        shuffled=name in spec.tasks.shuffled,
        smoke=spec.smoke,
        notes=own_notes(card, train, scored if of_scored else None, hub=hub) if own else (),
    )


def _class_counts(card: TaskCard, labels: Sequence[str]) -> Mapping[str, int]:
    """Return the examples of each class, also of those that no example has."""
    found = Counter(labels) if card.labels else Counter()
    counts = [found[label] for label in card.labels]
    return dict(zip(class_names(card), counts, strict=True))
