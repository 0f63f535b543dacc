"""The card of a dataset (README.md): its configurations and its classes."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, final

from metabench.errors import DataError
from metabench.limits import README_BYTES

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["COPY", "DataCard", "read_card"]

COPY: Final = "copy the whole dataset from the hub again, README.md included"


@final
@dataclass(frozen=True, slots=True)
class DataCard:
    """The card of a dataset.

    Args:
        configs: the settings of each configuration by name, in their order.
        infos: the declared features of each configuration.
    """

    configs: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    infos: Mapping[str, Any] = field(default_factory=dict)

    @property
    def default(self) -> str | None:
        """The configuration that is taken where none is named; None where one has to be."""
        marked = [name for name, one in self.configs.items() if one.get("default") is True]
        only = [*self.configs] if len(self.configs) == 1 else []
        known = ["default"] if "default" in self.configs else []
        return next(iter([*marked, *known, *only]), None)

    def classes(self, config: str | None, column: str) -> tuple[str, ...]:
        """Return the names of a column's classes in the order of their numbers, if declared."""
        name = config or (self.default if self.configs else "default")
        features = None if name is None else self.infos.get(name)
        if features is None and len(self.infos) == 1 and config is None:
            features = next(iter(self.infos.values()))
        return _names(features, column)


def read_card(folder: Path) -> DataCard:
    """Return the card of the dataset in a folder; an empty one where it has none.

    Raises:
        DataError: it cannot be read, or does not have the form of the hub's cards.
    """
    front: dict[str, Any] = {}
    for name in ("README.md", ".huggingface.yaml"):
        if (folder / name).is_file():
            front |= _front_matter(folder / name, whole=name != "README.md")
    try:
        listed = front.get("configs") or []
        configs = {_word(one["config_name"]): dict(one) for one in listed}
    except (KeyError, TypeError, ValueError) as error:
        where = str(folder / "README.md")
        raise DataError(f"cannot read 'configs': {error}", where=where, hint=COPY) from error
    return DataCard(configs, {**_legacy(folder), **_infos(front.get("dataset_info"))})


def _infos(info: Any) -> dict[str, Any]:
    entries = info if isinstance(info, list) else [info]
    return {
        str(one.get("config_name", "default")): one.get("features")
        for one in entries
        if isinstance(one, dict)
    }


def _legacy(folder: Path) -> dict[str, Any]:
    """Return the content of dataset_infos.json, which the datasets library once wrote."""
    path = folder / "dataset_infos.json"
    try:
        found = json.loads(path.read_bytes()) if path.is_file() else {}
    except (OSError, ValueError, RecursionError):
        return {}
    if not isinstance(found, dict):
        return {}
    return {name: one.get("features") for name, one in found.items() if isinstance(one, dict)}


def _names(features: Any, column: str) -> tuple[str, ...]:
    named: Any = None
    if isinstance(features, list):
        entries = [one for one in features if isinstance(one, dict)]
        kind = next((one.get("dtype") for one in entries if one.get("name") == column), None)
        label = kind.get("class_label") if isinstance(kind, dict) else None
        named = label.get("names") if isinstance(label, dict) else None
    elif isinstance(features, dict) and isinstance(features.get(column), dict):
        entry = features[column]
        named = entry.get("names") if entry.get("_type") == "ClassLabel" else None
    if isinstance(named, dict):
        digits = all(str(key).isdecimal() for key in named)
        named = (
            [named[key] for key in sorted(named, key=lambda key: int(str(key)))] if digits else []
        )
    names = tuple(map(str, named)) if isinstance(named, list) else ()
    return names if len(set(names)) == len(names) else ()


def _word(value: Any) -> str:
    if isinstance(value, str):
        return value
    raise TypeError(f"expected a text, found {type(value).__name__}")


def _front_matter(readme: Path, *, whole: bool) -> dict[str, Any]:
    from metabench.tasks.plain_yaml import parse_yaml  # noqa: PLC0415  (only a folder needs it)

    text = _text(readme)
    if not whole:
        parts = text.replace("\r\n", "\n").split("---\n", 2)
        if len(parts) < 3 or parts[0].strip():  # noqa: PLR2004  (before, front matter, after)
            return {}
        text = parts[1]
    try:
        front = parse_yaml(text)
    except ValueError as error:
        raise DataError(
            f"the front matter of {readme.name} cannot be read: {error}",
            where=str(readme),
            hint=COPY,
        ) from error
    return front if isinstance(front, dict) else {}


def _text(readme: Path) -> str:
    try:
        with readme.open("rb") as file:
            content = file.read(README_BYTES + 1)
        if len(content) > README_BYTES:
            raise DataError(
                f"is larger than {README_BYTES // 1024**2} MiB", where=str(readme), hint=COPY
            )
        return content.decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"cannot be read: {error}", where=str(readme), hint=COPY) from error
