"""Laws of the entry point: exit codes, one sentence on stderr, nothing heavy for --help."""

import errno
import os
import re
import subprocess
import sys

import click
import pytest

from metabench import __version__
from metabench.cli import main as entry
from metabench.cli.main import main
from metabench.errors import DataError, PluginError, Problem, SpecError

COMMANDS = tuple(entry._COMMANDS)


@pytest.fixture
def failing(monkeypatch):
    """Return the function that makes `metabench fail` raise."""

    def fail_with(error):
        @click.command("fail")
        @entry_options.traceback_option
        def command():
            raise error

        monkeypatch.setitem(entry.metabench._modules, "fail", (__name__, ""))
        monkeypatch.setitem(sys.modules, __name__, type(sys)("fake"))
        sys.modules[__name__].command = command

    from metabench.cli.inputs import options as entry_options

    return fail_with


def test_help_is_fast_in_what_it_loads():
    program = (
        "import sys; from metabench.cli.main import main; main(['--help']); print(*sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    loaded = set(done.stdout.splitlines()[-1].split())  # the help itself may name them

    assert not loaded & {"torch", "pydantic", "numpy", "rich", "datasets", "transformers"}


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_a_command_is_short_and_agrees_with_the_listing(command, capsys):
    assert main([command, "--help"]) == 0
    text = capsys.readouterr().out

    assert len(text.splitlines()) <= 60
    listed = entry.metabench._modules[command][1]
    assert listed.rstrip(".") in re.sub(r"\s+", " ", text)


@pytest.mark.parametrize("arguments", [(), ("plugins", "list"), ("plugins", "show")])
def test_help_of_a_group_and_of_what_is_in_it_is_short(arguments, capsys):
    assert main([*arguments, "--help"]) == 0
    assert len(capsys.readouterr().out.splitlines()) <= 60


def test_the_version_is_that_of_the_package(capsys):
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"metabench {__version__}\n"


def test_without_a_command_the_help_is_shown_and_the_exit_code_is_2(capsys):
    assert main([]) == 2
    assert "Commands:" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["rnu"], "error: no command is called 'rnu'; did you mean 'run'?\n"),
        (["help"], "error: no command is called 'help'; did you mean '--help'?\n"),
        (["version"], "error: no command is called 'version'; did you mean '--version'?\n"),
        (["run"], "error: missing argument 'FILE...'\n  hint: see `metabench run --help`\n"),
        (["list", "tassks"], "'tassks' is not one of"),
        (["run", "nothing.toml"], "error: there is no benchmark file 'nothing.toml'\n"),
        (["run", "quickstar"], "hint: did you mean 'quickstart', which ships with metabench?\n"),
        (["run", "quickstart", "--device", "cdua"], "'cdua' is none of auto, cpu, cuda"),
    ],
)
def test_a_mistake_on_the_command_line_exits_with_2(arguments, said, capsys):
    assert main(arguments) == 2
    captured = capsys.readouterr()

    assert said in captured.err
    assert captured.out == ""


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (
            PluginError("broken", where="p 1.0", hint="mend it"),
            3,
            "error: p 1.0: broken\n  hint: mend it\n",
        ),
        (DataError("no rows"), 4, "error: no rows\n"),
        (
            SpecError([Problem("a.toml", 3, "meta", "is wrong"), Problem("a.toml", 9, "", "too")]),
            2,
            "error: a.toml:3: meta: is wrong\nerror: a.toml:9: too\n",
        ),
        (
            KeyboardInterrupt(),
            130,
            "error: interrupted\n  hint: rerun the command to resume\n",
        ),
        (ValueError("oops"), 70, "error: a bug of metabench: ValueError: oops\n"),
    ],
)
def test_every_error_is_one_sentence_and_an_exit_code(error, code, said, failing, capsys):
    failing(error)

    assert main(["fail"]) == code
    assert capsys.readouterr().err.startswith(said)


def test_a_traceback_is_shown_only_when_asked_for(failing, capsys):
    failing(ValueError("oops"))

    main(["fail"])
    assert "Traceback" not in capsys.readouterr().err
    main(["fail", "--traceback"])
    assert "Traceback" in capsys.readouterr().err


def test_what_an_error_says_cannot_act_on_the_terminal(failing, capsys):
    failing(DataError("no \x1b[31mrows"))

    main(["fail"])
    assert capsys.readouterr().err == "error: no \\x1b[31mrows\n"


def test_a_reader_that_goes_away_is_no_error():
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(
        [sys.executable, "-m", "metabench", "--help"],
        stdout=write,
        stderr=subprocess.PIPE,
        check=False,
    )
    os.close(write)

    assert (done.returncode, done.stderr) == (141, b"")


def test_output_that_the_terminal_has_no_letters_for_is_written_all_the_same(make_run):
    store = make_run()
    done = subprocess.run(
        [sys.executable, "-m", "metabench", "compare", str(store.folder)],
        env=os.environ | {"PYTHONIOENCODING": "cp1252"},
        capture_output=True,
        check=False,
    )

    assert done.returncode == 0
    assert b"\\u2500" in done.stdout


def test_a_disk_error_that_nobody_expected_is_called_a_bug(failing, capsys):
    failing(OSError(errno.EINVAL, "invalid argument"))

    assert main(["fail"]) == 70
    assert "OSError" in capsys.readouterr().err


def test_ctrl_c_while_the_first_libraries_load_is_one_sentence_and_130(tmp_path):
    (tmp_path / "click.py").write_text("raise KeyboardInterrupt\n")
    done = subprocess.run(
        [sys.executable, "-m", "metabench", "list"],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"PYTHONPATH": str(tmp_path)},
    )

    assert done.returncode == 130
    assert done.stderr == "error: interrupted\n  hint: run the same command again\n"
