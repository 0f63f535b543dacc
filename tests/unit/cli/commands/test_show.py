"""Laws of `metabench show`: all that there is to say of a thing, by its name."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from metabench.cli.commands.logs import find_cell
from metabench.cli.main import main
from metabench.cli.views.descriptions import cell_description
from metabench.store.records.cell import CellNote
from metabench.store.run_folder import Store


def shown(capsys, *arguments):
    assert main(["show", *arguments, "--json"]) == 0
    (description,) = json.loads(capsys.readouterr().out)
    return description


def test_an_algorithm_is_shown_with_every_option_its_default_range_and_help(capsys):
    options = {option["name"]: option for option in shown(capsys, "maml")["options"]}

    assert options["inner_steps"]["type"] == "integer"
    assert options["inner_steps"]["default"] == 5
    assert options["inner_steps"]["range"] == "at least 1, at most 1000"
    assert options["inner_lr"]["help"].startswith("Step size alpha")
    assert not options["second_order"]["fixed"]


def test_an_option_that_a_name_fixes_is_shown_as_fixed(capsys):
    assert main(["show", "fomaml"]) == 0
    assert "true or false, fixed to false" in capsys.readouterr().out


def test_an_algorithm_without_options_says_so(capsys):
    assert main(["show", "finetune"]) == 0
    out = capsys.readouterr().out

    assert "no options" in out
    assert "takes no sampler" in out


def test_a_sampler_is_shown_with_its_options(capsys):
    description = shown(capsys, "mixed")

    assert description["per_target"]
    assert [option["name"] for option in description["options"]] == ["ratio"]


def test_a_task_is_shown_with_its_card_and_where_its_rows_are(capsys):
    description = shown(capsys, "embedded/grammar")

    assert description["licence"]
    assert description["citation"]
    assert {split["state"] for split in description["here"]} == {"generated"}
    assert {split["split"]: split["rows"] for split in description["here"]} == {
        name: description["splits"][name] for name in (description["train"], description["scored"])
    }


def test_rows_that_are_not_here_are_said_to_be_absent(tmp_path, capsys):
    description = shown(capsys, "scitail", "--hub", str(tmp_path))

    assert {split["rows"] for split in description["here"]} == {None}


def test_a_metric_is_shown(capsys):
    assert main(["show", "accuracy"]) == 0
    assert "metabench.metrics.scores:accuracy" in capsys.readouterr().out


def test_f1_names_the_class_that_it_is_of(capsys):
    assert main(["show", "f1", "--json"]) == 0
    (found,) = json.loads(capsys.readouterr().out)

    assert found["positive_class"]["glue/mrpc"] == "equivalent"
    assert found["range"] == "0 to 1"


def test_a_cell_is_shown_by_its_folder_and_by_the_first_digits_of_its_key(make_run, capsys):
    store = make_run()
    runs = str(store.folder.parent)
    cell = next(cell for cell in store.cells() if cell.result)

    by_folder = shown(capsys, cell.folder, "--runs", runs)
    by_key = shown(capsys, cell.key[:10], "--runs", runs)

    assert by_folder == by_key
    assert by_folder["state"] == "done"
    assert by_folder["result"]["scores"] == cell.result.scores


def test_a_cell_without_a_result_is_shown_as_started_interrupted_or_not_run(make_run):
    failed = next(cell for cell in make_run().cells() if cell.failure)
    stopped = failed.failure.model_copy(update={"status": "interrupted"})
    note = CellNote(kind="adapt", name="x", key=failed.key, method="FT", inputs={}, needs=())
    begun = replace(failed, failure=None, note=note)
    cells = [failed, replace(failed, failure=stopped), begun, replace(begun, note=None)]

    assert [cell_description(cell, run="r")["state"] for cell in cells] == [
        "failed", "interrupted", "started, not finished", "not run",
    ]  # fmt: skip


def test_the_lines_name_every_fact_of_the_record(make_run, capsys):
    store = make_run()
    cell = next(cell for cell in store.cells() if cell.result)

    assert main(["show", cell.folder, "--runs", str(store.folder.parent)]) == 0
    said = " ".join(capsys.readouterr().out.split())
    provenance = cell.result.provenance
    for value in (cell.key, provenance.model, provenance.device, *provenance.versions.values()):
        assert value in said
    for name, score in cell.result.scores.items():
        assert f"{name} {score:.6g}" in said


def test_a_cell_that_failed_is_shown_with_the_cause(make_run, capsys):
    store = make_run()
    cell = next(cell for cell in store.cells() if cell.failure)

    assert main(["show", cell.folder, "--runs", str(store.folder.parent)]) == 0
    out = capsys.readouterr().out

    assert "failure status diverged" in " ".join(out.split())
    assert "the loss is not finite" in out


def test_a_cell_that_lies_in_two_runs_is_shown_twice(make_run, capsys):
    store, other = make_run(), make_run("other")
    cell = next(store.cells())

    assert main(["show", cell.folder, "--runs", str(store.folder.parent), "--json"]) == 0
    runs = [description["run"] for description in json.loads(capsys.readouterr().out)]
    assert runs == [str(store.folder), str(other.folder)]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("Reptil",), "nothing is called 'Reptil'\n  hint: did you mean 'reptile'?"),
        (("glue/rt",), "did you mean 'glue/rte'?"),
        (("zzzzzz",), "hint: see `metabench list`; cells are looked for below --runs DIR"),
        (("reptile", "--kind", "sampler"), "no sampler is called 'reptile'"),
    ],
)
def test_what_is_not_there_exits_with_5_and_says_what_was_meant(arguments, said, capsys):
    assert main(["show", *arguments]) == 5
    assert said in capsys.readouterr().err


def test_a_misspelt_cell_comes_with_the_cell_that_was_meant(make_run, capsys):
    store = make_run()
    cell = next(store.cells()).folder

    assert main(["show", f"{cell[:-1]}!", "--runs", str(store.folder.parent)]) == 5
    assert "did you mean" in capsys.readouterr().err


def test_a_name_of_several_kinds_asks_for_the_kind(tmp_path, make_run, capsys):
    store = make_run()
    cell = next(store.cells())
    store.cell_folder(cell.folder).rename(store.cell_folder("accuracy"))

    assert main(["show", "accuracy", "--runs", str(store.folder.parent)]) == 2
    assert "of a metric and of a cell\n  hint: choose one with --kind metric" in (
        capsys.readouterr().err
    )


def test_digits_that_begin_several_keys_are_refused_with_the_cells(make_run, capsys):
    store = make_run()
    first = next(store.cells())
    key = first.key[:6] + "0" * 58
    folder = f"other-{key[:8]}"
    store.cell_folder(folder).mkdir()
    store.commit_note(folder, CellNote(kind="adapt", name="other", key=key, inputs={}))

    assert main(["show", first.key[:6], "--runs", str(store.folder.parent)]) == 2
    run = store.folder.name
    assert f"{first.key[:6]!r} is 2 cells\n  hint: name one of {run}/{first.folder}" in (
        capsys.readouterr().err
    )


def test_a_cell_of_a_smoke_run_gives_way_to_that_of_the_run_itself(make_run, capsys):
    store = make_run()
    cell = next(store.cells())
    smoke = Store(store.folder.parent / f"{store.folder.name}.smoke")
    smoke.commit_run("", "", store.run())
    key = "0" * 64
    smoke.cell_folder(f"{cell.name}-{key[:8]}").mkdir(parents=True)
    smoke.commit_note(
        f"{cell.name}-{key[:8]}", CellNote(kind="adapt", name=cell.name, key=key, inputs={})
    )
    runs = ("--runs", str(store.folder.parent))

    assert shown(capsys, cell.name, *runs)["key"] == cell.key
    assert shown(capsys, f"{smoke.folder.name}/{cell.name}", *runs)["key"] == key
    assert find_cell(cell.name, runs=store.folder.parent) == store.cell_folder(cell.folder)


def test_a_cell_is_shown_by_the_name_that_other_commands_print(make_run, capsys):
    store = make_run()
    folder = store.run().uses[0].cell
    runs = ("--runs", str(store.folder.parent))

    assert shown(capsys, folder[:-9], *runs) == shown(capsys, folder, *runs)
