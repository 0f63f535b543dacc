"""Laws of `metabench doctor`: each line is ok, warn or fail, and says the way out."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest

from metabench.cli.main import main
from metabench.session import doctor as checks


def by_name(found):
    return {check.name: check for check in found}


def test_a_machine_that_has_everything_is_well(tmp_path, capsys):
    assert main(["doctor", "--json", "--runs", str(tmp_path)]) == 0
    told = {one["name"]: one for one in json.loads(capsys.readouterr().out)}

    assert told["torch"]["detail"] == metadata.version("torch")
    assert {"python", "metabench", "processors", "memory", "runs", "hub cache"} <= set(told)
    assert "plugin metabench-algorithms" in told
    assert {one["state"] for one in told.values()} <= {"ok", "warn"}


def test_torch_is_not_loaded():
    program = (
        "import sys; from metabench.cli.main import main; main(['doctor']);"
        " print(*sys.modules, file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )

    assert not {"torch", "transformers", "datasets"} & set(done.stderr.split())


@pytest.mark.slow
def test_devices_are_asked_for_in_a_process_of_its_own(capsys):
    found = by_name(checks.check_devices())

    assert {check.state for check in found.values()} == {"ok"}
    assert any(name.startswith("device ") for name in found)


def test_a_torch_that_does_not_load_is_a_failure(monkeypatch):
    monkeypatch.setattr(checks, "_PROGRAM", "import no_such_module_anywhere")
    (found,) = checks.check_devices()

    assert found.state == "fail"
    assert "torch does not load: ModuleNotFoundError" in found.detail


@pytest.mark.parametrize(
    ("line", "state", "said"),
    [
        ("no-such-distribution-anywhere>=1.0", "fail", "not installed"),
        ("click>=999.0", "warn", ">=999.0 is needed"),
        ("click", "ok", metadata.version("click")),
    ],
)
def test_a_requirement_is_missing_too_old_or_there(line, state, said, monkeypatch):
    monkeypatch.setattr(metadata, "requires", lambda _: [line, 'x>=1; extra == "docs"'])
    *_, found = checks.check_requirements()

    assert found.state == state
    assert said in found.detail


def test_a_missing_requirement_exits_with_4(monkeypatch, capsys):
    monkeypatch.setattr(metadata, "requires", lambda _: ["no-such-distribution-anywhere"])

    assert main(["doctor"]) == 4
    assert 'hint: run `pip install "no-such-distribution-anywhere"`' in capsys.readouterr().out


def test_without_an_installation_there_are_no_plugins_and_doctor_says_so(monkeypatch):
    def requires(name):
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "requires", requires)

    assert by_name(checks.check_requirements())["installation"].state == "fail"


@pytest.mark.skipif(os.name == "nt" or os.getuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written_is_a_failure(tmp_path):
    tmp_path.chmod(stat.S_IRUSR | stat.S_IXUSR)
    (found,) = checks.check_runs(tmp_path / "runs")

    assert (found.state, found.hint) == ("fail", "name a folder with --runs DIR")


def test_a_file_in_the_place_of_the_runs_is_a_failure(tmp_path):
    (tmp_path / "runs").write_text("")
    (found,) = checks.check_runs(tmp_path / "runs")

    assert found.state == "fail"


def test_little_room_is_a_warning(tmp_path, monkeypatch):
    monkeypatch.setattr(checks, "_LITTLE_DISK", 2**80)
    monkeypatch.setattr(checks, "_LITTLE_MEMORY", 2**80)

    assert by_name(checks.check_runs(tmp_path))["runs"].state == "warn"
    if Path("/proc/meminfo").exists():
        assert by_name(checks.check_machine())["memory"].state == "warn"


def test_a_mirror_is_counted_and_an_empty_or_missing_one_is_named(tmp_path, capsys):
    (tmp_path / "datasets" / "owner" / "name").mkdir(parents=True)
    full = by_name(checks.check_hub(tmp_path))["mirror"]
    empty = by_name(checks.check_hub(tmp_path / "datasets"))["mirror"]

    assert (full.state, "1 datasets, 0 encoders" in full.detail) == ("ok", True)
    assert empty.state == "warn"
    assert main(["doctor", "--hub", str(tmp_path / "nowhere")]) == 4
    assert "hint: fix or unset METABENCH_HUB or --hub" in capsys.readouterr().out


def test_a_plugin_that_is_left_out_is_a_warning(capsys):
    assert main(["doctor", "-P", "no:metabench-samplers", "--json"]) == 0
    told = {one["name"]: one["state"] for one in json.loads(capsys.readouterr().out)}

    assert told["plugin metabench-samplers"] == "warn"
