"""Counts by hand, lengths of rows, calibration and memory of cells before they are run."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from kit.benchmark import benchmark, method

from metabench.cli.inputs.benchmark import make_plan
from metabench.engine.device import resolve_device
from metabench.nn.encoder import load_tokenizer
from metabench.session.estimate.capacity import capacity
from metabench.session.estimate.counts import cell_counts
from metabench.session.estimate.encoder import encoder_shape
from metabench.session.estimate.footprint import BatchShape
from metabench.session.estimate.lengths import RowLengths, row_lengths
from metabench.session.estimate.memory import MemoryModel
from metabench.session.estimate.timing import TimeModel, measured_rates, rate_of
from metabench.session.runner.queue import cost
from metabench.store.records.cell import Provenance, Result
from metabench.tasks.hub import Hub

TEXT = benchmark(
    "tiny",
    method("FOMAML", "fomaml", inner_steps=5),
    method("MAML", "maml", inner_steps=5),
    method("Central", "maml", inner_steps=5, curvature="central"),
    method("Forward", "maml", inner_steps=5, curvature="forward"),
    method("Plus", "maml++", inner_steps=5, multi_step_share=0.5, first_order_share=0.5),
    method("Implicit", "imaml", support_batches=1, inner_steps=4, cg_steps=2),
    method("Prototypes", "protomaml", inner_steps=5),
    method("Rates", "meta-sgd", inner_steps=5),
    method("Surgery", "pcgrad"),
    method("Joint", "joint"),
    tasks={"auxiliary": ["embedded/sentiment"], "target": ["embedded/grammar"]},
    pretrain={"steps": 7},
    meta={"steps": 3, "batch_size": 16},
    finetune={"epochs": 2, "batch_size": 32},
)
HUB = Hub(None)


@pytest.fixture(scope="module")
def plan_of(tmp_path_factory):
    """Return the function that plans the benchmark with settings changed."""
    path = tmp_path_factory.mktemp("estimate") / "tiny.toml"
    path.write_text(TEXT)

    def planned(*sets):
        return make_plan(str(path), sets=sets, smoke=False, hub=None).plan

    return planned


@pytest.fixture(scope="module")
def cells(plan_of):
    """Return the cells by name."""
    return {cell.name: cell for cell in plan_of().cells}


@pytest.fixture(scope="module")
def lengths(cells):
    """Return the lengths of all rows."""
    tokenizer = load_tokenizer(cells["pretrain"].work.model, hub=HUB)
    adapt = cells["adapt-maml-embedded-grammar-s0-f0"].work.task
    meta = {use.card.name: use for use in cells["meta-maml-s0"].work.tasks}
    how = {"tokenizer": tokenizer, "max_length": 32, "hub": HUB, "cache": None}
    return {
        ("embedded/grammar", "train"): row_lengths(adapt, "train", **how),
        ("embedded/grammar", "scored"): row_lengths(adapt, "scored", **how),
        ("embedded/sentiment", "train"): row_lengths(meta["embedded/sentiment"], "train", **how),
    }


# Of a meta-step: two episodes of five support batches and one query batch; three meta-steps.
@pytest.mark.parametrize(
    ("name", "keep", "expected"),
    [
        ("meta-fomaml-s0", "auto", 36),
        ("meta-maml-s0", "auto", 36 + 2 * 30),
        ("meta-maml-s0", "fast", 36 + 2 * 30),
        ("meta-maml-s0", "lean", 36 + 30 * 8 / 3),
        ("meta-central-s0", "lean", 36 + 2 * 30),
        ("meta-forward-s0", "auto", 36 + 30),
        # iMAML: four inner steps and the query; two products and one more, none after a gradient.
        ("meta-implicit-s0", "auto", 6 * (5 + 3 * 8 / 3)),
        # MAML++: in two of the three steps four more losses, in one of them products.
        ("meta-plus-s0", "auto", 36 + 2 * 2 * 4 + 2 * 10),
        ("meta-prototypes-s0", "auto", 36 + 2 * 30 + 30 * 4 / 3),
        ("meta-rates-s0", "auto", 36 + 2 * 30),
        ("meta-surgery-s0", "auto", 6),
        ("pretrain", "auto", 7),
        ("adapt-maml-embedded-grammar-s0-f0", "auto", 2 * 13),  # 400 rows in batches of 32
    ],
)
def test_a_cell_costs_what_its_products_of_matrices_say(cells, name, keep, expected):
    assert cost(cells[name], keep=keep) == pytest.approx(expected)


def test_products_scored_rows_and_updates_are_counted(cells):
    maml, adapt = cells["meta-maml-s0"], cells["adapt-maml-embedded-grammar-s0-f0"]

    assert (cell_counts(maml).products, cell_counts(maml).updates) == (30, 3)
    assert cell_counts(adapt).scored_rows == adapt.work.task.scored_rows
    assert cell_counts(cells["meta-fomaml-s0"]).products == 0


def test_at_most_512_rows_are_encoded_and_short_splits_in_full(lengths):
    counted = {name: known.counted for (name, part), known in lengths.items() if part == "train"}
    rows = {name: len(known.lengths) for (name, part), known in lengths.items() if part == "train"}

    assert counted == {name: min(512, number) for name, number in rows.items()}
    assert rows["embedded/sentiment"] > 512


def test_guessed_lengths_are_near_the_true_ones_and_the_cache_is_exact(cells, lengths, tmp_path):
    from metabench.data.encoding import encode
    from metabench.data.rows import load_rows

    use = next(
        use for use in cells["meta-maml-s0"].work.tasks if use.card.name == "embedded/sentiment"
    )
    tokenizer = load_tokenizer(cells["pretrain"].work.model, hub=HUB)
    texts = load_rows(use, "train", hub=HUB).texts
    true = encode(texts, tokenizer=tokenizer, max_length=32, cache=tmp_path).lengths
    again = row_lengths(use, "train", tokenizer=tokenizer, max_length=32, hub=HUB, cache=tmp_path)

    guessed = lengths["embedded/sentiment", "train"].lengths
    assert guessed.mean() == pytest.approx(true.mean(), rel=0.03)
    assert guessed.max() == true.max()
    assert np.array_equal(again.lengths, true)
    assert again.counted == len(true)


def test_a_batch_is_as_wide_as_its_longest_row_rounded_up_to_eight():
    known = RowLengths(np.full(100, 13), 100, np.arange(1300, dtype=np.int32) % 40, 128)

    found = known.batches(size=8, number=3, episode=2)
    assert found.mean == found.longest == BatchShape(8.0, 104.0, 16.0)
    assert known.batches(size=500, number=1).longest.rows == 100
    assert known.scored().longest == BatchShape(36.0, 468.0, 16.0)
    assert found.words <= 40


def test_cells_that_differ_in_seeds_share_what_was_found_of_their_batches():
    known = RowLengths(np.arange(1, 101), 100, np.arange(1300, dtype=np.int32) % 40, 128)
    fresh = RowLengths(np.arange(1, 101), 100, np.arange(1300, dtype=np.int32) % 40, 128)
    asked = {"size": 4, "number": 9, "episode": 2}

    assert known.batches(**asked) is known.batches(**asked)
    assert known.scored() is known.scored()
    assert known.cut(10) is known.cut(10)
    for other in ({"size": 5}, {"number": 99}, {"episode": 1}):
        assert known.batches(**asked | other) == fresh.batches(**asked | other)
        assert known.batches(**asked | other) != known.batches(**asked)
    assert len(known.cut(11).lengths) == 11


def test_learned_rates_and_gathered_directions_take_memory(plan_of, lengths):
    cells = {cell.name: cell for cell in plan_of("meta.tasks_per_step=8").cells}
    shape = encoder_shape(cells["pretrain"].work.model, hub=HUB)
    memory = MemoryModel(shape, make_compute(), free=1 << 40)

    def needed(name):
        return memory.needed(cells[f"meta-{name}-s0"], lengths)

    size = 4 * shape.parameters
    assert needed("rates") >= needed("maml") + 3 * size
    assert needed("surgery") == pytest.approx(needed("joint") + 6 * size, abs=size)


def test_longer_rows_more_steps_and_larger_k_never_take_less(plan_of, lengths):
    def takes(*sets):
        plan = plan_of(*sets)
        shape = encoder_shape(plan.benchmark.spec.model, hub=HUB)
        longer = {
            place: replace(known, lengths=np.minimum(2 * known.lengths, 32))
            for place, known in lengths.items()
        }
        memory = MemoryModel(shape, plan.benchmark.spec.compute, free=1 << 40)
        return [
            [
                (TimeModel(shape, known).work(cell), memory.needed(cell, known))
                for cell in plan.cells
            ]
            for known in (lengths, longer)
        ]

    before, longer = takes()
    more, _ = takes("meta.steps=6", "finetune.epochs=4", "pretrain.steps=9")
    deeper, _ = takes(*(f"methods.{m}.options.inner_steps=6" for m in ("MAML", "FOMAML")))
    wider, _ = takes("meta.batch_size=32", "pretrain.batch_size=64")
    for other in (longer, more, deeper, wider):
        for (
            (work, memory),
            (other_work, other_memory),
        ) in zip(before, other, strict=True):
            assert other_work >= work
            assert other_memory >= memory


def test_unknown_rows_are_taken_to_be_as_long_as_they_may_be(cells, lengths):
    cell = cells["adapt-maml-embedded-grammar-s0-f0"]
    shape = encoder_shape(cell.work.model, hub=HUB)
    memory = MemoryModel(shape, make_compute(), free=1 << 40)

    assert memory.needed(cell, {}) >= memory.needed(cell, lengths)


def make_compute(**fields):
    from metabench.spec.model.sections import ComputeSpec

    return ComputeSpec(**fields)


def result(cell, seconds, **made):
    fields = {"device": "cpu", "precision": "fp32", "threads": 1} | made
    return Result(
        kind=cell.kind,
        name=cell.name,
        key=cell.key,
        wall_seconds=seconds,
        provenance=Provenance(metabench="0", python="3", **fields),
    )


def test_what_is_done_says_how_fast_cells_of_its_stage_are(cells):
    device = resolve_device("cpu", make_compute())
    fast, slow = cells["meta-fomaml-s0"], cells["meta-maml-s0"]
    results = {fast.key: result(fast, 10.0), slow.key: result(slow, 50.0)}
    rates = measured_rates(cells.values(), results, lambda _: 100.0, device=device)

    assert rate_of(fast, rates) == pytest.approx(0.1)
    assert rate_of(slow, rates) == pytest.approx(0.5)
    assert rate_of(cells["meta-central-s0"], rates) == pytest.approx(0.3)
    assert rate_of(cells["pretrain"], rates) is None


@pytest.mark.parametrize("made", [{"threads": 2}, {"device": "another"}, {"precision": "bf16"}])
def test_what_another_device_did_says_nothing(cells, made):
    device = resolve_device("cpu", make_compute())
    cell = cells["meta-maml-s0"]

    results = {cell.key: result(cell, 10.0, **made)}
    assert not measured_rates([cell], results, lambda _: 1.0, device=device)


def test_a_configuration_that_says_no_shape_has_none(tmp_path, cells):
    (tmp_path / "config.json").write_text('{"model_type": "t5", "is_encoder_decoder": true}')
    model = cells["pretrain"].work.model.model_copy(update={"id": str(tmp_path)})

    assert encoder_shape(model, hub=HUB) is None


def test_no_more_is_free_than_there_is():
    has = capacity("cpu")

    assert has is not None
    assert 0 < has.free <= has.total
