"""Plugins that hang, crash or exit: named while they do, and survived by `plugins check`."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
import time

import pytest

HEAD = """
import ctypes, os, sys, time
from metabench.api import AlgorithmInfo, AlgorithmOptions, EpisodeShape, hookimpl
METABENCH_API = 1

class Options(AlgorithmOptions):
    def episode_shape(self):
        return EpisodeShape(support=1, query=1)

@hookimpl
def metabench_algorithms():
    return [AlgorithmInfo("{name}", "{module}_heavy:Mine", Options, "a summary")]
"""
HEAVY = """
import ctypes, os, sys, time
from metabench.learning import Algorithm, MetaGradient

class Mine(Algorithm):
    def meta_gradient(self, learner, meta, episode):
        if episode.task == "number" and episode.total_steps == 10:  # in one check alone
            {deed}
        return MetaGradient({{"theta": learner.gradient(meta["theta"], episode.query[0])}})
"""
SEGFAULT = "ctypes.string_at(0)"
HANG = "time.sleep(600)"


def install(folder, name, source, heavy=""):
    """Write an installed distribution with one plugin."""
    module = name.replace("-", "_")
    (folder / f"{module}.py").write_text(textwrap.dedent(source))
    (folder / f"{module}_heavy.py").write_text(textwrap.dedent(heavy))
    info = folder / f"{module}-0.3.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 0.3\n")
    (info / "entry_points.txt").write_text(f"[metabench]\n{name} = {module}\n")


def install_deed(folder, name, deed):
    """Write a plugin whose algorithm does something in one check, any_outputs, and only there."""
    head = HEAD.format(name=name, module=name.replace("-", "_"))
    install(folder, name, head, HEAVY.format(deed=deed))


@pytest.fixture
def check(command, tmp_path):
    """Check what a folder installs; return the process, and the outcomes by name of the check."""

    def check(name, *arguments):
        path = os.pathsep.join(filter(None, [str(tmp_path), os.environ.get("PYTHONPATH")]))
        done = command(
            "plugins", "check", name, "--json", *arguments, cwd=tmp_path, PYTHONPATH=path
        )
        outcomes = json.loads(done.stdout) if done.stdout else []
        return done, {outcome["check"]: outcome for outcome in outcomes}

    return check


@pytest.mark.slow
@pytest.mark.parametrize(
    ("deed", "said"),
    [
        (SEGFAULT, "killed the process with SIGSEGV, in File "),
        ("os._exit(0)", "ended the process with exit code 0"),
        ("sys.exit(0)", "raised SystemExit: 0"),
    ],
    ids=["segfault", "exit without a word", "exit"],
)
def test_a_check_that_ends_its_process_has_failed_and_the_others_go_on(check, tmp_path, deed, said):
    install_deed(tmp_path, "bench-hostile", deed)

    done, outcomes = check("bench-hostile")

    assert done.returncode == 6
    failed = {name: one["detail"] for name, one in outcomes.items() if one["state"] == "failed"}
    assert set(failed) == {"any_outputs"}
    assert all(said in detail for detail in failed.values()), failed
    assert outcomes["any_outputs"]["hint"].startswith("Expect float32 labels")
    assert outcomes["shapes"]["state"] == "ok"
    assert outcomes["device"]["state"] == "ok", "what comes after the crash is checked too"


@pytest.mark.slow
def test_a_check_that_does_not_end_has_failed_and_its_line_is_named(check, tmp_path):
    install_deed(tmp_path, "bench-sleepy", HANG)

    done, outcomes = check("bench-sleepy", "--timeout", "8")

    assert done.returncode == 6
    detail = outcomes["any_outputs"]["detail"]
    assert "did not end within 8 s, in File " in detail
    assert "bench_sleepy_heavy.py" in detail
    assert outcomes["device"]["state"] == "ok"


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("import ctypes; ctypes.string_at(0)", "loading it killed the process with SIGSEGV"),
        ("import os; os._exit(0)", "loading it ended the process with exit code 0"),
        ("raise RuntimeError('out of ideas')", "RuntimeError: out of ideas"),
        ("import time; time.sleep(600)", "loading it did not end within 8 s"),
    ],
    ids=["segfault", "exit", "raise", "hang"],
)
def test_a_plugin_that_cannot_be_loaded_is_named_with_the_way_out(check, tmp_path, source, said):
    install(tmp_path, "bench-hostile", source)

    done, outcomes = check("bench-hostile", "--timeout", "8")

    assert (done.returncode, outcomes) == (3, {})
    assert "bench-hostile 0.3" in done.stderr or "bench_hostile.py" in done.stderr
    assert said in done.stderr
    assert "hint: " in done.stderr


def test_another_plugin_that_crashes_is_not_loaded_to_check_this_one(check, tmp_path):
    install(tmp_path, "bench-hostile", "import os; os._exit(3)")
    install(tmp_path, "bench-good", "METABENCH_API = 1")

    done, _ = check("bench-good")

    assert done.returncode == 3
    assert "plugin 'bench-good' offers nothing to check" in done.stderr


def test_what_a_plugin_prints_does_not_spoil_what_is_told(check, tmp_path):
    install_deed(tmp_path, "bench-loud", "print('{'); os.write(1, b'not JSON\\n')")

    done, outcomes = check("bench-loud")

    assert done.returncode == 0, done.stderr
    assert outcomes["any_outputs"]["state"] == "ok"


def test_a_name_that_nothing_has_comes_with_the_name_that_was_meant(check):
    done, outcomes = check("reptil")

    assert (done.returncode, outcomes) == (5, {})
    assert "error: nothing is called 'reptil'\n  hint: did you mean 'reptile'?" in done.stderr


def test_a_plugin_that_hangs_at_import_is_named_while_it_does_and_ctrl_c_stops_it(tmp_path):
    install(tmp_path, "bench-sleepy", "import time\ntime.sleep(600)\nMETABENCH_API = 1")
    path = os.pathsep.join(filter(None, [str(tmp_path), os.environ.get("PYTHONPATH")]))
    started = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-m", "metabench", "list", "algorithms"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": path},
    )
    try:
        line = process.stderr.readline()
        seconds = time.monotonic() - started
        process.send_signal(signal.SIGINT)
        _, rest = process.communicate(timeout=30)
    finally:
        process.kill()

    assert "plugin bench-sleepy 0.3 (bench_sleepy) is still loading after 5 s" in line
    assert "set METABENCH_DISABLE_PLUGINS=bench-sleepy or use -P no:bench-sleepy" in line
    assert seconds >= 5
    assert process.returncode == 130
    assert "interrupted" in rest


def test_one_that_hangs_is_not_in_the_way_of_who_leaves_it_out(tmp_path, command):
    install(tmp_path, "bench-sleepy", "import time\ntime.sleep(600)\nMETABENCH_API = 1")

    done = command(
        "list", "algorithms", cwd=tmp_path, PYTHONPATH=str(tmp_path),
        METABENCH_DISABLE_PLUGINS="bench-sleepy",
    )  # fmt: skip

    assert (done.returncode, done.stderr) == (0, "")
