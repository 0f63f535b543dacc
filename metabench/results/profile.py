"""The execution environment of a result, on which its bits depend besides the cell's key."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from metabench.store.records.provenance import differences

if TYPE_CHECKING:
    from metabench.store.records.provenance import Provenance

__all__ = ["HARDWARE", "changed", "environment", "hardware", "same_environment"]

HARDWARE = ("processor", "processor_model", "instruction_set", "device")
"""The facts of an environment that no installation changes."""


def environment(where: Provenance) -> Mapping[str, str]:
    """Return the facts that make two executions comparable, by name; unknown ones are left out.

    They are the versions of metabench, Python, torch and all that computes with it, those of the
    plugins in use, the platform but for its kernel, the processor's name, model and instruction
    set, the device, its precision, the threads, and how layers and second derivatives are computed.
    """
    facts = {
        "metabench": where.metabench,
        "python": where.python,
        **where.versions,
        **{plugin.distribution: plugin.version for plugin in where.plugins},
        "platform": _without_kernel(where.platform),
        "processor": where.processor,
        "processor_model": where.processor_model,
        "instruction_set": where.instruction_set,
        "device": where.device,
        "precision": where.precision,
        "threads": str(where.threads or ""),
        "deterministic": str(where.deterministic).lower(),
        "compiled": "" if where.compiled is None else str(where.compiled).lower(),
        "curvature": where.curvature,
    }
    return {name: value for name, value in facts.items() if value not in {"", "unknown"}}


def hardware(where: Provenance) -> dict[str, str]:
    """Return the facts of `environment` about the processor and the GPU."""
    facts = environment(where)
    return {name: facts[name] for name in HARDWARE if name in facts}


def changed(then: Provenance, now: Provenance) -> tuple[str, ...]:
    """Return the differences between the environments of two results, by `differences`."""
    return tuple(differences(environment(then), environment(now)))


def same_environment(one: Provenance, other: Provenance) -> bool:
    """Return whether two results come from one environment, which promises equal bits."""
    return not changed(one, other)


def _without_kernel(platform: str) -> str:
    """Return a platform without the version of a Linux kernel, which no number depends on.

    >>> _without_kernel("Linux-6.1.0-13-amd64-x86_64-with-glibc2.36")
    'Linux-x86_64-with-glibc2.36'
    >>> [_without_kernel(name) for name in ("Linux-6.1.0-x86_64", "Other-1-with-libc")]
    ['Linux-6.1.0-x86_64', 'Other-1-with-libc']
    """
    system, parted, library = platform.partition("-with-")
    if not parted or not system.startswith("Linux-"):
        return platform
    return f"Linux-{system.rpartition('-')[2]}-with-{library}"
