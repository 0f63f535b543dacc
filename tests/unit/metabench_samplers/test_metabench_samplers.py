"""The three task distributions of the paper, as laws."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from metabench.learning import SampledTask, Schedule
from metabench.seeding import Stream
from metabench_samplers import metabench_samplers
from metabench_samplers.adaptive import Adaptive
from metabench_samplers.mixed import Mixed
from metabench_samplers.options import (
    AdaptiveOptions,
    MixedOptions,
    PpsOptions,
    TemperatureOptions,
    UniformOptions,
)
from metabench_samplers.pps import Pps
from metabench_samplers.temperature import Temperature
from metabench_samplers.uniform import Uniform

TASKS = (
    SampledTask("mnli", 392_702, "auxiliary"),
    SampledTask("cola", 8_551, "target"),
    SampledTask("rte", 2_490, "target"),
    SampledTask("sst2", 67_349, "auxiliary"),
)
SCHEDULE = Schedule(total_steps=100, epoch_steps=30, tasks_per_step=8, target="rte")
SAMPLERS = {
    "uniform": Uniform(UniformOptions(), SCHEDULE),
    "pps": Pps(PpsOptions(), SCHEDULE),
    "mixed": Mixed(MixedOptions(), SCHEDULE),
    "temperature": Temperature(TemperatureOptions(), SCHEDULE),
    "adaptive": Adaptive(AdaptiveOptions(), SCHEDULE),
}

tasks = st.lists(st.integers(1, 10**7), min_size=1, max_size=12).map(
    lambda sizes: [SampledTask(f"t{i}", size, "target") for i, size in enumerate(sizes)]
)


def mixed(ratio: int, *, total: int, epoch: int) -> Mixed:
    return Mixed(MixedOptions(ratio=ratio), Schedule(total, epoch, tasks_per_step=8, target="rte"))


def is_target_only(sampler: Mixed, step: int) -> bool:
    return sampler.probabilities(step, TASKS, {})["rte"] == 1.0


def test_every_sampler_of_the_package_is_tested_here():
    assert {info.name for info in metabench_samplers()} == set(SAMPLERS)


@given(tasks=tasks, step=st.integers(0, 99), name=st.sampled_from(sorted(SAMPLERS)))
def test_probabilities_are_not_negative_and_sum_to_one(tasks, step, name):
    sampler = SAMPLERS[name]
    if name == "mixed":
        schedule = Schedule(total_steps=100, epoch_steps=30, tasks_per_step=8, target="t0")
        sampler = Mixed(MixedOptions(), schedule)

    chances = sampler.probabilities(step, tasks, {})

    assert set(chances) == {task.name for task in tasks}
    assert min(chances.values()) >= 0.0
    assert sum(chances.values()) == pytest.approx(1.0, abs=1e-12)


@given(tasks=tasks, step=st.integers(0, 99), name=st.sampled_from(sorted({*SAMPLERS} - {"mixed"})))
def test_the_order_of_the_tasks_does_not_matter(tasks, step, name):
    sampler = SAMPLERS[name]

    assert sampler.probabilities(step, tasks, {}) == sampler.probabilities(step, tasks[::-1], {})


@given(factor=st.integers(2, 1000))
def test_pps_depends_on_shares_not_on_sizes(factor):
    scaled = [SampledTask(task.name, task.size * factor, task.role) for task in TASKS]

    chances = SAMPLERS["pps"].probabilities(0, scaled, {})

    assert chances == pytest.approx(SAMPLERS["pps"].probabilities(0, TASKS, {}), rel=1e-12)


@pytest.mark.parametrize("name", ["uniform", "pps", "temperature", "adaptive"])
def test_tasks_are_drawn_as_often_as_their_probabilities_say(name):
    sizes = [task.size for task in TASKS]
    weights = {"pps": sizes, "temperature": [size**0.2 for size in sizes]}.get(name, [1, 1, 1, 1])
    root = Stream.root(20190827)

    drawn = Counter(
        pick
        for step in range(2_000)
        for pick in SAMPLERS[name].draw(step, TASKS, {}, root.child("tasks", step))
    )

    counts = [drawn[task.name] for task in TASKS]
    expected = [sum(counts) * weight / sum(weights) for weight in weights]
    assert sum(counts) == 2_000 * SCHEDULE.tasks_per_step
    assert stats.chisquare(counts, expected).pvalue > 1e-3  # one seed, chosen before looking


@pytest.mark.parametrize("ratio", [1, 2, 5])
def test_an_epoch_of_mixed_is_uniform_first_and_then_holds_the_target_alone(ratio):
    sampler = mixed(ratio, total=60, epoch=30)

    phases = [is_target_only(sampler, step) for step in range(30)]

    uniform_steps = 30 * ratio // (ratio + 1)
    assert phases == [False] * uniform_steps + [True] * (30 - uniform_steps)
    assert sampler.probabilities(0, TASKS, {}) == dict.fromkeys(
        ("mnli", "cola", "rte", "sst2"), 0.25
    )


def test_the_target_phase_draws_nothing_but_the_target():
    assert set(SAMPLERS["mixed"].draw(29, TASKS, {}, Stream.root(0))) == {"rte"}


def test_each_epoch_of_mixed_repeats_the_first():
    sampler = mixed(2, total=90, epoch=30)

    first, second, third = (
        [is_target_only(sampler, step) for step in range(start, start + 30)]
        for start in (0, 30, 60)
    )

    assert first == second == third


@given(ratio=st.integers(1, 20), total=st.integers(2, 400), epoch=st.integers(2, 150))
def test_a_last_epoch_that_is_cut_short_keeps_the_ratio(ratio, total, epoch):
    length = total % epoch or min(epoch, total)
    sampler = mixed(ratio, total=total, epoch=epoch)

    uniform_steps = sum(not is_target_only(sampler, step) for step in range(total - length, total))

    assert abs(uniform_steps - length * ratio / (ratio + 1)) <= 1.0
    if length >= 2:
        assert 1 <= uniform_steps <= length - 1


def test_a_run_of_one_step_is_uniform():
    assert not is_target_only(mixed(2, total=1, epoch=30), 0)


@pytest.mark.parametrize("ratio", [0, -1, 2.0, "2", True])
def test_a_ratio_is_a_positive_whole_number(ratio):
    with pytest.raises(ValueError, match="ratio"):
        MixedOptions(ratio=ratio)


@pytest.mark.parametrize("name", sorted({*SAMPLERS} - {"adaptive"}))
def test_samplers_that_are_not_adaptive_do_not_adapt(name):
    state = {"x": 1.0}

    assert SAMPLERS[name].update(state, {"rte": 9.9}) is state


@given(tasks=tasks, temperature=st.floats(1, 1e6))
def test_a_temperature_lies_between_pps_and_uniform(tasks, temperature):
    sampler = Temperature(TemperatureOptions(temperature=temperature), SCHEDULE)

    chances = sampler.probabilities(0, tasks, {})

    pps = SAMPLERS["pps"].probabilities(0, tasks, {})
    order = sorted(pps, key=pps.get)
    assert chances[order[0]] >= pps[order[0]] * (1 - 1e-9)
    assert chances[order[-1]] <= pps[order[-1]] * (1 + 1e-9)
    assert all(chances[a] <= chances[b] * (1 + 1e-12) for a, b in pairwise(order))


def test_a_temperature_of_one_is_pps_and_of_two_takes_square_roots():
    one, two = (
        Temperature(TemperatureOptions(temperature=value), SCHEDULE).probabilities(0, TASKS, {})
        for value in (1.0, 2.0)
    )

    assert one == pytest.approx(SAMPLERS["pps"].probabilities(0, TASKS, {}), rel=1e-12)
    assert two["mnli"] / two["rte"] == pytest.approx((392_702 / 2_490) ** 0.5, rel=1e-12)


def adaptive(**options) -> Adaptive:
    return Adaptive(AdaptiveOptions(**options), SCHEDULE)


def test_before_any_loss_adaptive_is_uniform():
    assert adaptive().probabilities(0, TASKS, {}) == pytest.approx(
        dict.fromkeys(("mnli", "cola", "rte", "sst2"), 0.25)
    )


def test_adaptive_follows_what_is_left_of_each_loss():
    """By hand: after 2, then 1, with memory 1/2 the mean is 1.5 and the ratio 3/4."""
    sampler = adaptive(power=2.0, memory=0.5, uniform_share=0.2)
    state = sampler.update({}, {"mnli": 2.0, "cola": 1.0})
    state = sampler.update(state, {"mnli": 1.0})

    chances = sampler.probabilities(2, TASKS, state)

    total = 0.75**2 + 3
    expected = {"mnli": 0.75**2 / total, "cola": 1 / total, "rte": 1 / total, "sst2": 1 / total}
    assert chances == pytest.approx({task: 0.8 * p + 0.05 for task, p in expected.items()})
    assert state == {"first/mnli": 2.0, "mean/mnli": 1.5, "first/cola": 1.0, "mean/cola": 1.0}


def test_a_loss_that_grew_without_bound_counts_as_a_million_times_the_first():
    state = adaptive().update({}, {"mnli": 1e-9})
    state = adaptive().update(state, {"mnli": 1e9})

    chances = adaptive(uniform_share=0.0).probabilities(2, TASKS[:2], state)

    assert chances == pytest.approx({"mnli": 1e6 / (1e6 + 1), "cola": 1 / (1e6 + 1)}, rel=1e-9)


def test_the_largest_power_of_losses_far_apart_is_finite():
    sampler = adaptive(power=100.0, memory=0.0, uniform_share=0.0)
    state = sampler.update({}, {"mnli": 1.0, "cola": 1.0})
    state = sampler.update(state, {"mnli": 1e-6, "cola": 1e6})

    assert sampler.probabilities(2, TASKS[:2], state) == {"mnli": 0.0, "cola": 1.0}


def test_mixed_alone_is_made_anew_for_each_target():
    assert [info.name for info in metabench_samplers() if info.per_target] == ["mixed"]


def test_update_leaves_the_state_that_it_was_given_alone():
    before = adaptive().update({}, {"rte": 1.0})
    copy = dict(before)

    adaptive().update(before, {"rte": 0.5})

    assert before == copy


@pytest.mark.parametrize("factor", [1e-6, 100.0])
def test_the_unit_of_a_loss_does_not_matter(factor):
    sampler = adaptive()
    plain = scaled = {}
    for losses in ({"cola": 2.0, "rte": 1.0}, {"cola": 1.5}, {"rte": 0.2}):
        plain = sampler.update(plain, losses)
        scaled = sampler.update(scaled, {task: factor * loss for task, loss in losses.items()})

    one, other = (sampler.probabilities(3, TASKS, state) for state in (plain, scaled))
    assert one["cola"] > one["rte"]
    assert one["cola"] == pytest.approx(
        other["cola"] * (sum(one.values()) / sum(other.values())), rel=1e-9
    )


@given(losses=st.lists(st.dictionaries(st.sampled_from(["mnli", "rte"]), st.floats(0, 1e9))))
def test_whatever_the_losses_adaptive_forgets_no_task(losses):
    sampler, state = adaptive(power=3.0), {}
    for found in losses:
        state = sampler.update(state, found)

    chances = sampler.probabilities(0, TASKS, state)

    assert sum(chances.values()) == pytest.approx(1.0, abs=1e-12)
    assert min(chances.values()) >= 0.2 / 4 * (1 - 1e-12)


def test_where_one_task_is_left_to_learn_it_is_drawn_but_for_the_uniform_share():
    state = adaptive().update({}, {"mnli": 1.0, "cola": 0.0})

    chances = adaptive(uniform_share=0.2).probabilities(1, TASKS[:2], state)

    assert chances == pytest.approx({"mnli": 0.9, "cola": 0.1})


def test_where_nothing_is_left_to_learn_draws_are_uniform():
    sampler, tasks = adaptive(), TASKS[:2]
    state = sampler.update({}, {"mnli": 0.0, "cola": 0.0})

    assert sampler.probabilities(1, tasks, state) == {"mnli": 0.5, "cola": 0.5}
