"""``metabench`` and ``python -m metabench``: Ctrl-C is answered from the first import on."""

from __future__ import annotations

import sys

__all__ = ["main"]

_INTERRUPTED = 130


def main() -> int:
    """Run the command line and return the exit code."""
    try:
        from metabench.cli.main import main as call  # noqa: PLC0415  (it takes a while)
    except KeyboardInterrupt:
        sys.stderr.write("error: interrupted\n  hint: run the same command again\n")
        return _INTERRUPTED
    return call()


if __name__ == "__main__":
    sys.exit(main())
