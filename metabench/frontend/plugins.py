"""The installed plugins, and those of single files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from metabench.errors import PluginError

if TYPE_CHECKING:
    from os import PathLike

    from metabench.plugin.catalog import Catalog

__all__ = ["load_plugins", "refuse_broken_files"]


def load_plugins(files: Sequence[str | PathLike[str]] = ()) -> Catalog:
    """Return the catalog of all installed plugins.

    Args:
        files: Python files to load as plugins, too.

    Raises:
        UsageError: a file does not exist, or two have the same name.
        PluginError: a file is broken.
    """
    from metabench.plugin.catalog import load_catalog
    from metabench.plugin.local import read_local_files

    catalog = load_catalog(files=read_local_files(Path(file) for file in files))
    refuse_broken_files(catalog)
    return catalog


def refuse_broken_files(catalog: Catalog) -> None:
    """Refuse a plugin file that does not load; a broken package is a warning elsewhere.

    Raises:
        PluginError: there is one.
    """
    for plugin in catalog.plugins:
        if plugin.local and plugin.state in {"failed", "incompatible"}:
            raise PluginError(
                plugin.detail,
                where=plugin.place,
                hint=f"fix the file; `metabench plugins --plugin-file FILE show {plugin.name}`"
                " shows the traceback",
            )
