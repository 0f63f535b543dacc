"""The source of datasets and encoders: an offline mirror in the hub's layout, or the hub."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final, final

from metabench.errors import DataError

__all__ = ["SHIPPED_CHARACTERS", "SHIPPED_ENCODER", "Hub", "user_path"]

SHIPPED_ENCODER: Final = "embedded/encoder"
SHIPPED_CHARACTERS: Final = "embedded/characters"
"""The same encoder with letters and bytes to fall back on, and with more positions."""
_SHIPPED = {name: Path(__file__).parent / name for name in (SHIPPED_ENCODER, SHIPPED_CHARACTERS)}


@final
@dataclass(frozen=True, slots=True)
class Hub:
    """The hub as this machine sees it.

    Args:
        mirror: folder with ``datasets/<owner>/<name>`` and ``models/<owner>/<name>``; looked in
            first.
        offline: never ask the network.
    """

    mirror: Path | None = None
    offline: bool = False

    def dataset_folder(self, id: str) -> Path | None:  # noqa: A002  (the hub's own word)
        """Return the folder of a dataset: mirrored, or given as an absolute path; else None."""
        if Path(id).is_absolute():
            return Path(id)
        return self._mirrored("datasets", id)

    def model_folder(self, id: str) -> Path | None:  # noqa: A002
        """Return the folder of an encoder: shipped, mirrored, or given as a path; else None."""
        if id in _SHIPPED:
            return _SHIPPED[id]
        path = user_path(id)
        return self._mirrored("models", id) or (path if _is_folder(path) else None)

    def missing(self, what: str, id: str) -> DataError:  # noqa: A002
        """Return the error for an entry in neither mirror nor hub, with both fixes."""
        if id.startswith((".", "~", "/")) or "\\" in id or id.count("/") > 1:
            return DataError(
                f"there is no folder {id!r}",
                hint=f"correct the path of the {what}, which counts from the working folder,"
                " or name it as the hub does, owner/name",
            )
        place = f"in the mirror {str(self.mirror)!r}" if self.mirror else "on this machine"
        why = "the network is switched off" if self.offline else "the hub cannot be reached"
        return DataError(
            f"{what} {id!r} is not {place}, and {why}",
            hint="name an offline mirror with --hub DIR or METABENCH_HUB, or connect to a network",
        )

    def _mirrored(self, kind: str, id: str) -> Path | None:  # noqa: A002
        if self.mirror is None:
            return None
        folder = self.mirror / kind / id
        return folder if _is_folder(folder) else None


def user_path(text: str) -> Path:
    """Return a path with ``~`` expanded where the home directory is known."""
    try:
        return Path(text).expanduser()
    except RuntimeError:  # an unknown home directory
        return Path(text)


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:  # a name that no folder can have
        return False
