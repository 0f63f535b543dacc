"""Laws of `metabench compare -o report.html` and of `--plots`."""

import pytest

from metabench.cli.main import main


@pytest.fixture
def run(make_run, monkeypatch):
    store = make_run("demo")
    monkeypatch.chdir(store.folder.parent.parent)
    return store


@pytest.mark.parametrize("file", ["report.html", "report.htm"])
def test_the_report_is_written_in_one_file(run, tmp_path, file, capsys):
    assert main(["compare", "demo", "-o", str(tmp_path / file)]) == 0

    text = (tmp_path / file).read_text(encoding="utf-8")
    assert text.startswith("<!DOCTYPE html>")
    assert "52.0" in text
    assert capsys.readouterr().out == ""


def test_the_report_can_be_piped(run, capsys):
    assert main(["compare", "demo", "--format", "html"]) == 0
    assert capsys.readouterr().out.endswith("</html>\n")


def test_the_report_does_not_depend_on_where_the_folder_lies(make_run, tmp_path, monkeypatch):
    first = make_run("demo")
    second = make_run("demo", folder="elsewhere")
    pages = []
    for number, store in enumerate((first, second)):
        page = tmp_path / f"{number}.html"
        assert main(["compare", str(store.folder), "-o", str(page)]) == 0
        pages.append(page.read_bytes())

    assert pages[0] == pages[1]


def test_plots_are_written_beside_the_table_and_said_on_stderr(run, tmp_path, capsys):
    assert main(["compare", "demo", "--plots", str(tmp_path / "plots")]) == 0
    captured = capsys.readouterr()

    assert captured.out.startswith("demo: scores\n")
    assert "differences-1.svg" in captured.err
    assert (tmp_path / "plots" / "differences-1.svg").read_text().startswith("<?xml")
    assert (tmp_path / "plots" / "differences-1.pdf").read_bytes().startswith(b"%PDF")
    assert (tmp_path / "plots" / "differences-1.png").read_bytes().startswith(b"\x89PNG")
