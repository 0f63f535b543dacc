"""Where modules come from: never from the working folder, in this process or in one it starts."""

import os
import sys

# Nothing else is imported here, not even from __future__: a file of that name would be run.

__all__ = ["hidden_module", "leave_out_working_folder", "protect_children"]

_HOME = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))  # noqa: PTH100, PTH120


def leave_out_working_folder() -> None:
    """Remove the working folder from the import path of this process and its children.

    It gets there by ``python -m``, or by an empty entry of PYTHONPATH, such as that of
    ``PYTHONPATH=$PYTHONPATH:/elsewhere``. An entry that names it is intended and stays. If
    metabench itself is imported from there, it is moved to the end.
    """
    here = _working_folder()
    if not sys.flags.safe_path and sys.path[:1] in ([""], [here]):
        del sys.path[0]
        if here == _HOME and here not in sys.path:
            sys.path.append(here)
    value = os.environ.get("PYTHONPATH", "")  # noqa: TID251  (fixed, not read)
    named = value.split(os.pathsep)
    kept = [entry for entry in named if entry]
    if value and len(kept) < len(named):  # Python ignores an empty variable
        os.environ["PYTHONPATH"] = os.pathsep.join(kept)  # noqa: TID251
        if here not in map(os.path.abspath, kept):
            last = [here] if here == _HOME else []
            sys.path[:] = [entry for entry in sys.path if entry not in {"", here}] + last
    protect_children()


def protect_children() -> None:
    """Have every Python process that this one starts leave its working folder alone."""
    os.environ["PYTHONSAFEPATH"] = "1"  # noqa: TID251  (set for others, not read)


def _working_folder() -> str:
    try:
        return os.getcwd()  # noqa: PTH109
    except OSError:  # it was removed
        return ""


def hidden_module(error: BaseException) -> tuple[str, str, str] | None:
    """Return why a file of PYTHONPATH that hides a module caused an error: problem, file and hint.

    The error or one that it follows from passed through the file or names it, or it is about a
    name that is missing while such a file is loaded. None for any other error. A folder into which
    packages were installed hides nothing by mistake.
    """
    named = os.environ.get("PYTHONPATH", "").split(os.pathsep)  # noqa: TID251
    folders = {os.path.abspath(entry) for entry in named if _is_plain(entry)}  # noqa: PTH100
    files: list[str] = []
    missing, found = False, error if folders else None
    while found is not None:
        missing = missing or isinstance(found, (ImportError, AttributeError))
        files += filter(None, (getattr(found, "path", ""), _file(getattr(found, "obj", None))))
        trace = found.__traceback__
        while trace is not None:
            files.append(trace.tb_frame.f_code.co_filename)
            trace = trace.tb_next
        found = found.__cause__ or found.__context__
    files += filter(None, map(_file, [*sys.modules.values()] if missing else []))
    for file in filter(lambda file: isinstance(file, str), files):
        folder, base = os.path.split(os.path.abspath(file))  # noqa: PTH100
        name, suffix = os.path.splitext(base)  # noqa: PTH122
        if folder in folders and suffix == ".py" and _is_elsewhere(name, folders):
            hint = "rename it, or take its folder out of PYTHONPATH"
            return f"hides the module {name!r} of the same name", file, hint
    return None


def _is_plain(entry: str) -> bool:
    """Return whether an entry of PYTHONPATH is a folder into which no package was installed."""
    try:
        return bool(entry) and not any(name.endswith(".dist-info") for name in os.listdir(entry))  # noqa: PTH208
    except OSError:
        return False


def _file(module: object) -> str:
    return getattr(module, "__file__", None) or ""


def _is_elsewhere(name: str, folders: set[str]) -> bool:
    """Return whether Python or a folder other than these has a module of that name."""
    others = [entry for entry in sys.path if os.path.abspath(entry) not in folders]  # noqa: PTH100
    return name in sys.stdlib_module_names or any(
        os.path.exists(os.path.join(entry, found))  # noqa: PTH110, PTH118
        for entry in others
        for found in (name, f"{name}.py")
    )
