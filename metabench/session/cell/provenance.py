"""Where a cell's numbers come from: versions, machine, code, data, command."""

from __future__ import annotations

import platform
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING

from metabench.plan.cell import FineTuneWork, MetaWork
from metabench.privacy import private
from metabench.session.cell.checkout import checkout
from metabench.store.records.provenance import PluginNote, Provenance
from metabench.version import __version__

if TYPE_CHECKING:
    from collections.abc import Mapping

    from metabench.engine.device import Device
    from metabench.plan.cell import Cell, Provided
    from metabench.session.runtime import Assignment

__all__ = ["cell_provenance", "hardware_facts", "now"]

_DISTRIBUTIONS = (
    "torch", "transformers", "tokenizers", "datasets", "numpy", "scipy", "scikit-learn",
)  # fmt: skip


def now() -> str:
    """Return the time as ISO text in UTC."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def cell_provenance(
    cell: Cell,
    assignment: Assignment,
    *,
    device: Device | None = None,
    started: str = "",
    compiled: bool | None = None,
) -> Provenance:
    """Return where the numbers of a cell that ends now come from.

    ``device`` is None where the process that had it is gone.
    """
    commit, dirty = assignment.checkout or checkout()
    return Provenance(
        metabench=__version__,
        python=platform.python_version(),
        versions=_versions(),
        platform=platform.platform(),
        **hardware_facts(device),
        precision=device.precision(cell.curvature) if device else "",
        threads=device.threads if device else None,
        deterministic=device is not None and device.deterministic,
        compiled=compiled,
        curvature=_curvature(cell, device),
        git_commit=commit,
        git_dirty=dirty,
        plugins=_plugins(cell),
        data={use.card.name: use.identity for use in cell.uses},
        model=cell.work.model.id,
        model_identity=str(cell.inputs.get("model", "")),
        benchmark=assignment.benchmark,
        spec_hash=assignment.spec_hash,
        command=tuple(map(private, assignment.runtime.command)),
        started=started,
        ended=now(),
    )


def hardware_facts(device: Device | None) -> dict[str, str]:
    """Return the processor and the device of this process, by the fields of a provenance."""
    return {
        "processor": _processor(),
        "processor_model": _processor_model(),
        "instruction_set": device.instruction_set if device else "",
        "device": device.title if device else "",
    }


def _plugins(cell: Cell) -> tuple[PluginNote, ...]:
    work = cell.work
    parts: list[Provided | None] = []
    if isinstance(work, MetaWork):
        parts = [work.algorithm, work.sampler]
    elif isinstance(work, FineTuneWork):
        parts = [work.adaptation]
    used = {(part.distribution, part.version) for part in parts if part is not None}
    return tuple(PluginNote(distribution=name, version=text) for name, text in sorted(used))


@cache
def _versions() -> dict[str, str]:
    found = {}
    for name in _DISTRIBUTIONS:
        try:
            found[name] = version(name)
        except PackageNotFoundError:  # a vendored or renamed build
            found[name] = "unknown"
    return found


def _curvature(cell: Cell, device: Device | None) -> str:
    """Return how exact second derivatives add up, where the cell has any: lean in another order."""
    if device is None or cell.curvature != "exact":
        return ""
    return "lean" if device.keep == "lean" else "auto or fast"


def _processor() -> str:
    return _cpu_facts().get("model name") or platform.processor() or platform.machine()


def _processor_model() -> str:
    """Return details of the processor beyond its name, which virtual machines share."""
    facts = _cpu_facts()
    keys = ("vendor_id", "cpu family", "model", "CPU implementer", "CPU part")
    return " ".join(facts[key] for key in keys if key in facts)


@cache
def _cpu_facts() -> Mapping[str, str]:
    """Return Linux's facts about the first processor; empty elsewhere."""
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return {}
    lines = (line.partition(":") for line in text.partition("\n\n")[0].splitlines())
    return {name.strip(): value.strip() for name, _, value in lines}
