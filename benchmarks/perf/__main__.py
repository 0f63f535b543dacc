"""The study of performance: ``tox -e perf`` measures, prints the tables and writes the page.

Parts that are asked for are measured anew, each in one go; the others stay as they were.
"""

from __future__ import annotations

from pathlib import Path

import click

from perf.job import Job, Shape
from perf.page import block, write_page
from perf.peers import fetch, versions
from perf.plan import PARTS, jobs
from perf.record import Measured, read, write
from perf.study import run_part

_PEERS = Path.home() / ".cache" / "metabench" / "peers"


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--parts", default=",".join(PARTS), show_default=True, help="By commas.")
@click.option("--variant", "variants", multiple=True, help="May be repeated; all unless given.")
@click.option("--repeats", default=3, show_default=True, help="Processes of each variant.")
@click.option("--threads", default=2, show_default=True, help="Of each process.")
@click.option("--layers", default=6, show_default=True)
@click.option("--width", default=384, show_default=True)
@click.option("--steps", default=5, show_default=True, help="k, of the inner loop.")
@click.option("--batch", default=32, show_default=True, help="Rows.")
@click.option("--length", default=64, show_default=True, help="Tokens of a row.")
@click.option("--rounds", default=4, show_default=True, help="Meta-steps that are timed.")
@click.option("--memory", default=1.5, show_default=True, help="GiB that exact/auto may keep.")
@click.option("--model", default="sentence-transformers/paraphrase-MiniLM-L3-v2", show_default=True)
@click.option("--hub", type=Path, envvar="METABENCH_HUB", help="Offline mirror of the hub.")
@click.option("--peers", type=Path, default=_PEERS, help="Where the other libraries are put.")
@click.option("--output", type=Path, default=Path("runs/perf.json"), show_default=True)
@click.option(
    "--page",
    "pages",
    type=Path,
    multiple=True,
    help="Write the tables into this page's marked blocks.",
)
@click.option("--render", is_flag=True, help="Measure nothing; write what the output holds.")
def study(  # noqa: PLR0913, PLR0917  (one parameter per option)
    parts: str,
    variants: tuple[str, ...],
    repeats: int,
    threads: int,
    layers: int,
    width: int,
    steps: int,
    batch: int,
    length: int,
    rounds: int,
    memory: float,
    model: str,
    hub: Path | None,
    peers: Path,
    output: Path,
    pages: tuple[Path, ...],
    *,
    render: bool,
) -> None:
    """Measure the engine beside other libraries, every variant in a process of its own."""
    shape = Shape(layers=layers, width=width, steps=steps, batch=batch, length=length)
    example = Job(
        part="", variant="", shape=shape, threads=threads, memory_gib=memory, peers=peers, hub=hub,
        model=model,
    )  # fmt: skip
    names = [name for name in parts.split(",") if name]
    if unknown := sorted(set(names) - set(PARTS)):
        raise click.BadParameter(
            f"{unknown[0]!r} is none of {', '.join(PARTS)}", param_hint="parts"
        )
    if not render:
        for problem in fetch(peers):
            click.echo(f"a library is missing: {problem}", err=True)
        for name in names:
            found = jobs(name, example, rounds=rounds)
            found = [job for job in found if not variants or job.variant in variants]
            if not found:
                raise click.BadParameter(f"none is of part {name!r}", param_hint="variant")
            part = run_part(found, repeats=repeats, peers=versions(peers), say=_say)
            report = read(output)
            report.parts[name] = part
            write(output, report)
    report = read(output)
    for name in ("bounds", "machines", *report.parts):
        click.echo(f"\n{name}\n\n{block(name, report)}")
    for page in pages:
        write_page(page, report)


def _say(found: Measured) -> None:
    said = (
        found.skipped
        or found.failed
        or ", ".join(f"{name} {value:.4g}" for name, value in list(found.numbers.items())[:3])
    )
    job = found.job
    click.echo(f"{job.part} {job.variant} ({job.kind}, {found.repeat + 1}): {said}", err=True)


if __name__ == "__main__":
    study()
