"""Three examples for the help of each command; tests parse each, and run those that are quick."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

__all__ = ["EXAMPLES"]

EXAMPLES: Mapping[str, tuple[str, str, str]] = MappingProxyType(
    {
        "": (
            "run quickstart -j 2",
            "init mine --train reviews.csv",
            "compare quickstart -o report.html",
        ),
        "run": (
            "run quickstart -j 2",
            "run mine.toml --dry-run --set finetune.epochs=2",
            "run mine.toml --only method=Reptile --retry-failed",
        ),
        "validate": (
            "validate quickstart",
            "validate mine.toml --data",
            "validate mine.toml --plugin-file signs.py",
        ),
        "compare": (
            "compare quickstart -o report.html",
            "compare --targets rte,mrpc --baseline Joint --explain",
            "compare mine --strict --fail-if 'average < -1.0'",
        ),
        "site": (
            "site quickstart",
            "site quickstart glue -o public",
            "site records/alice records/bob -o site",
        ),
        "advise": (
            "advise quickstart",
            "advise quickstart --budget 40h",
            "advise mine --effect 2 --baseline Joint",
        ),
        "merge": ("merge mine theirs", "merge mine theirs --lines", "merge mine theirs --json"),
        "status": ("status", "status quickstart", "status quickstart --json"),
        "watch": ("watch", "watch quickstart", "watch quickstart --every 30"),
        "attach": ("attach", "attach quickstart", "attach glue --runs /project/runs"),
        "cancel": ("cancel", "cancel quickstart", "cancel glue --runs /project/runs"),
        "logs": (
            "logs meta-reptile-s0",
            "logs meta-reptile-s0 --follow",
            "logs quickstart/meta-reptile-s0 --scalars",
        ),
        "score": (
            "score quickstart",
            "score quickstart --write",
            "score mine --plugin-file balanced.py --json",
        ),
        "verify": ("verify quickstart", "verify quickstart --strict", "verify copies/quickstart"),
        "review": (
            "review records/alice",
            "review records/alice records/bob --rerun 3",
            "review theirs --runs runs --tolerance 0.02",
        ),
        "reproduce": (
            "reproduce adapt-reptile-glue-rte-s0-f0",
            "reproduce paper-records/cells/meta-reptile-s0/result.json",
            "reproduce meta-reptile-s0 --into again --device cpu",
        ),
        "export": (
            "export model adapt-reptile-glue-rte-s0-f0 model",
            "export glue mine --method Reptile -o submission.zip",
            "export records mine paper-records",
        ),
        "export glue": (
            "export glue mine --method Reptile -o submission.zip",
            "export glue mine --method Reptile --seed 1 -o submission.zip",
            "export glue mine --method Reptile --split validation -o check.zip",
        ),
        "export model": (
            "export model adapt-reptile-glue-rte-s0-f0 model",
            "export model adapt-reptile-glue-rte-s0-f0 model --force",
            "export model adapt-reptile-reviews-s0-f0 model --file mine.toml",
        ),
        "export records": (
            "export records mine paper-records",
            "export records mine paper-records --force",
            "export records old --runs /mnt/runs old-records",
        ),
        "data": ("data list", "data fetch glue/rte", "data show mine.toml --rows 5"),
        "data fetch": (
            "data fetch glue/rte",
            "data fetch glue/rte scitail",
            "data fetch mine.toml",
        ),
        "data list": ("data list", "data list --json", "data list --hub /mnt/mirror"),
        "data show": (
            "data show embedded/entailment",
            "data show mine.toml --task reviews",
            "data show glue/rte --rows 10",
        ),
        "data verify": ("data verify", "data verify glue/rte", "data verify mine.toml --json"),
        "list": ("list", "list algorithms", "list tasks --json"),
        "plugins": ("plugins", "plugins check reptile", "plugins new my-method --kind algorithm"),
        "plugins check": (
            "plugins check reptile",
            "plugins check signs --plugin-file signs.py",
            "plugins check my-method --timeout 120",
        ),
        "plugins list": (
            "plugins list",
            "plugins list --json",
            "plugins list --plugin-file signs.py",
        ),
        "plugins new": (
            "plugins new my-method --kind algorithm",
            "plugins new my-sampler --kind sampler --folder sampler",
            "plugins new my-table --kind renderer",
        ),
        "plugins show": (
            "plugins show metabench-algorithms",
            "plugins show metabench-algorithms --json",
            "plugins show signs --plugin-file signs.py",
        ),
        "show": ("show maml", "show glue/rte", "show quickstart/meta-reptile-s0"),
        "init": (
            "init mine",
            "init mine --template own-csv",
            "init results --results-repository",
        ),
        "schema": ("schema", "schema -o benchmark.schema.json", "schema --plugin-file signs.py"),
        "doctor": ("doctor", "doctor --device", "doctor --json"),
        "completion": ("completion", "completion bash", "completion fish"),
    }
)
"""Lines after ``metabench``, by the command's path; "" is ``metabench`` itself."""
