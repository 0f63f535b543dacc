"""Every setting of a run is in the report, each default marked as one."""

import tomllib

import pytest

from metabench.report.sheets.settings import settings
from metabench.store.run_folder import Store

SPEC = """
name = "demo"
[meta]
epochs = 2
[[methods]]
id = "MAML"
algorithm = "maml"
options = { inner_steps = 3 }
"""
RESOLVED = """
name = "demo"
[meta]
epochs = 2.0
steps = 7
[meta.optimizer]
name = "adam"
betas = [0.9, 0.999]
[compute]
compile = false
[[methods]]
id = "MAML"
algorithm = "maml"
[methods.sampler]
name = "pps"
[methods.options]
inner_steps = 3
support = "fresh"
"""


@pytest.fixture
def sheets(make_run):
    """Return the function that gives the sheets of runs by name, of pairs of benchmark files."""

    def make(*files, **fields):
        stores = []
        for at, (spec, resolved) in enumerate(files):
            store = make_run(f"run{at}")
            note = store.run().model_copy(update=fields)
            store.commit_run(spec, resolved, note)
            stores.append(store)
        return {sheet.name: sheet for sheet in settings(stores)}

    return make


def test_each_setting_says_who_gave_it(sheets):
    found = sheets((SPEC, RESOLVED), overrides=("meta.steps=7",))

    assert found["settings"].rows == (
        ("meta.epochs", "2.0", "file"),
        ("meta.steps", "7", "command line"),
        ("meta.optimizer.name", "adam", "default"),
        ("meta.optimizer.betas", "[0.9, 0.999]", "default"),
        ("compute.compile", "false", "default"),
    )


def test_each_option_of_a_method_is_there_and_defaults_are_marked(sheets):
    assert sheets((SPEC, RESOLVED))["methods"].rows == (
        ("MAML", "maml", "pps", "inner_steps = 3, support = fresh (default)"),
    )


def test_runs_of_one_benchmark_file_share_their_settings_and_others_have_their_own(sheets):
    other = RESOLVED.replace("epochs = 2.0", "epochs = 3.0")

    assert list(sheets((SPEC, RESOLVED), (SPEC, RESOLVED))) == ["settings", "methods"]
    found = sheets((SPEC, RESOLVED), (SPEC, other))
    assert list(found) == ["settings", "methods", "settings-2", "methods-2"]
    assert found["settings-2"].rows[0] == ("meta.epochs", "3.0", "file")


@pytest.mark.parametrize("text", ["", "not = [toml", "\x00"])
def test_a_file_that_is_damaged_has_no_settings(sheets, text):
    assert sheets((SPEC, text)) == {}


def test_no_setting_of_the_shipped_quickstart_is_left_out(fixture_run):
    store = Store(fixture_run)
    resolved = tomllib.loads((fixture_run / "resolved.toml").read_text())
    rows = {row[0]: row[1] for row in next(iter(settings([store]))).rows}

    assert {path.partition(".")[0] for path in rows} == resolved.keys() - {
        "schema", "name", "tasks", "methods",
    }  # fmt: skip
    assert rows["finetune.optimizer.warmup"] == "0.1"
    assert rows["pretrain.steps"] == "500"
