"""The child process of ``metabench plugins check``: one JSON line per step on stdout."""

from __future__ import annotations

import faulthandler
import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from metabench.errors import MetabenchError
from metabench.plugin.catalog import Catalog, load_catalog
from metabench.plugin.discovery import discover, is_blocked
from metabench.plugin.local import LocalFile, read_local_files
from metabench.plugin.status import PluginStatus
from metabench.plugin.trial import Outcome
from metabench.plugin.watch import SLOW_SECONDS, name_slow
from metabench.testing.conformance import (
    Check,
    NotApplicableError,
    NotConformingError,
    Subject,
    checks_of,
    find_subjects,
)

Tell = Callable[..., None]


def main(request: dict[str, Any]) -> None:
    """Run the checks that are not done; announce each before it starts."""
    tell = _own_stdout()
    hub = None if request["hub"] is None else Path(request["hub"])
    try:
        faulthandler.dump_traceback_later(request["seconds"], exit=True)
        subjects = find_subjects(request["name"], _catalog(request, tell), hub=hub)
        faulthandler.cancel_dump_traceback_later()
    except MetabenchError as error:
        kind = type(error).__name__
        tell("refused", kind=kind, problem=error.problem, where=error.where, hint=error.hint)
        return
    done = {tuple(one) for one in request["done"]}
    for subject in subjects:
        for check in checks_of(subject.kind):
            if (subject.kind, subject.name, check.name) not in done:
                _run(subject, check, tell, seconds=request["seconds"])
    tell("over")


def _run(subject: Subject, check: Check, tell: Tell, *, seconds: float) -> None:
    case = {
        "kind": subject.kind,
        "name": subject.name,
        "origin": subject.plugin.origin,
        "check": check.name,
        "law": check.law,
        "hint": check.hint,
    }
    tell("begun", case=case)
    faulthandler.dump_traceback_later(seconds, exit=True)
    started, state, detail = time.perf_counter(), "ok", ""
    try:
        check.call(subject)
    except NotApplicableError as reason:
        state, detail = "skipped", str(reason)
    except NotConformingError as problem:
        state, detail = "failed", str(problem)
    faulthandler.cancel_dump_traceback_later()
    spent = time.perf_counter() - started
    tell("ended", **asdict(Outcome(**case, state=state, detail=detail, seconds=spent)))  # type: ignore[arg-type]


def _catalog(request: dict[str, Any], tell: Tell) -> Catalog:
    """Load the plugins that the name needs: one for a plugin, all for a registration."""
    files = read_local_files([Path(file) for file in request["files"]])
    blocked = {*request["left_out"], *_others(request["name"], files)}
    slow = name_slow(lambda plugin: tell("slow", plugin=_named(plugin), seconds=SLOW_SECONDS))

    @contextmanager
    def watch(plugin: PluginStatus) -> Iterator[None]:
        tell("loading", plugin=_named(plugin))
        with slow(plugin):
            yield

    return load_catalog(blocked=frozenset(blocked), files=files, watch=watch)


def _others(name: str, files: tuple[LocalFile, ...]) -> set[str]:
    plugins = [found.status for found in discover()] + [file.status for file in files]
    owners = [plugin for plugin in plugins if name in {plugin.name, plugin.distribution}]
    if not owners:
        return set()
    wanted = {plugin.distribution for plugin in owners}
    return {
        plugin.distribution
        for plugin in plugins
        if plugin.distribution not in wanted and not plugin.built_in
        if not any(is_blocked(owner, frozenset({plugin.distribution})) for owner in owners)
    }


def _named(plugin: PluginStatus) -> dict[str, str]:
    return {"origin": plugin.origin, "distribution": plugin.distribution, "module": plugin.module}


def _own_stdout() -> Tell:
    """Keep stdout for events; a plugin's output goes to stderr."""
    pipe = os.dup(1)
    os.dup2(2, 1)

    def tell(event: str, **told: Any) -> None:
        os.write(pipe, json.dumps({"event": event, **told}).encode() + b"\n")

    return tell


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
