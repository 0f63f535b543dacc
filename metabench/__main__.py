"""``python -m metabench``."""

from __future__ import annotations

import sys

from metabench.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
