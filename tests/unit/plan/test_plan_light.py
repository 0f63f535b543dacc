"""Reading a file and planning it loads neither torch nor transformers nor datasets."""

from __future__ import annotations

import subprocess
import sys


def test_spec_and_plan_are_light():
    code = (
        "import sys, metabench.spec.reading.load, metabench.spec.write, metabench.plan.build, "
        "metabench.plan.states; "
        "print([m for m in ('torch', 'transformers', 'datasets', 'numpy', 'pyarrow') "
        "if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"
