"""A tox runner for environments that install the same things: they share one folder.

tox ties an environment's folder to its name and builds it anew when another name comes along. The
environments that say ``runner = shared`` and one ``env_dir`` install the same, so once is enough.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from tox.plugin import impl
from tox.tox_env.api import ToxEnv
from tox.tox_env.info import Info
from tox.tox_env.python.virtual_env.runner import VirtualEnvRunner

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tox.tox_env.register import ToxEnvRegister


class NamelessInfo(Info):
    """What tox remembers of a folder, less the name of the environment that made it."""

    @contextmanager
    def compare(
        self, value: Any, section: str, sub_section: str | None = None
    ) -> Iterator[tuple[bool, Any | None]]:
        """Compare as tox does, under one name for all."""
        if section == ToxEnv.__name__:
            value = {**value, "name": SharedRunner.id()}
        with super().compare(value, section, sub_section) as answer:
            yield answer


class SharedRunner(VirtualEnvRunner):
    """A virtual environment that is not tied to one name."""

    @staticmethod
    def id() -> str:
        """Return the name of this runner in tox.ini."""
        return "shared"

    @property
    def cache(self) -> Info:
        """What tox remembers of the folder."""
        return NamelessInfo(self.env_dir)


@impl
def tox_register_tox_env(register: ToxEnvRegister) -> None:
    """Register the runner."""
    register.add_run_env(SharedRunner)
