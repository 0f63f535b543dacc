"""Properties of the import path: no process of ours runs a file of the working folder."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from kit.benchmark import OWN, PLAIN, benchmark

from metabench.import_path import hidden_module, leave_out_working_folder

NAMES = ("socket", "signal", "torch", "numpy", "click", "rich", "json", "multiprocessing", "random")


@pytest.fixture
def folder(tmp_path):
    """A working folder in which each of many names is a file that says so when it is run."""
    for name in NAMES:
        (tmp_path / f"{name}.py").write_text(
            f"open({str(tmp_path / 'PWNED')!r}, 'a').write('{name} ')\n"
        )
    (tmp_path / "train.csv").write_text(
        "sentence,label\n" + "".join(f"row {n} is {n % 2},{n % 2}\n" for n in range(8))
    )
    (tmp_path / "own.toml").write_text(BENCHMARK)
    return tmp_path


BENCHMARK = benchmark(
    "own", PLAIN, tasks=OWN, finetune={"epochs": 1, "batch_size": 8}, seeds={"meta": [0, 1]}
)


def call(folder, *arguments, **environment):
    """Run `python -m metabench` as somebody does whose Python looks at the working folder first."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    return subprocess.run(
        [sys.executable, "-m", "metabench", *arguments],
        cwd=folder,
        env={**kept, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    "arguments",
    [
        ("doctor", "--device"),
        ("validate", "own.toml"),
        ("list", "algorithms"),
        ("plugins", "check", "finetune"),
    ],
    ids=" ".join,
)
def test_no_command_imports_from_the_working_folder(arguments, folder):
    done = call(folder, *arguments)

    assert not (folder / "PWNED").exists(), (folder / "PWNED").read_text()
    assert done.returncode in {0, 5, 6}, done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("jobs", ["1", "2"])
def test_no_run_imports_from_the_working_folder(jobs, folder):
    done = call(folder, "run", "own.toml", "-j", jobs)

    assert not (folder / "PWNED").exists(), (folder / "PWNED").read_text()
    assert done.returncode == 0, done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("value", [os.pathsep + "/nowhere", "/nowhere" + os.pathsep])
def test_an_empty_entry_of_pythonpath_is_not_the_working_folder(value, folder):
    for name in ("socket", "signal"):  # what the interpreter imports before it comes to us
        (folder / f"{name}.py").unlink()
    done = call(folder, "doctor", "--device", PYTHONPATH=value)

    assert not (folder / "PWNED").exists(), (folder / "PWNED").read_text()
    assert done.returncode == 0, done.stderr


PROGRAM = """
import os, sys
sys.path.insert(0, "/one")
from metabench.import_path import leave_out_working_folder
leave_out_working_folder()
print(os.getcwd() in sys.path, "/one" in sys.path, os.environ.get("PYTHONPATH"))
"""


def path_of(folder, value):
    kept = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    done = subprocess.run(
        [sys.executable, "-P", "-c", PROGRAM],
        cwd=folder,
        env={**kept, "PYTHONPATH": value},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.split()


def test_a_working_folder_that_pythonpath_names_stays(tmp_path):
    named = str(tmp_path)

    assert path_of(tmp_path, named) == ["True", "True", named]
    assert path_of(tmp_path, f"{named}{os.pathsep}") == ["True", "True", named]
    assert path_of(tmp_path, f"/x{os.pathsep}") == ["False", "True", "/x"]


def test_metabench_itself_may_lie_in_the_working_folder():
    import metabench

    home = Path(metabench.__file__).parents[1]
    shown, _, _ = path_of(home, f"/x{os.pathsep}")

    assert shown == "True"


HIDING = {
    "a name is missing": ("", "import colorsys; colorsys.rgb_to_hsv"),
    "a name cannot be imported": ("", "from colorsys import rgb_to_hsv"),
    "a module of it cannot be imported": ("", "import colorsys.hsv"),
    "its own code fails": ("1 / 0", "import colorsys"),
    "it is the cause": (
        "1 / 0",
        "try: import colorsys\nexcept Exception as e: raise OSError from e",
    ),
}


def error_of(program):
    try:
        exec(program, {})  # noqa: S102  (ours)
    except Exception as error:  # noqa: BLE001
        return error
    raise AssertionError(program)


@pytest.fixture
def hidden(tmp_path, monkeypatch):
    """Return a function that writes a module into a folder of PYTHONPATH."""
    monkeypatch.setenv("PYTHONPATH", f"/nowhere{os.pathsep}{tmp_path}")
    monkeypatch.syspath_prepend(tmp_path)

    def write(name, text=""):
        monkeypatch.delitem(sys.modules, name, raising=False)
        (tmp_path / f"{name}.py").write_text(text)
        return str(tmp_path / f"{name}.py")

    yield write
    sys.modules.pop("colorsys", None)
    sys.modules.pop("of_nobody", None)


@pytest.mark.parametrize("case", HIDING)
def test_a_file_of_pythonpath_that_hides_a_module_is_named(case, hidden):
    text, program = HIDING[case]
    file = hidden("colorsys", text)
    problem, where, hint = hidden_module(error_of(program))

    assert problem == "hides the module 'colorsys' of the same name"
    assert where == file
    assert hint.endswith("take its folder out of PYTHONPATH")


def test_a_file_of_pythonpath_that_hides_nothing_is_not_named(hidden):
    hidden("of_nobody", "1 / 0")

    assert hidden_module(error_of("import of_nobody")) is None


def test_a_mistake_that_has_nothing_to_do_with_a_hiding_file_is_not_its(hidden):
    hidden("colorsys")
    import colorsys  # noqa: F401  (it is loaded)

    assert hidden_module(error_of("1 / 0")) is None


def test_a_folder_of_installed_packages_hides_nothing(hidden, tmp_path):
    hidden("colorsys", "1 / 0")
    (tmp_path / "colorsys-1.0.dist-info").mkdir()

    assert hidden_module(error_of("import colorsys")) is None


def test_a_file_that_pythonpath_does_not_name_hides_nothing(hidden, monkeypatch):
    hidden("colorsys", "1 / 0")
    monkeypatch.delenv("PYTHONPATH")

    assert hidden_module(error_of("import colorsys")) is None


@pytest.mark.parametrize("named", [None, "", "elsewhere"])
def test_a_package_that_is_installed_from_the_working_folder_is_found(tmp_path, monkeypatch, named):
    """As ``pip install -e .`` in it does: a line of a .pth file, last on the import path."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONSAFEPATH", "1")
    monkeypatch.setattr(sys, "path", [*sys.path, str(tmp_path)])
    if named is None:
        monkeypatch.delenv("PYTHONPATH", raising=False)
    else:
        monkeypatch.setenv("PYTHONPATH", named)

    leave_out_working_folder()

    assert sys.path[-1] == str(tmp_path)
    assert os.environ.get("PYTHONPATH") == named
