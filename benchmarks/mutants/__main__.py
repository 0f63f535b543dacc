"""``tox -e mutants``: try a sample of changes and print what tests noticed."""

from __future__ import annotations

import queue
import sys
import tempfile
import tomllib
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from time import monotonic
from typing import Any, TypeVar

import click

from mutants.changes import ROOT, Mutant
from mutants.guards import Guards, test_files
from mutants.process import Copy
from mutants.sampling import guarded, sample
from mutants.verdicts import OPEN, Verdicts

_LISTED = ROOT / "tests" / "equivalent_mutants.toml"
_MEMORY = Path("/dev/shm")  # noqa: S108  (a folder with a name of its own in it)

OneT = TypeVar("OneT")


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--count", default=300, show_default=True, help="Changes to try.")
@click.option("--seed", default=0, show_default=True, help="Which ones.")
@click.option("--packages", default="", help="By commas; all unless given.")
@click.option("--jobs", default=2, show_default=True, help="At a time.")
@click.option("--seconds", default=60.0, show_default=True, help="Of tests for each, at most.")
@click.option("--minutes", default=60.0, show_default=True, help="Begin nothing after so many.")
@click.option("--kept", type=Path, default=ROOT / ".tox" / "mutants", help="Folder of verdicts.")
@click.option("--retry", is_flag=True, help="Try again what no test noticed.")
def study(**options: Any) -> None:
    """Try a sample of changes and print what tests noticed; fail where one survived."""
    drawn = sample(
        options["count"],
        seed=options["seed"],
        packages=[name for name in options["packages"].split(",") if name],
    )
    until = monotonic() + 60 * options["minutes"]
    listed = tomllib.loads(_LISTED.read_text(encoding="utf-8"))
    known = {name: kind for kind, reasons in listed.items() for name in reasons}
    guards = Guards(options["kept"] / "tests")
    verdicts = Verdicts(options["kept"] / "verdicts", known, retry=options["retry"])
    modules = [str(file.relative_to(ROOT)) for file in guarded()]
    with ExitStack() as held:
        place = _MEMORY if _MEMORY.is_dir() else None
        folder = Path(held.enter_context(tempfile.TemporaryDirectory(dir=place)))
        copies = []
        for number in range(options["jobs"]):
            copies.append(Copy(folder / str(number), files=test_files(), modules=modules))
            held.callback(copies[-1].close)
        _each(
            guards.missing(), copies, until,
            lambda copy, file: guards.keep(file, copy.cover(file, seconds=240)),
        )  # fmt: skip
        if guards.missing():
            raise click.ClickException(f"{len(guards.missing())} test files are still to be read")
        _each(
            [one for one in drawn if verdicts.wanting(one)], copies, until,
            lambda copy, one: verdicts.judge(copy, one, guards, seconds=options["seconds"]),
        )  # fmt: skip
    sys.exit(_print(drawn, {one.digest: verdicts.of(one) for one in drawn}))


def _each(
    items: Sequence[OneT], copies: Sequence[Copy], until: float, work: Callable[[Copy, OneT], None]
) -> None:
    """Do something with each item, in as many copies of the code as there are, until then."""
    free: queue.Queue[Copy] = queue.Queue()
    for copy in copies:
        free.put(copy)

    def one(item: OneT) -> None:
        if monotonic() < until:
            copy = free.get()
            try:
                work(copy, item)
            finally:
                free.put(copy)

    with ThreadPoolExecutor(len(copies)) as pool:
        for done in [pool.submit(one, item) for item in items]:
            done.result()


def _print(drawn: Sequence[Mutant], verdicts: dict[str, dict[str, Any]]) -> int:
    """Print what survived, and the share that was noticed by package."""
    tally: dict[str, Counter[str]] = defaultdict(Counter)
    for mutant in drawn:
        outcome = verdicts[mutant.digest].get("outcome", "not tried")
        tally[mutant.package][outcome] += 1
        if outcome in OPEN:
            click.echo(f"{outcome}: {mutant.path}:{mutant.line}: {mutant.before}")
            click.echo(f"    {mutant.after}")
    for test in sorted({name for found in verdicts.values() for name in found.get("refused", ())}):
        click.echo(f"left out, for it fails without a change: {test}")
    tally["all"] = sum(tally.values(), Counter())
    for package, counts in tally.items():
        tried = counts["noticed"] + counts["survived"] + counts["unguarded"]
        share = f"{counts['noticed'] / tried:.0%}" if tried else "none"
        click.echo(
            f"{package}: {counts['noticed']} of {tried} noticed ({share}),"
            f" {counts['equivalent']} change nothing, {counts['elsewhere']} run elsewhere,"
            f" {counts['not tried'] + counts['timed out']} without a verdict"
        )
    seconds = sum(found.get("seconds", 0) for found in verdicts.values())
    click.echo(f"{seconds / 60:.1f} minutes of one process")
    fine = sum(tally["all"][outcome] for outcome in ("noticed", "equivalent", "elsewhere"))
    return int(fine < len(drawn))


if __name__ == "__main__":
    study()
