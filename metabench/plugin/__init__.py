"""What is installed: the isolating loader of plugins and the catalog of what they offer."""

from metabench.plugin.catalog import Catalog, load_catalog
from metabench.plugin.local import LocalFile, read_local_files, register_local_files
from metabench.plugin.observers import Observer, notify
from metabench.plugin.status import Offer, PluginState, PluginStatus
from metabench.plugin.target import load_target

__all__ = [
    "Catalog",
    "LocalFile",
    "Observer",
    "Offer",
    "PluginState",
    "PluginStatus",
    "load_catalog",
    "load_target",
    "notify",
    "read_local_files",
    "register_local_files",
]
