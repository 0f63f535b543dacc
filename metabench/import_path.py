"""Where modules come from: never from the working folder, in this process or in one it starts."""

import os
import sys

# Nothing else is imported here, not even from __future__: a file of that name would be run.

__all__ = ["leave_out_working_folder", "protect_children"]

_HOME = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))  # noqa: PTH100, PTH120


def leave_out_working_folder() -> None:
    """Take the working folder off the import path of this process and of those that it starts.

    It got there by ``python -m``, or by an empty entry of PYTHONPATH, such as the one that
    ``PYTHONPATH=$PYTHONPATH:/elsewhere`` leaves. An entry that names it is somebody's will and
    stays. Where metabench itself is imported from there, it is looked at last.
    """
    here = _working_folder()
    if not sys.flags.safe_path and sys.path[:1] in ([""], [here]):
        del sys.path[0]
        if here == _HOME and here not in sys.path:
            sys.path.append(here)
    named = os.environ.get("PYTHONPATH", "").split(os.pathsep)  # noqa: TID251  (mended, not read)
    kept = [entry for entry in named if entry]
    if len(kept) < len(named):
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
    except OSError:  # somebody has removed it
        return ""
