"""A model card says what a user has to know, and nothing in it can act on a page."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
import yaml
from kit.benchmark import benchmark, method

from metabench.api import AlgorithmOptions
from metabench.cli.inputs.benchmark import make_plan
from metabench.plan.cell import FineTuneWork, MetaWork, PretrainWork
from metabench.session.export.model_card import ModelCard, render_model_card
from metabench.store.records.cell import Result

TEXT = benchmark(
    "tiny",
    method("Reptile", "reptile"),
    tasks={"auxiliary": ["embedded/inference"]},
    pretrain={"steps": 1000},
)
HOSTILE = "<script>alert(1)</script>|`x`](http://evil)\x1b[31m"


@pytest.fixture
def card(tmp_path, provenance):
    path = tmp_path / "tiny.toml"
    path.write_text(TEXT)
    cells = make_plan(str(path), sets=(), smoke=False, hub=None).plan.cells
    works = {type(cell.work): cell.work for cell in cells}
    result = Result(
        kind="adapt", name="adapt", key="a" * 64, method="Reptile", scores={"matthews": 0.25},
        scored_rows=500, wall_seconds=1.0, provenance=provenance,
    )  # fmt: skip
    return ModelCard(
        benchmark="tiny",
        smoke=False,
        work=works[FineTuneWork],
        meta=works[MetaWork],
        pretrain=works[PretrainWork],
        result=result,
        references=("Nichol 2018",),
        pooling="mean",
        plain=True,
        agreement="they are equal",
    )


def test_it_says_task_score_method_seeds_data_citation_and_limits(card):
    text = render_model_card(card)

    assert "# Grammar: embedded/encoder after Reptile" in text
    assert "| matthews | 0.2500 |" in text
    assert "on 500 examples of the split 'validation'" in text
    assert "| seeds | 0 (meta), 0 (fine-tuning) |" in text
    assert "1,000 steps of masked language modelling" in text
    assert "they are equal" in text
    assert "embedded/inference | generated | Apache-2.0" in text
    assert "- Nichol 2018" in text
    assert "The data of the encoder's pretraining is unknown" in text


def test_it_says_how_the_folder_is_used(card):
    with_script = render_model_card(card)
    with_class = render_model_card(replace(card, plain=False, pooling="pooler"))

    assert "python DIR/predict.py rows.jsonl" in with_script
    assert "the mean of the encoder's last states" in with_script
    assert "AutoModelForSequenceClassification.from_pretrained(" not in with_script
    assert 'AutoModelForSequenceClassification.from_pretrained("DIR")' in with_class
    assert "predict.py" not in with_class


def test_a_smoke_run_and_a_collapsed_one_are_called_so(card):
    collapsed = card.result.model_copy(update={"collapsed": True})

    text = render_model_card(replace(card, smoke=True, result=collapsed))

    assert "good for nothing but trying the export" in text
    assert "predicts a single class" in text
    assert "smoke run" not in render_model_card(card)


def test_the_front_matter_names_a_base_model_only_where_there_is_one(card):
    assert "base_model" not in front(render_model_card(card))

    model = card.work.model.model_copy(update={"id": "owner/name", "weights": "pretrained"})
    text = render_model_card(replace(card, work=replace(card.work, model=model)))

    assert front(text)["base_model"] == "owner/name"
    assert front(text)["pipeline_tag"] == "text-classification"


def front(text):
    return yaml.safe_load(text.split("---\n")[1])


def test_strings_from_outside_are_inert(card):
    task = card.work.task
    own = task.card.model_copy(
        update={
            "name": HOSTILE, "title": HOSTILE, "summary": HOSTILE, "licence": HOSTILE,
            "citation": HOSTILE, "labels": (HOSTILE, "b"),
        }
    )  # fmt: skip
    model = card.work.model.model_copy(update={"id": HOSTILE, "weights": "pretrained"})
    record = card.result.model_copy(
        update={"method": HOSTILE, "notes": (HOSTILE,), "scores": {HOSTILE: 1.0}}
    )
    work = replace(card.work, model=model, task=replace(task, card=own, train=HOSTILE))

    text = render_model_card(
        replace(
            card,
            work=work,
            result=record,
            benchmark=HOSTILE,
            references=(HOSTILE,),
            agreement=HOSTILE,
        )
    )

    assert "<script>" not in text
    assert "\x1b" not in text
    assert not re.search(r"(?<!\\)\]\(", text)
    assert "base_model" not in front(text)
    for line in text.splitlines():
        if line.startswith("| ") and "alert" in line:
            bare = line.replace("\\\\", "").replace("\\|", "")
            assert bare.count("|") in {3, 4}, line


def test_options_of_a_plugin_are_inert(card):
    class Options(AlgorithmOptions):
        note: str = HOSTILE

    algorithm = replace(card.meta.algorithm, options=Options())

    text = render_model_card(replace(card, meta=replace(card.meta, algorithm=algorithm)))

    assert "<script>" not in text
