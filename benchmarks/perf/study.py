"""Runs a part: every job in a process of its own, repeat by repeat."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file

from perf.job import Job
from perf.record import Measured, Part, now, this_machine

__all__ = ["REFERENCE", "run_part"]

_LIMIT = 1800  # seconds of one process
REFERENCE = {
    "metabench FOMAML": "learn2learn first order",
    "metabench Reptile": "learn2learn Reptile",
    "metabench gradient": "transformers gradient",
}
"""Whose direction a variant is held against, where that is not the unrolled oracle's."""
_REFERENCES = {
    "unrolled",
    "transformers gradient",
    "learn2learn first order",
    "learn2learn Reptile",
}


def run_part(
    jobs: Sequence[Job],
    *,
    repeats: int,
    peers: dict[str, str],
    say: Callable[[Measured], None],
) -> Part:
    """Return what the jobs measured; odd repeats go through them backwards.

    Memory is measured once: the bytes of a piece of work are the same in every run.
    """
    part = Part(begun=now(), machine=this_machine(peers))
    with tempfile.TemporaryDirectory() as folder:
        for repeat in range(repeats):
            for job in jobs if repeat % 2 == 0 else reversed(jobs):
                if repeat and job.kind == "memory":
                    continue
                found = _run(_leaving_gradient(job, Path(folder)), repeat)
                part.measured.append(found)
                say(found)
        part.measured = _with_errors(part.measured, Path(folder))
    return part


def _run(job: Job, repeat: int) -> Measured:
    threads = [f"{name}_NUM_THREADS={job.threads}" for name in ("OMP", "MKL", "RAYON")]
    places = f"PYTHONPATH={os.pathsep.join(filter(None, sys.path))}"
    command = ["/usr/bin/env", *threads, places, sys.executable, "-m", "perf.worker"]
    try:
        done = subprocess.run(  # noqa: S603  (our own worker)
            command,
            input=job.model_dump_json(),
            capture_output=True,
            text=True,
            check=False,
            timeout=_LIMIT,
        )
    except subprocess.TimeoutExpired:
        return Measured(job=job, repeat=repeat, failed=f"took longer than {_LIMIT} s")
    if done.returncode:
        last = (done.stderr.strip().splitlines() or [""])[-1]
        return Measured(job=job, repeat=repeat, failed=last or f"exit code {done.returncode}")
    answer = json.loads(done.stdout.strip().splitlines()[-1])
    return Measured(job=job, repeat=repeat, **answer)


def _leaving_gradient(job: Job, folder: Path) -> Job:
    if job.part not in {"gradient", "means"} or job.kind != "memory":
        return job
    name = job.variant.replace("/", " ").replace(" ", "-")
    return job.model_copy(update={"gradient": folder / f"{name}.safetensors"})


def _with_errors(measured: Sequence[Measured], folder: Path) -> list[Measured]:
    """Return the measurements, those that left a gradient with its relative error."""
    del folder
    places = {m.job.variant: m.job.gradient for m in measured if m.job.gradient}
    found = []
    for each in measured:
        place = each.job.gradient
        numbers = dict(each.numbers)
        other = places.get(REFERENCE.get(each.job.variant, "unrolled"))
        compared = each.job.variant not in _REFERENCES - {"unrolled"}
        if compared and place and place.exists() and other and other.exists():
            numbers["error"] = _error(place, other)
            numbers |= _share(numbers["error"], other, places.get("learn2learn first order"))
        job = each.job.model_copy(update={"gradient": None})
        found.append(each.model_copy(update={"job": job, "numbers": numbers}))
    return found


def _error(place: Path, other: Path) -> float:
    ours, theirs = (load_file(path)["gradient"].astype(np.float64) for path in (place, other))
    return float(np.linalg.norm(ours - theirs) / np.linalg.norm(theirs))


def _share(error: float, oracle: Path, first_order: Path | None) -> dict[str, float]:
    """Return the error as a share of what second derivatives change in the meta-gradient."""
    if first_order is None or not first_order.exists() or oracle.stem != "unrolled":
        return {}
    return {"error_of_curvature": error / max(_error(first_order, oracle), 1e-30)}
