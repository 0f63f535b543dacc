"""Laws of a site: its numbers are the leaderboards', its names are inert, its bytes the same."""

import json
import re
from html import unescape
from pathlib import Path

import pytest

import metabench
from metabench.cli.main import main
from metabench.frontend.site import build_site

METHODS = ("</script><script>alert(1)</script>", "../../outside", "a\x1b[31m\u202eb")


def table(page, name):
    """Return the lines of a table of a page, as texts by the names of the columns."""
    begin = f'<script type="application/json" id="{name}-data">'
    columns = json.loads(page.decode().partition(begin)[2].partition("</script>")[0])
    return [
        {each["name"]: each["texts"][each["rows"][at]] for each in columns}
        for at in range(len(columns[0]["rows"]))
    ]


@pytest.fixture
def built(make_run, monkeypatch):
    """Return the folder of a run, and the files of its site."""
    folder = make_run().folder
    monkeypatch.chdir(folder.parent.parent)
    return folder, build_site([Path("runs/demo")])[0]


def test_there_is_a_page_for_each_benchmark_method_and_task(built):
    assert set(built[1]) == {
        "index.html", "scores.html", "scores.csv", "benchmark-demo.html",
        "method-bert.html", "method-joint.html", "method-reptile.html",
        "task-rte.html", "task-mrpc.html", "task-scitail.html",
    }  # fmt: skip


def test_the_mean_scores_are_those_of_the_leaderboard(built):
    folder, files = built
    board = metabench.load(folder).leaderboard().value
    expected = {
        (row.method, column.name): f"{100 * score.mean:.1f}"
        for row in board.rows
        for column, score in zip(board.columns, row.scores, strict=True)
        if score.mean is not None
    }
    lines = table(files["index.html"], "results")
    found = {
        (line["method"], line["task"]): line["score"].split()[0]
        for line in lines
        if line["score"][0].isdigit() and "/" not in line["score"].split()[0]
    }

    assert found.items() >= expected.items()
    rte = table(files["task-rte.html"], "results")
    assert {line["method"]: line["score"].split()[0] for line in rte} == {
        method: text for (method, task), text in expected.items() if task == "rte"
    }


def test_the_differences_of_two_methods_are_those_to_a_baseline_of_that_name(built):
    folder, files = built
    frame = metabench.load(folder).differences(baselines=["Joint"])
    lines = [
        line for line in table(files["benchmark-demo.html"], "differences")
        if line["minus"] == "Joint"
    ]  # fmt: skip
    found = [float(line["difference"].replace("\N{MINUS SIGN}", "-")) for line in lines]

    assert [line["method"] for line in lines] == list(frame.method)
    assert found == pytest.approx([round(100 * value, 1) for value in frame.difference], abs=0.051)


def test_every_pair_of_methods_has_its_differences_both_ways(built):
    lines = table(built[1]["benchmark-demo.html"], "differences")

    pairs = {(line["method"], line["minus"]) for line in lines if line["column"] == "RTE"}
    names = ("BERT", "Joint", "Reptile")
    assert pairs == {(one, two) for one in names for two in names if one != two}


def test_every_score_has_a_line_with_its_run_and_cell(built):
    folder, files = built
    scores = metabench.load(folder).scores
    lines = table(files["scores.html"], "scores")

    assert [line["cell"] for line in lines] == list(scores.cell)
    assert [line["score"] for line in lines if line["status"].startswith("ok")] == [
        f"{score:.4f}" for score in scores.score.dropna()
    ]
    assert {line["run"] for line in lines} == {"runs/demo", "-"}


def test_a_line_of_who_ran_what_names_versions_and_the_command_that_reruns_it(built):
    lines = table(built[1]["method-joint.html"], "runs")

    assert lines == [
        {
            "run": "runs/demo", "benchmark": "demo", "done": "9/9", "metabench": "0",
            "torch": "-", "python": "3", "device": "-", "computed": "-",
            "command": "metabench run runs/demo/resolved.toml --only method=Joint",
        }
    ]  # fmt: skip


def test_the_place_of_a_run_folder_is_not_told(make_run):
    folder = make_run().folder
    files, _ = build_site([folder])

    assert folder.is_absolute()
    assert not [name for name, data in files.items() if str(folder.parent).encode() in data]


def test_the_same_runs_give_the_same_bytes(built):
    assert build_site([Path("runs/demo")])[0] == built[1]


def benchmark_pages(folders):
    files, _ = build_site(folders)
    return files, [name for name in files if name.startswith("benchmark-")]


def test_runs_of_one_benchmark_are_merged(make_run, monkeypatch):
    first = make_run().folder
    make_run(folder="again")
    monkeypatch.chdir(first.parent.parent)
    files, pages = benchmark_pages([Path("runs/demo"), Path("runs/again")])

    assert pages == ["benchmark-demo.html"]
    lines = table(files["index.html"], "runs")
    assert {(line["run"], line["method"]) for line in lines} == {
        (run, method)
        for run in ("runs/demo", "runs/again")
        for method in ("BERT", "Joint", "Reptile")
    }


def test_runs_that_cannot_be_compared_have_a_page_each(make_run):
    first = make_run()
    columns = tuple(each.model_copy(update={"metric": "f1"}) for each in first.run().columns)
    other = make_run(folder="other", columns=columns)
    smoke = make_run(folder="demo.smoke", smoke=True)
    _, pages = benchmark_pages([first.folder, other.folder, smoke.folder])

    assert pages == [
        "benchmark-demo.html", "benchmark-demo-other.html", "benchmark-demo-smoke-run.html"
    ]  # fmt: skip


def test_no_name_makes_a_script_a_link_or_a_file_elsewhere(make_study):
    scores = {(method, task): dict.fromkeys(range(3), 0.5) for method in METHODS for task in "ab"}
    files, _ = build_site([make_study(scores).folder])
    own = {f"{name}" for name in files}

    assert all(re.fullmatch(r"[a-z0-9][a-z0-9.-]*", name) for name in files)
    for name, data in files.items():
        if name.endswith(".html"):
            page = data.decode()
            assert page.count("<script") == 1 + page.count('<script type="application/json"')
            assert "alert(1)</script>" not in page
            links = {unescape(link) for link in re.findall(r'href="([^"]*)"', page)}
            assert {link for link in links if link[0] != "#"} <= {*own, "data:,"}
            assert "\x1b" not in page
            assert "\u202e" not in page


def test_the_command_writes_the_site_and_says_where(make_run, monkeypatch, capsys):
    monkeypatch.chdir(make_run().folder.parent.parent)

    assert main(["site", "demo", "-o", "pages"]) == 0
    assert capsys.readouterr().out == "pages/index.html\n"
    assert Path("pages/index.html").is_file()


def test_a_damaged_record_is_a_warning_and_its_score_is_missing(make_run, monkeypatch, capsys):
    store = make_run()
    monkeypatch.chdir(store.folder.parent.parent)
    record = next(store.folder.glob("cells/joint-rte-0-*/result.json"))
    record.write_text(record.read_text().replace("0.6", "0.9"))

    assert main(["site", "demo"]) == 0
    assert "warning" in capsys.readouterr().err
    lines = table(Path("site/scores.html").read_bytes(), "scores")
    assert [line["status"] for line in lines if line["cell"] == record.parent.name] == ["missing"]
