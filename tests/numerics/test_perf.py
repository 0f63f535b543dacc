"""The study of performance: its variants agree, its clocks count, its page is what was measured."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from click.testing import CliRunner

from metabench.seeding import Stream
from perf import gradient, ours, theirs
from perf.__main__ import study
from perf.bounds import Bound, bounds
from perf.clock import peak_bytes, time_spent
from perf.job import Job, Shape
from perf.lengths import QUANTILES, row_lengths
from perf.load_rows import SIDES, make_files
from perf.page import block, write_page
from perf.peers import PeerMissingError, load, versions
from perf.plan import GROWTH, PARTS, jobs
from perf.problem import classifier, episode, learner, theta
from perf.record import Machine, Measured, Part, Report, read, write
from perf.rows import Clocked
from perf.worker import MODULES

CPU = torch.device("cpu")
SHAPE = Shape(layers=2, width=24, vocabulary=300, batch=3, length=8, steps=2, initializer_range=0.2)
JOB = Job(part="gradient", variant="", shape=SHAPE, threads=1)


def job(variant, **more):
    return JOB.model_copy(update={"variant": variant, **more})


def relative(found, expected):
    return ((found - expected).norm() / expected.norm()).item()


@pytest.fixture(scope="module")
def oracle():
    model = classifier(SHAPE, CPU, attention="eager")
    return theirs.flat(theirs.unrolled(model, episode(SHAPE, CPU), SHAPE.inner_lr))


@pytest.mark.parametrize("pooling", ["cls", "mean"])
@pytest.mark.parametrize("ragged", [False, True])
def test_the_problem_is_the_same_function_on_both_sides(ragged, pooling):
    shape = SHAPE.model_copy(update={"ragged": ragged, "length": 48, "pooling": pooling})
    own, model = learner(shape, CPU), classifier(shape, CPU, attention="eager")
    batch = episode(shape, CPU).query[0]

    expected = theirs.loss_of(model, batch)

    assert own.loss(theta(own), batch).item() == pytest.approx(expected.item(), abs=1e-6)
    assert sum(p.numel() for p in model.parameters()) == own.layout.size


@pytest.mark.parametrize(
    ("method", "bound"),
    [("exact/fast", 1e-4), ("exact/auto", 1e-4), ("exact/lean", 1e-4), ("central", 5e-3),
     ("forward", 3e-2)],
)  # fmt: skip
def test_every_way_of_curvature_agrees_with_unrolling(method, bound, oracle):
    found = ours.build(job(""), method)(episode(SHAPE, CPU))

    assert relative(found, oracle) < bound


def test_unrolling_our_own_loss_agrees_with_unrolling_transformers_module(oracle):
    own = learner(SHAPE, CPU, curvature=ours.curvature(JOB, "exact/lean"))

    found = ours.unrolled_loss(own, theta(own), episode(SHAPE, CPU), SHAPE.inner_lr)

    assert relative(found, oracle) < 1e-5


def test_with_dropout_exact_agrees_with_unrolling_the_same_masks():
    shape = SHAPE.model_copy(update={"dropout": True})
    asked = job("", shape=shape)
    own = learner(shape, CPU, curvature=ours.curvature(asked, "exact/lean"))
    whole = episode(shape, CPU)

    expected = ours.unrolled_loss(own, theta(own), whole, shape.inner_lr)

    assert relative(ours.build(asked, "exact/lean")(whole), expected) < 1e-5


def test_one_gradient_is_transformers_gradient():
    whole = episode(SHAPE, CPU)

    (found,) = gradient.build(job("metabench gradient"))(whole)
    expected = gradient.build(job("transformers gradient"))(whole)

    assert relative(found, theirs.flat(expected)) < 1e-5


def test_the_peak_is_what_was_alive_at_once():
    """One mebibyte stays, two more come and go, one after the other."""

    def work():
        kept = torch.zeros(2**18)
        for _ in range(2):
            torch.zeros(2**18).sum()
        return kept

    assert peak_bytes(work, device=CPU) == pytest.approx(2 * 2**20, abs=4096)


def test_processor_time_counts_work_and_not_waiting():
    spent = time_spent(lambda: torch.ones(400, 400) @ torch.ones(400, 400), device=CPU)

    assert 0 < spent["cpu_seconds"] < 5
    assert spent["wall_seconds"] > 0
    assert "device_seconds" not in spent


def test_a_library_that_is_not_there_is_named(tmp_path):
    assert versions(tmp_path) == {}
    with pytest.raises(PeerMissingError, match=r"higher 0.2.1 is not in"):
        load("higher", tmp_path)


def test_rows_are_as_long_as_the_quantiles_say():
    found = row_lengths(20_000, longest=100, stream=Stream.root(1))

    table = np.minimum([*QUANTILES["RTE"], *QUANTILES["MRPC"]], 100)
    assert found.max() == 100
    assert found.mean() == pytest.approx(table.mean(), rel=0.01)


@pytest.mark.parametrize("part", sorted(PARTS))
def test_a_part_measures_each_variant_once_a_repeat(part):
    found = jobs(part, JOB, rounds=3)

    assert len(set(found)) == len(found)
    assert {each.part for each in found} == {part}


@pytest.mark.parametrize("method", ["FOMAML", "Reptile"])
def test_a_clock_on_its_gradients_changes_no_bit_of_an_algorithm_and_counts_some_of_its_time(
    method,
):
    own, drawn = learner(SHAPE, CPU), episode(SHAPE, CPU)
    rule = ours.algorithm(method, steps=SHAPE.steps, inner_lr=SHAPE.inner_lr)
    clocked = Clocked(rule)
    found = []

    for algorithm in (rule, clocked):
        meta = {"theta": theta(own)}
        spent = time_spent(
            lambda: found.append(algorithm.meta_gradient(own, meta, drawn)),  # noqa: B023  (called at once)
            device=CPU,
        )

    assert torch.equal(*(each.directions["theta"] for each in found))
    assert 0 < clocked.spent < spent["cpu_seconds"]
    assert clocked.options is rule.options


def test_a_worker_knows_every_part():
    assert set(MODULES) == set(PARTS)


def test_growth_varies_one_setting_at_a_time():
    usual = Shape()

    for each in jobs("growth", job("", shape=usual), rounds=1):
        varied = [name for name in GROWTH if getattr(each.shape, name) != getattr(usual, name)]
        assert len(varied) <= 1


def part(*measured):
    machine = Machine(processor="p", cores=2, python="3.11", versions={"torch": "2"}, load=0.5)
    return Part(begun="2026-01-01 00:00 UTC", machine=machine, measured=list(measured))


def seen(variant, **numbers):
    return [
        Measured(job=job(variant, kind="time"), repeat=repeat, numbers={"cpu_seconds": seconds})
        for repeat, seconds in enumerate(numbers.pop("seconds"))
    ] + [Measured(job=job(variant, kind="memory"), numbers=numbers)]


def test_a_bound_is_held_against_the_median_of_the_repeats():
    report = Report(
        parts={
            "gradient": part(
                *seen("learn2learn", seconds=[10, 10, 90], peak_bytes=100.0),
                *seen("metabench exact/lean", seconds=[8, 9, 70], peak_bytes=20.0, error=1e-6),
            )
        }
    )

    found = {bound.claim: bound for bound in bounds(report)}

    time = found["lean: CPU-s, × learn2learn"]
    memory = found["lean: memory, × learn2learn"]
    assert (time.value, time.verdict) == (0.9, "yes")
    assert (memory.value, memory.verdict) == (0.2, "**no**")
    assert found["central: error"].verdict == "not measured"


def test_a_bound_from_below_holds_above_it():
    assert Bound("faster", 1.3, 1.4, least=True).verdict == "yes"
    assert Bound("faster", 1.3, 1.2, least=True).verdict == "**no**"


def test_measurements_are_read_back_and_the_page_keeps_its_prose(tmp_path):
    skipped = Measured(job=job("higher"), skipped="higher 0.2.1 is not there")
    report = Report(parts={"gradient": part(*seen("unrolled", seconds=[2], peak_bytes=1), skipped)})
    write(tmp_path / "perf.json", report)
    page = tmp_path / "page.md"
    page.write_text("before\n<!-- perf: gradient -->\nold\n<!-- /perf -->\nafter\n")

    write_page(page, read(tmp_path / "perf.json"))
    once = page.read_text()
    write_page(page, report)

    assert page.read_text() == once
    assert once.startswith("before\n")
    assert once.endswith("<!-- /perf -->\nafter\n")
    assert "old" not in once
    assert "| higher | higher 0.2.1 is not there |" in once


def test_a_part_that_was_not_measured_says_how_to():
    assert block("steady", Report()) == "Not measured: `tox -e perf -- --parts steady`."


def test_curves_say_around_which_problem_they_are():
    measured = [
        Measured(job=each, numbers={"cpu_seconds": 2.0, "peak_bytes": 2.0**20})
        for each in jobs("growth", job("", shape=Shape(batch=8)), rounds=1)
    ]

    text = block("growth", Report(parts={"growth": part(*measured)}))

    said = "`steps` 5, `tasks` 1, `layers` 6, `length` 64, `width` 384, `batch` 8"
    assert text.startswith(f"Where nothing else is said: {said}.")
    assert "| 10 | 2 | 1 | 2 | 1 | 2 | 1 | 2 | 1 |" in text


@pytest.mark.slow
def test_the_study_measures_in_processes_of_their_own_and_says_what_is_missing(tmp_path):
    (tmp_path / "peers" / "site" / "higher").mkdir(parents=True)
    (tmp_path / "peers" / "site" / "torchopt").mkdir()
    (tmp_path / "peers" / "learn2learn-0.2.0").mkdir()
    asked = [
        "--parts", "steady", "--variant", "FOMAML", "--repeats", "1", "--threads", "1",
        "--rounds", "1",
        "--peers", str(tmp_path / "peers"), "--output", str(tmp_path / "perf.json"),
    ]  # fmt: skip

    done = CliRunner().invoke(study, asked, catch_exceptions=False)

    found = read(tmp_path / "perf.json").parts["steady"].measured
    assert not any(each.failed or each.skipped for each in found)
    assert "| FOMAML | 250 |" in done.stdout


@pytest.mark.parametrize("place", [0, 1])
def test_each_reader_loads_the_same_examples(tmp_path, place):
    file = make_files(tmp_path, rows=200)[place]
    loaded = {name: side(file)() for name, side in SIDES.items()}

    texts = {name: list(found) for name, (found, _) in loaded.items()}
    assert texts["metabench"] == texts["datasets"] == texts["pandas"]
    assert len(set(texts["metabench"])) == 200
    names = ["negative", "neutral", "positive"]
    assert [names[label] for label in loaded["metabench"][1]] == loaded["datasets"][1]
