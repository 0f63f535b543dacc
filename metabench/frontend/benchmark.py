"""A benchmark from Python values."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, final

import tomli_w
from typing_extensions import override

from metabench.errors import UsageError
from metabench.frontend.planning import Request
from metabench.frontend.plugins import load_plugins

if TYPE_CHECKING:
    from os import PathLike

__all__ = ["Benchmark"]


@final
class Benchmark:
    """A benchmark from Python values: the keys of a benchmark file as keyword arguments.

    For example ``Benchmark(name="mine", model={...}, tasks={...}, methods=[{...}])``; the
    reference of the benchmark file lists all keys. ``schema`` may be left out. Relative paths
    count from the working directory.

    Args:
        plugin_files: Python files to load as plugins.
        sections: the top-level keys of a benchmark file.

    Raises:
        SpecError: a value is not valid; carries all problems.
        PluginError: a plugin that it names is broken.
        UsageError: a value is of a type that a benchmark file cannot hold.
    """

    def __init__(
        self, *, plugin_files: Sequence[str | PathLike[str]] = (), **sections: Any
    ) -> None:
        from metabench.spec.reading.load import load_benchmark

        try:
            text = tomli_w.dumps({"schema": 1, **sections})
        except TypeError as error:
            raise UsageError(
                f"a value is not one that a benchmark file can hold: {error}",
                hint="use bool, int, float, str, list and dict; leave a key out in place of None",
            ) from error
        self._plugin_files = tuple(plugin_files)
        self._request = Request(Path(f"{sections.get('name', 'benchmark')}.toml"), text=text)
        catalog = load_plugins(self._plugin_files)
        load_benchmark(self._request.path, catalog=catalog, text=text)

    @property
    def request(self) -> Request:
        """The benchmark, to be planned."""
        return self._request

    @property
    def plugin_files(self) -> tuple[str | PathLike[str], ...]:
        """Python files to load as plugins."""
        return self._plugin_files

    def to_toml(self) -> str:
        """Return the text of the benchmark file."""
        return self._request.text or ""

    def write(self, path: str | PathLike[str]) -> Path:
        """Write the benchmark file and return its path.

        Raises:
            StoreError: the file cannot be written.
        """
        from metabench.store.atomic import commit_bytes

        commit_bytes(Path(path), self.to_toml().encode())
        return Path(path)

    @override
    def __repr__(self) -> str:
        return self.to_toml()
