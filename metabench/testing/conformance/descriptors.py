"""Checks of descriptors: entry module and options."""

from __future__ import annotations

import functools
import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from metabench.plugin.offers import KINDS
from metabench.testing.conformance.check import law, require
from metabench.testing.conformance.verdict import NotApplicableError

if TYPE_CHECKING:
    from metabench.testing.conformance.subject import Subject

__all__ = ["imports_light", "options_documented", "options_strict"]

_MOST_SECONDS = 0.1
_ATTEMPTS = 3
_HEAVY = ("torch", "transformers", "datasets", "tensorflow", "jax", "scipy", "sklearn", "pandas")
_PROGRAM = """\
import json, sys, time, importlib
import metabench.api, metabench.errors, metabench.plugin.catalog
path, module = json.loads(sys.argv[1])
sys.path[:] = path
started = time.process_time()
importlib.import_module(module)
spent = time.process_time() - started
loaded = {name.partition(".")[0] for name in sys.modules}
sys.stdout.write("\\n" + json.dumps([spent, sorted(loaded)]))
"""


@law(*KINDS)
def imports_light(subject: Subject) -> None:
    """The entry module is imported in 0.1 s of CPU time, and without a heavy library.

    Import torch and other heavy libraries in the module behind the descriptor, not in the entry
    module; every command loads that one.
    """
    module = subject.plugin.module
    if subject.plugin.local:
        raise NotApplicableError("a single file may import anything")
    seconds, loaded = _fastest(module, tuple(sys.path))
    heavy = [name for name in _HEAVY if name in loaded]
    require(not heavy, f"importing {module} loads {', '.join(heavy)}")
    require(
        seconds <= _MOST_SECONDS,
        f"importing {module} takes {seconds:.2f} s, more than {_MOST_SECONDS} s",
    )


@law("algorithm", "sampler", "adaptation", "launcher")
def options_documented(subject: Subject) -> None:
    """Every option has a docstring and a default.

    Put a string below each field; ``metabench show`` prints it.
    """
    fields: Any = subject.value.options.model_fields
    silent = [name for name, field in fields.items() if not (field.description or "").strip()]
    require(not silent, f"options without a docstring: {', '.join(silent)}")
    needed = [name for name, field in fields.items() if field.is_required()]
    require(not needed, f"options without a default: {', '.join(needed)}")
    require((subject.value.summary or "").strip(), "the descriptor has no summary")


@law("algorithm", "sampler", "adaptation", "launcher")
def options_strict(subject: Subject) -> None:
    """Options refuse unknown keys, values of another type and NaN, and are frozen.

    Derive from ``AlgorithmOptions`` or ``Options`` and leave ``model_config`` alone.
    """
    model: Any = subject.value.options
    _refused(model, {"no_such_option": 1}, "an unknown key")
    for name, value in model().model_dump().items():
        if isinstance(value, bool | int | float):
            _refused(model, {name: str(value)}, f"a text for {name!r}")
        if isinstance(value, float):
            _refused(model, {name: float("nan")}, f"NaN for {name!r}")
    require(model.model_config.get("frozen"), "options can be written to; leave them frozen")


def _refused(model: Any, values: dict[str, Any], what: str) -> None:
    try:
        model.model_validate(values)
    except ValidationError:
        return
    require(holds=False, otherwise=f"options accept {what}")


def _last_line(said: str) -> str:
    return next(reversed(said.strip().splitlines()), "it printed nothing")


@functools.cache
def _fastest(module: str, path: tuple[str, ...]) -> tuple[float, frozenset[str]]:
    """Return the shortest of several import times, least affected by other load."""
    seconds, loaded = _imported(module, path)
    for _ in range(_ATTEMPTS - 1):
        if seconds > _MOST_SECONDS:
            seconds = min(seconds, _imported(module, path)[0])
    return seconds, loaded


def _imported(module: str, path: tuple[str, ...]) -> tuple[float, frozenset[str]]:
    """Return a module's import time in a new process in seconds, and the loaded modules."""
    command = [sys.executable, "-P", "-c", _PROGRAM, json.dumps([path, module])]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    require(done.returncode == 0, f"importing {module} alone fails: {_last_line(done.stderr)}")
    seconds, loaded = json.loads(done.stdout.splitlines()[-1])
    return seconds, frozenset(loaded)
