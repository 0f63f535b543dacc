"""What README.md shows is true: its plugin loads, its table and picture are what was measured."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from metabench.plugin import LocalFile, load_catalog, load_target
from picture import drawn

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PERFORMANCE = (ROOT / "docs" / "performance.md").read_text(encoding="utf-8")
PICTURES = ROOT / "docs" / "pictures"
SCREEN = 100


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", README, flags=re.MULTILINE | re.DOTALL)


def test_the_plugin_of_the_readme_loads_and_its_class_can_be_made(tmp_path):
    (text,) = blocks("python")
    name = re.match(r"# (\S+\.py)\n", text)[1]
    offer = load_catalog(files=[LocalFile(tmp_path / name, text.encode())]).algorithm(
        "sign-reptile"
    )
    algorithm = load_target(offer.value.target)(offer.value.options())

    assert f"--plugin-file {name}`" in README
    assert algorithm.options.episode_shape().support == 3


def test_every_algorithm_that_is_built_in_is_named_and_counted():
    catalog = load_catalog()
    built_in = [name for name, offer in catalog.algorithms.items() if offer.plugin.built_in]
    said = README.partition("Built in,")[2].partition("([equations")[0].casefold()

    assert f"| **{len(built_in)} built in" in README
    spelt = {"finetune": "fine-tuning", "joint": "joint training"}
    assert {name for name in built_in if spelt.get(name, name) not in said} == set()


def test_every_real_task_that_is_built_in_is_counted():
    names = [name for name in load_catalog().tasks if not name.startswith("embedded/")]

    assert f"| tasks | {len(names)}, " in README


@pytest.mark.parametrize(
    ("variant", "memory", "seconds"),
    [("exact/lean", "**1.5**", "(1.19)"), ("exact/auto", "6.4", "(**0.96**)")],
)
def test_the_memory_and_the_time_of_exact_maml_are_those_that_were_measured(
    variant, memory, seconds
):
    first = PERFORMANCE.partition("<!-- perf: gradient -->")[2].partition("<!-- /perf -->")[0]
    (row,) = re.findall(rf"^\| metabench {variant} \|(.*)$", first, flags=re.MULTILINE)
    _, times, _, _, gradients = (float(cell.replace(",", "")) for cell in row.split("|")[:5])

    assert f"{memory} {seconds}" in README
    assert float(memory.strip("*")) == pytest.approx(gradients, abs=0.06)
    assert float(seconds.strip("(*)")) == times


def test_the_picture_is_drawn_from_the_text_beside_it():
    text = (PICTURES / "leaderboard.txt").read_text(encoding="utf-8")

    assert (PICTURES / "leaderboard.svg").read_text(encoding="utf-8") == drawn(text)
    assert text.startswith("quickstart: scores\n")


def test_the_readme_is_short():
    assert len(README.splitlines()) <= SCREEN
