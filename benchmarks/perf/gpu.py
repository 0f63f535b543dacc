"""What is to be seen on a GPU: first whether it is right, then how fast it is.

``benchmarks/perf/gpu.sh`` runs this; a part that cannot run says why, and the others go on.
"""

from __future__ import annotations

import json
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import click
import torch
from torch import Tensor

from perf import gpu_rates, ours, theirs
from perf.job import Job, Shape
from perf.peers import versions
from perf.problem import classifier, episode, learner, theta
from perf.study import run_part

__all__ = ["correctness", "precision", "report"]

Row = dict[str, float | str | bool | None]

_EXACT = ("exact/fast", "exact/auto", "exact/lean")
_DIFFERENCES = ("central", "forward")
_LIMITS = {**dict.fromkeys(_EXACT, 1e-4), **dict.fromkeys(_DIFFERENCES, 5e-3)}
_SECOND = ("unrolled", "learn2learn", "higher", "torchopt")


@click.command()
@click.option("--device", default="cuda", show_default=True)
@click.option("--small", is_flag=True, help="Small sizes, to try the script out.")
@click.option("--seconds", default=400.0, show_default=True, help="No part begins after so many.")
@click.option("--peers", type=Path, help="Where the other libraries are.")
@click.option("--output", type=Path, default=Path("runs/gpu"), show_default=True)
def report(device: str, *, small: bool, seconds: float, peers: Path | None, output: Path) -> None:
    """Check and measure on a GPU; leave gpu.json and gpu.md in a folder."""
    torch.backends.cuda.matmul.allow_tf32 = False
    job = Job(part="gradient", variant="", device=device, peers=peers)
    parts: Mapping[str, Callable[[Job, bool], Sequence[Row]]] = {
        "correct": correctness,
        "precision": precision,
        "exact": exact,
        "first order": gpu_rates.first_order,
        "busy": gpu_rates.busy,
        "fine-tuning": gpu_rates.fine_tuning,
    }
    begun = time.monotonic()
    found: dict[str, Sequence[Row]] = {"machine": [_machine(job)]}
    for name, part in parts.items():
        late = time.monotonic() - begun > seconds
        found[name] = [{"not run": "no time was left"}] if late else _guarded(part, job, small)
        click.echo(f"\n{name} ({time.monotonic() - begun:.0f} s)\n\n{_table(found[name])}")
        _leave(output, found)


def correctness(job: Job, small: bool) -> Sequence[Row]:  # noqa: FBT001  (a part's signature)
    """Hold each way of curvature against unrolling, with dropout off and on.

    With dropout off the other side is transformers' module with eager attention; with it, our own
    differentiable loss, which draws the same masks. Differences of gradients then go through a
    fused kernel that draws masks of its own, so that they are held against nothing.
    """
    rows: list[Row] = []
    device = torch.device(job.device)
    for dropout in (False, True):
        shape = _small_shape(small).model_copy(update={"dropout": dropout})
        whole = episode(shape, device)
        asked = job.model_copy(update={"shape": shape})
        if dropout:
            own = learner(shape, device, curvature=ours.curvature(asked, "exact/lean"))
            oracle = ours.unrolled_loss(own, theta(own), whole, shape.inner_lr)
        else:
            model = classifier(shape, device, attention="eager")
            oracle = theirs.flat(theirs.unrolled(model, whole, shape.inner_lr))
        for method in _EXACT if dropout else (*_EXACT, *_DIFFERENCES):
            error = _error(ours.build(asked, method)(whole), oracle)
            limit = _LIMITS[method]
            rows.append(
                {
                    "method": method,
                    "dropout": "on" if dropout else "off",
                    "error": error,
                    "bound": limit,
                    "holds": error <= limit,
                }
            )
    return rows


def precision(job: Job, small: bool) -> Sequence[Row]:  # noqa: FBT001  (a part's signature)
    """Compare each method's direction under bf16 autocast with that in fp32."""
    rows: list[Row] = []
    shape = _small_shape(small)
    whole = episode(shape, torch.device(job.device))
    for method in (*_EXACT, "FOMAML", "Reptile", "gradient"):
        full, half = (
            ours.build(job.model_copy(update={"shape": shape, "bf16": bf16}), method)(whole)
            for bf16 in (False, True)
        )
        cosine = float(torch.nn.functional.cosine_similarity(full, half, dim=0))
        rows.append({"method": method, "cosine": cosine, "holds": cosine >= 0.99})  # noqa: PLR2004
    return rows


def exact(job: Job, small: bool) -> Sequence[Row]:  # noqa: FBT001  (a part's signature)
    """Measure exact MAML in fp32 at BERT-base's shape, each variant in a process of its own."""
    shape = Shape(layers=12, width=768, length=128, steps=5)
    shape = _small_shape(small=True) if small else shape
    variants = (*_SECOND, *(f"metabench {m}" for m in (*_EXACT, *_DIFFERENCES, "FOMAML")))
    jobs = [
        job.model_copy(update={"shape": shape, "variant": variant, "kind": "memory",
                               "memory_gib": 40.0})
        for variant in variants
    ]  # fmt: skip
    part = run_part(jobs, repeats=1, peers=versions(job.peers), say=lambda _: None)
    return [
        {
            "variant": m.job.variant,
            "seconds": m.numbers.get("device_seconds"),
            "peak GiB": m.numbers["peak_bytes"] / 2**30 if m.numbers else None,
            "error": m.numbers.get("error"),
            "why not": (m.skipped or m.failed)[:120],
        }
        for m in part.measured
    ]


def _small_shape(small: bool) -> Shape:  # noqa: FBT001  (passed on)
    if small:
        return Shape(layers=2, width=48, vocabulary=2000, batch=4, length=16, steps=2, ragged=True)
    return Shape(layers=3, batch=16, length=128, steps=3, ragged=True)


def _error(found: Tensor, oracle: Tensor) -> float:
    return float((found - oracle).norm() / oracle.norm())


def _guarded(
    part: Callable[[Job, bool], Sequence[Row]],
    job: Job,
    small: bool,  # noqa: FBT001
) -> Sequence[Row]:
    try:
        return part(job, small)
    except Exception as error:  # noqa: BLE001  (the other parts go on)
        click.echo(traceback.format_exc(), err=True)
        return [{"not run": f"{type(error).__name__}: {error}"[:300]}]


def _machine(job: Job) -> Row:
    cuda = job.device.startswith("cuda") and torch.cuda.is_available()
    return {
        "device": torch.cuda.get_device_name() if cuda else job.device,
        "torch": torch.__version__,
        **versions(job.peers),
    }


def _table(rows: Sequence[Row]) -> str:
    head = list(dict.fromkeys(key for row in rows for key in row))
    lines = [f"| {' | '.join(head)} |", "|" + "---|" * len(head)]
    lines += ["| " + " | ".join(_cell(row.get(key)) for key in head) + " |" for row in rows]
    return "\n".join(lines)


def _cell(value: float | str | bool | None) -> str:  # noqa: FBT001  (a value to be shown)
    if isinstance(value, bool):
        return "yes" if value else "**no**"
    if isinstance(value, float):
        return f"{value:.4g}"
    return "" if value is None else str(value)


def _leave(folder: Path, found: Mapping[str, Sequence[Row]]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    tables = [f"## {name}\n\n{_table(rows)}\n" for name, rows in found.items()]
    (folder / "gpu.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    (folder / "gpu.md").write_text("\n".join(tables), encoding="utf-8")


if __name__ == "__main__":
    report()
