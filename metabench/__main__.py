"""``metabench`` and ``python -m metabench``: Ctrl-C is answered from the first import on."""

import sys

from metabench.import_path import hidden_module, leave_out_working_folder

__all__ = ["main"]

_INTERRUPTED = 130
_SETUP = 4


def main() -> int:
    """Run the command line and return the exit code."""
    leave_out_working_folder()  # before anything is imported that it could hide
    try:
        from metabench.cli.main import main as call  # noqa: PLC0415  (it takes a while)
    except KeyboardInterrupt:
        if sys.stderr is not None:  # closed
            sys.stderr.write("error: interrupted\n  hint: run the same command again\n")
        return _INTERRUPTED
    except Exception as error:
        found = hidden_module(error)
        if found is None:
            raise
        problem, where, hint = found
        if sys.stderr is not None:
            sys.stderr.write(f"error: {where}: {problem}\n  hint: {hint}\n")
        return _SETUP
    return call()


if __name__ == "__main__":
    sys.exit(main())
