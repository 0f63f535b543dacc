"""Laws of a plugin's format for leaderboards: shown like ours, and named where it fails."""

from __future__ import annotations

import sys

import pytest

from metabench.cli.main import main

SOURCE = """
from metabench.api import RendererInfo, hookimpl

def lines(board):
    return "\\n".join(row.method for row in board.rows)

def raises(board):
    raise KeyError("no such row")

def number(board):
    return 7

@hookimpl
def metabench_renderers():
    return [
        RendererInfo("my-lines", f"{__name__}:lines", "one line per method"),
        RendererInfo("my-raises", f"{__name__}:raises", "nothing"),
        RendererInfo("my-number", f"{__name__}:number", "nothing"),
        RendererInfo("my-nothing", f"{__name__}:nowhere", "nothing"),
    ]
"""


@pytest.fixture
def shown(make_run, monkeypatch, capsys, tmp_path):
    """Compare a run with options and a plugin file; return exit code, stdout and stderr."""
    finders = list(sys.meta_path)
    monkeypatch.chdir(make_run().folder.parent.parent)
    (tmp_path / "own_format_idea.py").write_text(SOURCE)

    def compare(*options):
        code = main(["compare", "--plugin-file", str(tmp_path / "own_format_idea.py"), *options])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    yield compare
    sys.meta_path[:] = finders
    sys.modules.pop("metabench_local_own_format_idea", None)


def test_it_is_printed_and_written_alike_and_ends_with_a_line(shown, tmp_path):
    code, out, err = shown("--format", "my-lines")

    assert (code, err) == (0, "")
    assert out.endswith("\n")
    assert len(out.splitlines()) >= 2
    assert shown("-o", str(tmp_path / "board.my-lines"))[0] == 0
    assert (tmp_path / "board.my-lines").read_text() == out


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("my-raises", "format 'my-raises' raised KeyError: 'no such row'"),
        ("my-number", "format 'my-number' returned int, not a text"),
        ("my-nothing", "cannot load 'metabench_local_own_format_idea:nowhere'"),
    ],
)
def test_one_that_fails_is_named_and_nothing_is_written(name, said, shown, tmp_path):
    code, out, err = shown("--format", name, "-o", str(tmp_path / "board.txt"))

    assert (code, out) == (3, "")
    assert said in err
    assert "hint: " in err
    assert not (tmp_path / "board.txt").exists()


def test_a_misspelt_name_comes_with_the_name_that_was_meant(shown):
    code, _, err = shown("--format", "my-line")

    assert code == 2
    assert "there is no format 'my-line'; did you mean 'my-lines'?" in err
    assert "html, parquet, my-lines, my-nothing" in err
