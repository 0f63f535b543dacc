"""Laws of `metabench init`: what it writes is valid, and nothing is written over."""

from __future__ import annotations

import os
import re
from pathlib import Path

import click
import pytest
import yaml

import metabench
from metabench.cli.main import main
from metabench.cli.main import metabench as commands


@pytest.fixture(autouse=True)
def inside(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_the_quickstart_is_valid(capsys):
    assert main(["init"]) == 0
    assert main(["validate", "my-quickstart.toml"]) == 0
    assert "next: metabench validate my-quickstart.toml" in capsys.readouterr().err


def test_the_name_is_that_of_the_file_and_of_the_benchmark():
    assert main(["init", "idea", "-o", "other.toml"]) == 0
    text = Path("other.toml").read_text(encoding="utf-8")

    assert 'name = "idea"' in text
    assert "metabench run other.toml" in text


def test_a_task_of_ones_own_is_valid_as_soon_as_its_file_is_there(capsys):
    assert main(["init", "--template", "own-csv"]) == 0
    assert main(["validate", "my-own-csv.toml"]) == 4
    assert "my_task.csv" in capsys.readouterr().err
    rows = [f'"words, number {number}",{"abc"[number % 3]}' for number in range(60)]
    Path("my_task.csv").write_text("\n".join(["text,label", *rows]), encoding="utf-8")

    assert main(["validate", "my-own-csv.toml"]) == 0


@pytest.mark.skipif("METABENCH_HUB" not in os.environ, reason="needs data sets and encoders")
def test_the_glue_template_is_valid_with_the_splits_that_are_there():
    assert main(["init", "--template", "glue"]) == 0
    text = Path("my-glue.toml").read_text(encoding="utf-8")
    text = text.replace("# Another split than the card's: splits.", "splits.")
    text = text.replace("google-bert/bert-base-uncased", "embedded/encoder")
    text = text.replace("max_length = 128", 'max_length = 128\nweights = "random"')
    Path("my-glue.toml").write_text(text, encoding="utf-8")

    assert main(["validate", "my-glue.toml"]) == 0


def test_a_file_that_is_there_is_kept_unless_forced(capsys):
    Path("my-quickstart.toml").write_text("mine", encoding="utf-8")

    assert main(["init"]) == 2
    assert "my-quickstart.toml: is there already" in capsys.readouterr().err
    assert Path("my-quickstart.toml").read_text(encoding="utf-8") == "mine"
    assert main(["init", "--force"]) == 0
    assert Path("my-quickstart.toml").read_text(encoding="utf-8") != "mine"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("a/b",), "'a/b' cannot be the name of a benchmark"),
        (("x", "-o", "nowhere/x.toml"), "there is no folder 'nowhere'"),
        (("--template", "glu"), "'glu' is not one of"),
    ],
)
def test_what_cannot_be_written_is_a_usage_error(arguments, said, capsys):
    assert main(["init", *arguments]) == 2
    assert said in capsys.readouterr().err
    assert not list(Path().iterdir())


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs a folder that takes no file")
@pytest.mark.parametrize("arguments", [["init", "mine", "-o"], ["schema", "-o"]])
def test_a_file_that_cannot_be_written_is_sent_elsewhere_by_its_own_option(arguments, capsys):
    assert main([*arguments, "/proc/file.toml"]) == 4
    problem, hint = capsys.readouterr().err.splitlines()

    assert problem.startswith("error: /proc/file.toml: cannot be")
    assert hint == "  hint: name a file in another folder with -o FILE"


def test_a_file_of_ones_own_becomes_a_benchmark_that_is_valid(tmp_path, monkeypatch):
    from click.testing import CliRunner

    from metabench.cli.commands.init import command
    from metabench.plugin.catalog import load_catalog
    from metabench.spec.reading.load import load_benchmark

    monkeypatch.chdir(tmp_path)
    rows = "".join(
        f"ein Text über Nummer {row};{'gut' if row % 2 else 'übel'}\n" for row in range(9)
    )
    (tmp_path / "rows.csv").write_bytes(("Text;Urteil\n" + rows).encode("cp1252"))
    done = CliRunner().invoke(command, ["mine", "--train", "rows.csv"], standalone_mode=False)
    card = load_benchmark(tmp_path / "mine.toml", catalog=load_catalog()).own_tasks["mine"]
    file = card.source.files["train"]

    assert done.return_value == 0, done.exception
    assert (card.text, card.label) == (("Text",), "Urteil")
    assert (file.delimiter, file.encoding) == (";", "cp1252")
    assert card.source.scored_fraction == 0.2


def test_a_name_that_ends_like_a_file_names_the_file(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)

    assert main(["init", "mine.toml"]) == 0
    assert [path.name for path in tmp_path.iterdir()] == ["mine.toml"]
    assert 'name = "mine"' in (tmp_path / "mine.toml").read_text()


def test_a_results_repository_has_what_it_takes_to_contribute_check_and_publish(capsys):
    assert main(["init", "results", "--results-repository"]) == 0
    assert "metabench export records RUN results/records/NAME" in capsys.readouterr().err
    files = {path.relative_to("results").as_posix() for path in Path("results").rglob("*.*")}

    assert files - {".github"} == {
        "README.md", "records/README.md", "requirements.txt", ".github/workflows/results.yml",
    }  # fmt: skip
    text = Path("results/requirements.txt").read_text(encoding="utf-8")
    assert text.startswith(f"metabench=={metabench.__version__}\n")


def test_the_workflow_of_a_results_repository_reads_only_and_its_commands_exist():
    assert main(["init", "results", "--results-repository"]) == 0
    text = Path("results/.github/workflows/results.yml").read_text(encoding="utf-8")
    workflow = yaml.safe_load(text)
    lines = re.findall(r"metabench (\w+) ([^<\n]*)", text)

    assert workflow["permissions"] == {"contents": "read"}
    assert set(workflow[True]) == {"pull_request", "push", "workflow_dispatch"}  # `on`, in YAML 1.1
    assert [name for name, job in workflow["jobs"].items() if "permissions" in job] == ["publish"]
    assert [name for name, _ in lines] == ["review", "site"]
    for name, rest in lines:
        command = commands.get_command(click.Context(commands), name)
        _, left, _ = command.make_parser(click.Context(command)).parse_args(rest.split())
        assert not [word for word in left if word.startswith("-")]


def test_a_results_repository_is_made_in_no_folder_that_holds_something(capsys):
    Path("results").mkdir()
    Path("results/mine").write_text("mine")

    assert main(["init", "results", "--results-repository"]) == 2
    assert "results: is there already" in capsys.readouterr().err
    assert [path.name for path in Path("results").iterdir()] == ["mine"]
