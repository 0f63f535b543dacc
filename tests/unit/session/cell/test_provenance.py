"""Where a cell's numbers come from is what this machine, these versions and the cell say."""

from __future__ import annotations

import platform
from datetime import UTC, datetime, timedelta
from importlib.metadata import version

import pytest

import metabench
from metabench.engine.device import resolve_device
from metabench.session.cell import provenance
from metabench.session.cell.provenance import cell_provenance
from metabench.session.runtime import Assignment, Runtime
from metabench.spec.model.sections import ComputeSpec
from metabench.tasks.hub import Hub

CPUINFO = """\
processor\t: 0
vendor_id\t: GenuineIntel
cpu family\t: 6
model\t\t: 85
model name\t: Some Xeon: of 2 GHz

processor\t: 1
vendor_id\t: Other
"""


@pytest.fixture(scope="module")
def plan(tmp_path_factory):
    from kit.benchmark import MAML, PLAIN, SHORT, benchmark

    from metabench.cli.inputs.benchmark import make_plan

    path = tmp_path_factory.mktemp("plan") / "cells.toml"
    path.write_text(benchmark("cells", PLAIN, MAML, model=SHORT, meta={"steps": 3}))
    return make_plan(str(path), sets=(), smoke=False, hub=None).plan


def assigned(plan, *command):
    cells = {cell.key: cell for cell in plan.cells}
    runtime = Runtime(Hub(), "cpu", 1, None, command=command)
    return Assignment(plan.benchmark.path, "cells", "hash", cells, runtime, ComputeSpec())


def of(plan, kind, **changes):
    cell = next(cell for cell in plan.cells if cell.kind == kind)
    return cell, cell_provenance(cell, assigned(plan, "metabench", "run"), **changes)


def test_versions_and_the_machine_are_those_of_this_process(plan):
    cell, found = of(plan, "adapt", started="then", compiled=False)

    assert found.metabench == metabench.__version__
    assert found.python == platform.python_version()
    assert found.platform == platform.platform()
    names = ("torch", "transformers", "tokenizers", "datasets", "numpy", "scipy", "scikit-learn")
    assert found.versions == {name: version(name) for name in names}
    assert (found.started, found.compiled) == ("then", False)
    assert (found.benchmark, found.spec_hash) == ("cells", "hash")
    assert found.command == ("metabench", "run")
    assert datetime.now(UTC) - datetime.fromisoformat(found.ended) < timedelta(seconds=5)
    assert found.model == "embedded/encoder"
    assert found.model_identity == cell.inputs["model"]


def test_data_are_those_of_the_cell_and_plugins_those_of_meta_training(plan):
    meta, found = of(plan, "meta")
    parts = (meta.work.algorithm, meta.work.sampler)
    _, tuned = of(plan, "adapt")

    assert found.data == {use.card.name: use.identity for use in meta.work.tasks}
    assert {(one.distribution, one.version) for one in found.plugins} == {
        (part.distribution, part.version) for part in parts
    }
    assert tuned.plugins == ()


def test_what_a_device_says_is_left_empty_where_its_process_is_gone(plan):
    device = resolve_device("cpu", ComputeSpec(deterministic=True))
    meta, found = of(plan, "meta", device=device)
    _, gone = of(plan, "meta")

    assert (found.device, found.threads) == (device.title, device.threads)
    assert (found.instruction_set, found.deterministic) == (device.instruction_set, True)
    assert found.precision == device.precision(meta.curvature) != ""
    assert (gone.device, gone.threads, gone.precision, gone.instruction_set) == ("", None, "", "")
    assert not gone.deterministic


@pytest.mark.parametrize(
    ("kind", "keep", "expected"),
    [("meta", "lean", "lean"), ("meta", "fast", "auto or fast"), ("meta", "auto", "auto or fast"),
     ("adapt", "lean", "")],
)  # fmt: skip
def test_how_exact_products_add_up_is_noted_where_a_cell_has_any(plan, kind, keep, expected):
    device = resolve_device("cpu", ComputeSpec(curvature=keep))

    assert of(plan, kind, device=device)[1].curvature == expected
    assert of(plan, kind)[1].curvature == ""


@pytest.mark.parametrize(
    ("text", "name", "model"),
    [(CPUINFO, "Some Xeon: of 2 GHz", "GenuineIntel 6 85"), (None, platform.processor(), "")],
)
def test_a_processor_is_the_first_that_linux_names(tmp_path, monkeypatch, text, name, model):
    class Machine:
        """Where a file of Linux is: this one, or nowhere."""

        def __init__(self, path):
            assert path == "/proc/cpuinfo"

        def read_text(self, **_):
            if text is None:
                raise FileNotFoundError
            return text

    monkeypatch.setattr(provenance, "Path", Machine)
    provenance._cpu_facts.cache_clear()
    try:
        assert provenance._processor() == (name or platform.machine())
        assert provenance._processor_model() == model
    finally:
        provenance._cpu_facts.cache_clear()


def test_a_package_that_is_not_known_by_its_name_is_unknown(monkeypatch):
    monkeypatch.setattr(provenance, "_DISTRIBUTIONS", ("torch", "no-such-package"))
    provenance._versions.cache_clear()
    try:
        assert provenance._versions() == {
            "torch": version("torch"), "no-such-package": "unknown",
        }  # fmt: skip
    finally:
        provenance._versions.cache_clear()
