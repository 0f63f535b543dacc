"""From ``--launcher NAME --launcher-set KEY=VALUE`` to a run's launcher and its agents' command."""

from __future__ import annotations

import json
import sys
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, final

from pydantic import ValidationError

from metabench.api import AgentCommand, Launcher, LauncherInfo
from metabench.errors import MetabenchError, PluginError, UsageError
from metabench.import_path import protect_children
from metabench.plugin.guard import Fault, guarded
from metabench.plugin.target import load_target
from metabench.session.runner.mailbox import FileMailbox
from metabench.suggest import suggest

if TYPE_CHECKING:
    from metabench.api import Options
    from metabench.plugin.catalog import Catalog
    from metabench.session.runtime import Assignment

__all__ = ["LOCAL", "Launching", "agent_command", "find_launcher"]

ValueT = TypeVar("ValueT")

LOCAL = "local"
"""The launcher of a run that asks for none; one cell at a time needs no agent."""


@final
@dataclass(frozen=True, slots=True)
class Launching:
    """A launcher with its options, opened when there is something to run.

    Args:
        info: its descriptor.
        options: the options given.
        origin: the plugin that provides it.
    """

    info: LauncherInfo
    options: Options
    origin: str

    def open(self, command: AgentCommand) -> Launcher[Any]:
        """Return the launcher.

        Raises:
            SetupError: it reports a missing requirement.
            PluginError: it cannot be loaded, or is no launcher.
        """
        made = guarded(lambda: load_target(self.info.target)(self.options, command))
        opened = self.answered(made)
        if not isinstance(opened, Launcher):
            raise PluginError(
                f"{self.info.target} is no Launcher",
                where=self.origin,
                hint="derive the class from metabench.api.Launcher",
            )
        return opened

    def answered(self, found: ValueT | Fault) -> ValueT:
        """Return the launcher's return value.

        Raises:
            MetabenchError: the launcher raised it.
            PluginError: the launcher raised another exception.
        """
        if not isinstance(found, Fault):
            return found
        if isinstance(found.error, MetabenchError):
            raise found.error
        raise PluginError(
            f"launcher {self.info.name!r} raised {found.detail}",
            where=self.origin,
            hint="fix the launcher, or run without it; `metabench plugins check` tries it",
        ) from found.error


def find_launcher(catalog: Catalog, name: str, settings: Sequence[str] = ()) -> Launching:
    """Return a launcher with its options.

    Args:
        catalog: the installed plugins.
        name: its name.
        settings: texts such as ``partition=gpu``; a value is TOML, or else a string.

    Raises:
        PluginError: there is no launcher of that name.
        UsageError: an option or its value is invalid.
    """
    offer = catalog.launcher(name)
    info = offer.value
    values: dict[str, Any] = {}
    for setting in settings:
        key, equals, text = setting.partition("=")
        key = key.strip()
        if not equals or key not in info.options.model_fields:
            fields = info.options.model_fields
            raise UsageError(
                f"launcher {name!r} has no option {key!r}{suggest(key, fields)}",
                where="--launcher-set",
                hint=f"its options are {', '.join(fields) or 'none'}; write KEY=VALUE",
            )
        values[key] = _value(text.strip())
    try:
        options = info.options.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise UsageError(
            f"launcher {name!r}: {place}: {first['msg']}",
            where="--launcher-set",
            hint="give it a value of that type; text in quotation marks, as in TOML",
        ) from error
    return Launching(info, options, offer.plugin.origin)


def _value(text: str) -> Any:
    try:
        found = tomllib.loads(f"value = {text}")["value"]
    except (tomllib.TOMLDecodeError, RecursionError):
        return text
    return tuple(found) if isinstance(found, list) else found


def agent_command(assignment: Assignment) -> AgentCommand:
    """Return the command that starts an agent with this process's import path."""
    protect_children()
    program = (
        "import json, sys; sys.path[:] = json.loads(sys.argv[1]);"
        " from metabench.session.runner.agent import main; main()"
    )
    warnings = [f"-W{one}" for one in sys.warnoptions]
    command = AgentCommand(
        arguments=(sys.executable, *warnings, "-c", program, json.dumps(sys.path)),
        folder=Path.cwd(),
        installed=(
            *warnings,
            "-P",
            "-c",
            "from metabench.session.runner.agent import main; main()",
        ),
    )
    return replace(command, mailbox=FileMailbox(assignment.folder, command))
