"""A single Python file as a plugin: research without a package."""

from __future__ import annotations

import hashlib
import importlib
import re
import sys
from dataclasses import dataclass
from importlib.abc import MetaPathFinder
from importlib.machinery import SourceFileLoader
from importlib.util import spec_from_file_location
from pathlib import Path
from typing import TYPE_CHECKING, Any, final

from typing_extensions import override

from metabench.errors import UsageError
from metabench.plugin.status import LOCAL, PluginStatus

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from importlib.machinery import ModuleSpec
    from types import CodeType, ModuleType

__all__ = ["LocalFile", "read_local_files", "register_local_files"]

_PREFIX = "metabench_local_"
_HINT = "name a Python file, as in --plugin-file my_algorithm.py"


@final
@dataclass(frozen=True, slots=True)
class LocalFile:
    """A plugin file as read; this text runs, even if the file changes meanwhile.

    Args:
        path: its absolute path.
        source: its bytes.
    """

    path: Path
    source: bytes

    @property
    def module(self) -> str:
        """Name that the file is imported by, in every process of a run."""
        return _PREFIX + re.sub(r"\W", "_", self.path.stem)

    @property
    def status(self) -> PluginStatus:
        """The status of the plugin before it is loaded."""
        version = hashlib.sha256(self.source).hexdigest()[:12]
        return PluginStatus(self.path.stem, self.module, LOCAL, version, place=str(self.path))

    def load(self) -> Any:
        """Import the file, again if its text differs from that imported before."""
        loaded = sys.modules.get(self.module)
        if loaded is not None and getattr(loaded.__loader__, "file", None) != self:
            del sys.modules[self.module]
        return importlib.import_module(self.module)


def read_local_files(paths: Iterable[Path]) -> tuple[LocalFile, ...]:
    """Read plugin files; one that is named twice counts once.

    Raises:
        UsageError: a file is not there, is no Python file, or is called like another one.
    """
    files: dict[str, LocalFile] = {}
    for path in paths:
        file = _read(path)
        other = files.setdefault(file.module, file)
        if other.path != file.path:
            raise UsageError(
                f"two plugin files are called alike: {other.path} and {file.path}",
                hint="rename one of them",
            )
    return tuple(files.values())


def register_local_files(files: Sequence[LocalFile]) -> None:
    """Make plugin files importable in this process by the names of their modules."""
    mine = {file.module for file in files}
    sys.meta_path[:] = [
        finder
        for finder in sys.meta_path
        if not (isinstance(finder, _Finder) and finder.file.module in mine)
    ]
    sys.meta_path[:0] = [_Finder(file) for file in files]


def _read(path: Path) -> LocalFile:
    if path.suffix != ".py":
        raise UsageError("is not a Python file (.py)", where=str(path), hint=_HINT)
    try:
        return LocalFile(path.resolve(), path.read_bytes())
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        raise UsageError(f"cannot be read: {reason}", where=str(path), hint=_HINT) from error


@final
class _Finder(MetaPathFinder):
    """Finds one plugin file by the name of its module."""

    def __init__(self, file: LocalFile) -> None:
        self.file = file

    @override
    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        del path, target
        if fullname != self.file.module:
            return None
        return spec_from_file_location(
            fullname, self.file.path, loader=_Loader(fullname, self.file)
        )


@final
class _Loader(SourceFileLoader):
    """A loader of the text that was read, never of cached bytecode."""

    def __init__(self, fullname: str, file: LocalFile) -> None:
        super().__init__(fullname, str(file.path))
        self.file = file

    @override
    def get_code(self, fullname: str) -> CodeType:
        del fullname
        code: CodeType = self.source_to_code(self.file.source, self.path)
        return code
