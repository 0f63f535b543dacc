"""The cards of GLUE and SciTail."""

import subprocess
import sys

import pytest

from metabench.metrics.provider import metabench_metrics
from metabench.tasks.glue import GLUE
from metabench.tasks.provider import metabench_tasks
from metabench.tasks.scitail import SCITAIL

# Table 1 of the GLUE paper and the hub's card: train, scored split, rows of it.
OFFICIAL = {
    "glue/cola": (8551, "validation", 1043, "matthews"),
    "glue/sst2": (67349, "validation", 872, "accuracy"),
    "glue/mrpc": (3668, "validation", 408, "accuracy"),
    "glue/qqp": (363846, "validation", 40430, "accuracy"),
    "glue/stsb": (5749, "validation", 1500, "pearson"),
    "glue/mnli": (392702, "validation_matched", 9815, "accuracy"),
    "glue/qnli": (104743, "validation", 5463, "accuracy"),
    "glue/rte": (2490, "validation", 277, "accuracy"),
    "scitail": (23596, "test", 2126, "accuracy"),
}


@pytest.mark.parametrize("card", [*GLUE, SCITAIL], ids=lambda card: card.name)
def test_sizes_scored_split_and_primary_score_are_the_official_ones(card):
    found = (card.splits[card.train], card.scored, card.splits[card.scored], card.primary)

    assert found == OFFICIAL[card.name]


def test_the_provider_offers_thirty_tasks_under_thirty_names():
    cards = metabench_tasks()

    assert len({card.name for card in cards}) == len({card.title for card in cards}) == 30


@pytest.mark.parametrize("card", metabench_tasks(), ids=lambda card: card.name)
def test_a_card_is_whole(card):
    known = {metric.name for metric in metabench_metrics()}

    assert {card.train, card.scored} <= set(card.splits)
    assert card.train != card.scored
    assert set(card.metrics) <= known
    assert card.regression == ("pearson" in card.metrics)
    assert all((card.title, card.summary, card.licence, card.citation))


def test_listing_tasks_and_metrics_loads_nothing_heavy():
    code = (
        "import sys, metabench.tasks.provider as t, metabench.metrics.provider as m;"
        "t.metabench_tasks(); m.metabench_metrics();"
        "print(sorted({'torch', 'transformers', 'datasets', 'numpy', 'pyarrow', 'sklearn', 'scipy',"
        " 'huggingface_hub'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"
