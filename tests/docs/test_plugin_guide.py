"""The plugin guide and the page of each kind hold: their files are plugins that work as shown."""

from __future__ import annotations

import ast
import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from metabench.api.leaderboard import (
    Leaderboard,
    LeaderboardColumn,
    LeaderboardRow,
    LeaderboardScore,
)
from metabench.plugin.catalog import load_catalog
from metabench.plugin.local import LocalFile
from metabench.plugin.target import load_target

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "plugin_guide.md").read_text(encoding="utf-8")
KINDS = "\n".join(path.read_text("utf-8") for path in sorted((DOCS / "plugins").glob("*.md")))
BLOCKS = re.findall(r"^```(\w+)[^\n]*\n(.*?)^```$", PAGE, flags=re.MULTILINE | re.DOTALL)
FILES = {
    match[1]: text
    for language, text in BLOCKS
    if language in {"python", "toml"} and (match := re.match(r"# (\S+\.(?:py|toml))\n", text))
}
TOML = [text for language, text in BLOCKS if language == "toml" and text not in FILES.values()]
OF_A_KIND = dict(
    re.findall(r"^```python\n# (\S+\.py)\n(.*?)^```$", KINDS, re.MULTILINE | re.DOTALL)
)
OTHERS = ("square_root.py", "balanced.py", "parity.py", "stopwatch.py")


def command(*arguments, cwd, **environment):
    inherited = {key: value for key, value in os.environ.items() if key != "METABENCH_HUB"}
    return subprocess.run(
        [sys.executable, "-m", *arguments],
        capture_output=True,
        text=True,
        check=False,
        cwd=cwd,
        env=inherited | {"OMP_NUM_THREADS": "1", **environment},
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """What `plugins new` writes, with the files of the page in place of its own."""
    parent = tmp_path_factory.mktemp("guide")
    words = shlex.split(re.search(r"^\$ metabench (plugins new .*)$", PAGE, re.MULTILINE)[1])
    made = command("metabench", *words, cwd=parent)
    assert made.returncode == 0, made.stderr
    (folder,) = parent.iterdir()
    for name, text in FILES.items():
        assert (folder / name).is_file(), f"{name} is not what was written"
        (folder / name).write_text(text)
    return folder


def local(name: str) -> LocalFile:
    return LocalFile(DOCS / "plugins" / name, OF_A_KIND[name].encode())


def test_the_page_shows_the_tree_and_the_entry_point_that_are_written(folder):
    (tree,) = [text for language, text in BLOCKS if language == "text" and "README.md" in text]
    shown = {line.split()[0] for line in tree.splitlines()[1:]}
    written = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    (entry,) = [text for text in TOML if "entry-points" in text]

    assert tree.startswith(f"{folder.name}/\n")
    assert shown == written
    assert entry in (folder / "pyproject.toml").read_text()


@pytest.fixture(scope="module")
def site(folder, pip_install):
    """Where pip has installed the package of the page, built by its own build backend."""
    pip_install(folder, folder / "site")
    return str(folder / "site")


def test_the_tests_of_the_page_pass(folder, site):
    done = command("pytest", "-q", "-p", "no:cacheprovider", "tests", cwd=folder, PYTHONPATH=site)

    assert done.returncode == 0, done.stdout
    assert " passed" in done.stdout
    assert "failed" not in done.stdout


def test_the_plugin_is_listed_and_shown_as_the_page_shows_it(folder, site):
    listed = command("metabench", "plugins", "--json", cwd=folder, PYTHONPATH=site)
    shown = command("metabench", "show", "clipped-fomaml", cwd=folder, PYTHONPATH=site)

    (plugin,) = [one for one in json.loads(listed.stdout) if one["name"] == "clipped-fomaml"]
    assert plugin["state"] == "ok"
    assert plugin["distribution"] == "metabench-clipped-fomaml"
    (text,) = [text for language, text in BLOCKS if language == "text" and "options:" in text]
    assert " ".join(text.split()) == " ".join(shown.stdout.split())


@pytest.mark.slow
def test_its_rows_stand_on_the_leaderboard_of_the_quickstart(folder, site):
    path, (methods,) = folder / "benchmark.toml", [text for text in TOML if "grid" in text]
    text = path.read_text()
    start, end = text.rindex("[[methods]]"), text.index("[compare]")
    assert 'algorithm = "clipped-fomaml"' in text[start:end], "its last method is yours"
    path.write_text(f"{text[:start]}{methods}\n{text[end:]}")
    done = command("metabench", "run", "benchmark.toml", "--smoke", cwd=folder, PYTHONPATH=site)

    assert done.returncode == 0, done.stderr
    board = command("metabench", "compare", "clipped-fomaml.smoke", "--json", cwd=folder)
    rows = [row["method"] for row in json.loads(board.stdout)["rows"]]
    mine = {"FOMAML", "Clipped FOMAML[clip=0.5]", "Clipped FOMAML[clip=2.0]"}
    assert mine | {"Fine-tuning", "Joint", "MAML", "Reptile"} == set(rows)
    cells = folder / "runs" / "clipped-fomaml.smoke" / "cells"
    logs = list(cells.glob("meta-clipped-*/metrics.jsonl"))
    assert len(logs) == 2
    for log in logs:
        for line in log.read_text().splitlines():
            assert 0 <= json.loads(line)["clipped/share"] <= 1


@pytest.mark.slow
def test_the_other_kinds_of_the_pages_work_in_one_run(tmp_path):
    folder = tmp_path
    (text,) = re.findall(r"^```toml\n(schema.*?)^```$", KINDS, re.MULTILINE | re.DOTALL)
    (folder / "others.toml").write_text(text)
    for name in OTHERS:
        (folder / name).write_text(OF_A_KIND[name])
    files = [word for name in OTHERS for word in ("--plugin-file", name)]
    done = command("metabench", "run", "others.toml", *files, cwd=folder)

    assert done.returncode == 0, done.stderr
    cells = folder / "runs" / "others" / "cells"
    (adapt,) = [json.loads(path.read_text()) for path in cells.glob("adapt-*/result.json")]
    (steps,) = [path.read_text().splitlines() for path in cells.glob("meta-*/metrics.jsonl")]
    assert adapt["primary"] == "balanced-accuracy"
    told = ["stopwatch/seconds" in json.loads(line) for line in steps]
    assert told == [False, True, True, True]


def test_the_algorithm_takes_at_most_thirty_lines():
    text = FILES["metabench_clipped_fomaml/algorithm.py"]
    lines = {line for node in ast.walk(ast.parse(text)) if (line := getattr(node, "lineno", 0))}

    assert len(lines) <= 30


def test_the_package_of_several_kinds_provides_them():
    catalog = load_catalog(files=[local("our_lab.py")])

    assert catalog.algorithm("our-maml").value.options().episode_shape().support == 3
    assert catalog.sampler("our-sampler").value.target == "our_lab.sampler:OurSampler"


def test_the_renderer_of_its_page_orders_the_methods_of_the_quickstart_as_shown():
    picture = (DOCS / "pictures" / "leaderboard.txt").read_text(encoding="utf-8")
    (lines,) = re.findall(r"^method +average .*\n─+\n((?:\S.*±.*\n)+)", picture, re.MULTILINE)
    means = {line.split()[0]: float(re.findall(r"[\d.]+", line)[0]) for line in lines.splitlines()}
    rows = [
        LeaderboardRow(name, (LeaderboardScore(mean, None, 3, 3),)) for name, mean in means.items()
    ]
    column = LeaderboardColumn("average", "average", "average", "")
    board = Leaderboard("quickstart", False, (column,), tuple(rows), (), 0.05, ())
    catalog = load_catalog(files=[local("ranking.py")])
    text = load_target(catalog.renderers["ranking"].value.target)(board)

    assert len(rows) == 5
    assert f'ranking.py"\n{text}```' in KINDS


def test_every_hook_is_on_a_page_of_a_kind():
    from generator.hooks import hook_names

    assert {hook for hook in hook_names() if hook not in KINDS} == set()
