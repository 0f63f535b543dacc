"""The commit that the hub has of a repository; one probe of the network, with a short time-out."""

from __future__ import annotations

import re
from contextlib import suppress
from functools import cache
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any, Literal

from metabench.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Callable

    from metabench.tasks.hub import Hub

__all__ = ["hub_commit", "network_answers"]

_TIMEOUT_SECONDS = 5.0
_NAMES = {"dataset": "dataset", "model": "encoder"}


def hub_commit(
    kind: Literal["dataset", "model"],
    id: str,  # noqa: A002  (the hub's own word)
    revision: str | None,
    *,
    hub: Hub,
) -> str:
    """Return the commit (40 hexadecimal digits), from the hub or else from its local cache.

    Raises:
        DataError: the hub does not know it, or cannot be reached and nothing is cached.
    """
    if not hub.offline and network_answers():
        return _remote_commit(kind, id, revision)
    commit = _cached_commit(kind, id, revision)
    if commit is None:
        raise hub.missing(_NAMES[kind], id)
    return commit


@cache
def network_answers() -> bool:
    """Return whether the hub answers; asked once a process, looking up its name included."""
    from huggingface_hub import constants, get_session  # noqa: PLC0415  (only where needed)

    if constants.HF_HUB_OFFLINE:
        return False
    answer = _within_limit(lambda: get_session().head(constants.ENDPOINT, timeout=_TIMEOUT_SECONDS))
    return answer is not None


@cache
def _remote_commit(kind: str, repository: str, revision: str | None) -> str:
    from huggingface_hub import HfApi  # noqa: PLC0415  (light until the hub is needed)

    ask = HfApi().dataset_info if kind == "dataset" else HfApi().model_info
    try:
        commit = ask(repository, revision=revision, timeout=_TIMEOUT_SECONDS).sha
    except Exception as error:
        raise DataError(
            f"the hub does not give {_NAMES[kind]} {repository!r} ({revision or 'main'}): {error}",
            hint="check id and revision, or name an offline mirror with --hub DIR or METABENCH_HUB",
        ) from error
    if not commit:
        raise DataError(
            f"the hub names no commit of {_NAMES[kind]} {repository!r}",
            hint="give a commit as its revision, or name an offline mirror with --hub DIR",
        )
    return commit


def _cached_commit(kind: str, repository: str, revision: str | None) -> str | None:
    from huggingface_hub import constants  # noqa: PLC0415  (light until the hub is needed)

    folder = Path(constants.HF_HUB_CACHE) / f"{kind}s--{repository.replace('/', '--')}"
    reference = folder / "refs" / (revision or "main")
    if reference.is_file():
        return reference.read_text(encoding="utf-8").strip()
    commits = sorted(path.name for path in folder.glob("snapshots/*"))
    if revision is not None and re.fullmatch(r"[0-9a-f]{40}", revision):
        commits = [commit for commit in commits if commit == revision]
    elif revision is not None:
        return None
    return commits[0] if len(commits) == 1 else None


def _within_limit(ask: Callable[[], Any]) -> Any:
    """Return the answer, None if none comes in time; looking up a name knows no time-out itself."""
    answers: list[Any] = []

    def run() -> None:
        with suppress(Exception):  # whatever fails, there is no answer
            answers.append(ask())

    thread = Thread(target=run, daemon=True)
    thread.start()
    thread.join(2 * _TIMEOUT_SECONDS)
    return answers[0] if answers else None
