"""From names on the command line to the tasks and encoders that they mean."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, final

from metabench.cli.inputs.benchmark import make_plan
from metabench.cli.inputs.installed import installed
from metabench.cli.views.text import note
from metabench.errors import NothingMatchedError, UsageError
from metabench.frontend.places import find_benchmark, shipped_benchmarks
from metabench.suggest import suggest

if TYPE_CHECKING:
    from metabench.data.rows import Part
    from metabench.plan.cell import TaskUse
    from metabench.spec.model.sections import ModelSpec
    from metabench.tasks.hub import Hub

__all__ = ["Wanted", "fetch_encoder", "parts_of", "present", "shown_encoder", "wanted"]


@final
@dataclass(frozen=True)
class Wanted:
    """Tasks, each as it is used, and encoders."""

    uses: tuple[TaskUse, ...]
    models: tuple[ModelSpec, ...] = ()

    def only(self, names: Sequence[str]) -> tuple[TaskUse, ...]:
        """Return the tasks of these names; without a name, all.

        Raises:
            NothingMatchedError: there is no such task.
        """
        known = {use.card.name: use for use in self.uses}
        for name in names:
            if name not in known:
                raise NothingMatchedError(
                    f"there is no task {name!r}{suggest(name, known)}",
                    hint="`metabench validate FILE` lists its tasks",
                )
        return tuple(use for use in self.uses if not names or use.card.name in names)


def parts_of(use: TaskUse) -> tuple[Part, ...]:
    """Return the parts of a task that are used: nothing is ever scored on an auxiliary one."""
    return ("train",) if use.role == "auxiliary" else ("train", "scored")


def shown_encoder(asked: Wanted) -> ModelSpec:
    """Return the encoder of the benchmark file, or the one that ships with metabench.

    Raises:
        UsageError: several files name several encoders.
    """
    from metabench.spec.model.sections import ModelSpec
    from metabench.tasks.hub import SHIPPED_CHARACTERS

    if len(asked.models) > 1:
        raise UsageError(
            "the benchmark files name several encoders", hint="show one benchmark file at a time"
        )
    return asked.models[0] if asked.models else ModelSpec(id=SHIPPED_CHARACTERS, weights="random")


def wanted(names: Sequence[str], *, hub: Hub) -> Wanted:
    """Return the datasets and encoders that tasks and benchmark files need.

    Raises:
        NothingMatchedError: a name is neither.
        MetabenchError: a benchmark file is not valid, or something that it needs is missing.
    """
    from metabench.data.check import card_use

    tasks = installed().tasks
    uses: dict[tuple[str, str, str], TaskUse] = {}
    models: dict[str, ModelSpec] = {}
    for name in names:
        if name in tasks:
            found = Wanted((card_use(tasks[name].value),))
        elif Path(name).is_file() or name.removesuffix(".toml") in shipped_benchmarks():
            found = _of_file(name, hub=hub)
        else:
            raise NothingMatchedError(
                f"there is no task and no benchmark file {name!r}{suggest(name, tasks)}",
                hint="see `metabench data list`",
            )
        for use in found.uses:
            key = (use.card.name, use.train, use.scored)
            if use.role != "auxiliary" or key not in uses:  # it may be scored in another file
                uses[key] = use
        models.update({model.model_dump_json(): model for model in found.models})
    return Wanted(tuple(uses.values()), tuple(models.values()))


def present(*, hub: Hub) -> Wanted:
    """Return all tasks with examples on this machine, and report the others."""
    from metabench.data.check import card_use
    from metabench.tasks.presence import presence

    cards = [offer.value for offer in installed().tasks.values()]
    there = [card for card in cards if presence(card, hub=hub).state != "absent"]
    absent = [card.name for card in cards if card not in there]
    if absent:
        note(f"not on this machine: {', '.join(absent)}")
    return Wanted(tuple(map(card_use, there)))


def fetch_encoder(model: ModelSpec, *, hub: Hub) -> None:
    """Load an encoder and its tokenizer as a run does.

    Raises:
        DataError: it cannot be loaded.
    """
    from metabench.nn.encoder import load_encoder, load_tokenizer
    from metabench.seeding import Stream

    load_tokenizer(model, hub=hub)
    load_encoder(model, hub=hub, stream=Stream.root(0))


def _of_file(file: str, *, hub: Hub) -> Wanted:
    plan = make_plan(str(find_benchmark(file)), sets=(), smoke=False, hub=hub.mirror).plan
    uses = [use for cell in plan.cells for use in cell.uses]
    return Wanted(tuple(uses), (plan.cells[0].work.model,))
