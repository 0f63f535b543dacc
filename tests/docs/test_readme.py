"""README.md holds: its benchmark is valid, its figures and picture are those that were measured."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from metabench.leaderboard.statistics.significance import pairs_needed
from metabench.plugin.catalog import load_catalog
from metabench.spec.reading.load import load_benchmark
from picture import drawn

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PERFORMANCE = (ROOT / "docs" / "performance.md").read_text(encoding="utf-8")
PICTURES = ROOT / "docs" / "pictures"
LONGEST = 120


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", README, flags=re.MULTILINE | re.DOTALL)


def test_there_are_two_commands_and_a_benchmark_of_at_most_eight_lines(tmp_path):
    first, second = blocks("console")
    (text,) = blocks("toml")
    file = tmp_path / "first.toml"
    file.write_text(text)
    benchmark = load_benchmark(file, catalog=load_catalog())

    assert (first.count("$"), second.count("$")) == (1, 1)
    assert len(text.splitlines()) <= 8
    assert len(benchmark.spec.seeds.meta) >= pairs_needed(tests=2, alpha=0.05)


def test_every_algorithm_that_is_built_in_is_named_and_counted():
    catalog = load_catalog()
    built_in = [name for name, offer in catalog.algorithms.items() if offer.plugin.built_in]
    shown = README.partition("**Algorithms**")[2].partition("- **Encoders**")[0].casefold()

    assert f"| {len(built_in)} built in" in README
    spelt = {"finetune": "fine-tuning", "joint": "joint training"}
    assert {name for name in built_in if spelt.get(name, name) not in shown} == set()


def test_the_tasks_that_are_built_in_are_counted():
    names = list(load_catalog().tasks)
    count = Counter(name.partition("/")[0] for name in names)

    assert count == {"glue": 8, "scitail": 1, "leopard": 12, "embedded": 9}
    assert "eight of GLUE, SciTail, twelve few-shot ones of LEOPARD, nine synthetic ones" in README


@pytest.mark.parametrize(
    ("variant", "memory", "seconds"),
    [("exact/lean", "1.5 (`lean`)", "1.19 or"), ("exact/auto", "or 6.4 (`auto`)", "or 0.96")],
)
def test_the_memory_and_the_time_of_exact_maml_are_those_that_were_measured(
    variant, memory, seconds
):
    first = PERFORMANCE.partition("<!-- perf: gradient -->")[2].partition("<!-- /perf -->")[0]
    (row,) = re.findall(rf"^\| metabench {variant} \|(.*)$", first, flags=re.MULTILINE)
    _, times, _, _, gradients = (float(cell.replace(",", "")) for cell in row.split("|")[:5])

    (least,) = re.findall(r"\d+\.\d+", memory)
    (factor,) = re.findall(r"\d+\.\d+", seconds)

    assert memory in README
    assert seconds in README
    assert float(least) == pytest.approx(gradients, abs=0.06)
    assert float(factor) == times


def test_the_picture_is_drawn_from_the_text_beside_it():
    text = (PICTURES / "leaderboard.txt").read_text(encoding="utf-8")

    assert (PICTURES / "leaderboard.svg").read_text(encoding="utf-8") == drawn(text)
    assert text.startswith("quickstart: scores\n")
    assert ">Conclusion</text>" in drawn(text)
    assert ">Conclusion</text>" not in drawn(text.partition("\nConclusion\n")[0])


def test_the_readme_is_short():
    assert len(README.splitlines()) <= LONGEST
