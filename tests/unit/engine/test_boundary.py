"""What an algorithm or a sampler returns or does that it should not is named, and nobody else's."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
import torch
from typing_extensions import override

from metabench.engine.boundary import Boundary
from metabench.engine.memory import is_out_of_memory
from metabench.engine.meta import MetaTraining
from metabench.errors import DivergedError, PluginError, StoppedError
from metabench.learning import Algorithm, MetaGradient, SampledTask, TaskSampler
from metabench.plugin.guard import Overdue, StopNow
from metabench.seeding import Stream
from metabench.spec.model.sections import MetaOptimizer, MetaSpec
from metabench.testing import TinyEpisodes, tiny_learner
from metabench_algorithms.options import JointOptions

STREAM = Stream.root(3)
TASKS = [SampledTask("three", 30, "auxiliary"), SampledTask("two", 20, "target")]
NAN = float("nan")


class Odd(Algorithm):
    """Plain descent but for the one method that it is given."""

    def __init__(self, **methods):
        super().__init__(JointOptions())
        for name, method in methods.items():
            setattr(self, name, method)

    @override
    def meta_gradient(self, learner, meta, episode):
        return MetaGradient({"theta": learner.gradient(meta["theta"], episode.query[0])})


class OddSampler(TaskSampler):
    """Draws one task, or whatever it is told to."""

    def __init__(self, draw=None, update=None):
        if draw is not None:
            self.draw = draw
        if update is not None:
            self.update = update

    @override
    def probabilities(self, step, tasks, state):
        return {"three": 1.0}

    def draw(self, *_):
        return ["three"]


def train(algorithm=None, sampler=None, *, draws=None, steps=2):
    training = MetaTraining(
        algorithm=algorithm or Odd(),
        sampler=sampler or OddSampler(),
        learner=tiny_learner(curvature=None),
        source=TinyEpisodes(JointOptions().episode_shape(), STREAM),
        tasks=TASKS,
        settings=MetaSpec(optimizer=MetaOptimizer(lr=0.01)),
        steps=steps,
        stream=STREAM,
        provider="odd of test 1.0",
        sampler_provider="odd-sampler of test 2.0",
        draws=draws,
    )
    theta = training.learner.theta(STREAM)
    return list(training.run(theta))


def midway(*_):
    yield "three"
    raise ValueError("half way")


RETURNS = {
    "no gradient": ("meta_gradient", lambda *_: None, "gave nothing for an episode"),
    "a bare tensor": ("meta_gradient", lambda *_: torch.ones(3), "gave torch.float32"),
    "no directions": ("meta_gradient", lambda *_: MetaGradient(None), "gave nothing for direct"),
    "no theta": ("meta_gradient", lambda *_: MetaGradient({}), "gave nothing for block 'theta'"),
    "an unknown block": (
        "meta_gradient",
        lambda _, meta, __: MetaGradient({"theta": meta["theta"], "rates": meta["theta"]}),
        "gave a direction for 'rates', which is no block",
    ),
    "a wrong shape": (
        "meta_gradient",
        lambda _, meta, __: MetaGradient({"theta": meta["theta"][None]}),
        r"for block 'theta', which is torch.float64",
    ),
    "a wrong dtype": (
        "meta_gradient",
        lambda _, meta, __: MetaGradient({"theta": meta["theta"].half()}),
        "gave torch.float16",
    ),
    "a list": (
        "meta_gradient",
        lambda _, meta, __: MetaGradient({"theta": meta["theta"].tolist()}),
        "gave a list of",
    ),
    "a scalar of text": (
        "meta_gradient",
        lambda _, meta, __: MetaGradient({"theta": meta["theta"]}, {"x": "much"}),
        "gave 'much' as scalar 'x'",
    ),
    "a scalar of two": (
        "meta_gradient",
        lambda _, meta, __: MetaGradient({"theta": meta["theta"]}, {"x": torch.ones(2)}),
        "as scalar 'x'",
    ),
    "no combination": ("combine", lambda directions, *_: next(iter(directions)), "combined to"),
    "no state": (
        "combine",
        lambda directions, *_: (next(iter(directions)), {"x": 1}),
        "combined to the state a dict of 1",
    ),
    "a generator": (
        "combine",
        lambda directions, *_: (direction for direction in directions),
        "combined to <generator",
    ),
    "no blocks": ("init", lambda *_: None, "began with nothing, not with blocks"),
    "a block of words": (
        "init",
        lambda _, theta: {"theta": theta, "words": torch.ones(2, dtype=torch.int64)},
        "began with torch.int64",
    ),
    "another theta": ("init", lambda _, theta: {"theta": theta[1:]}, "began with torch.float64"),
    "rates for nobody": ("learning_rates", lambda *_: {"x": 1.0}, "as learning rates"),
    "a rate that is none": ("learning_rates", lambda *_: {"theta": NAN}, "as learning rates"),
    "a scale for nobody": ("direction_scales", lambda *_: {"x": 1.0}, "as scales of directions"),
    "a scale of nothing": ("direction_scales", lambda *_: {"theta": 0.0}, "as scales of direct"),
    "no scales": ("direction_scales", lambda *_: 1.0, "gave 1.0 as scales of directions"),
    "no initialisation": ("initialisation", lambda *_: None, "gave nothing as initialisation"),
}


@pytest.mark.parametrize("name", RETURNS)
def test_a_return_that_is_not_what_it_should_be_is_named_with_the_plugin(name):
    method, returns, said = RETURNS[name]

    with pytest.raises(PluginError, match=said) as caught:
        train(Odd(**{method: returns}))
    assert caught.value.where == "odd of test 1.0"


def test_rates_and_scales_are_those_that_were_given():
    blocks = {"theta": torch.ones(2), "rates": torch.ones(3)}

    assert Boundary("a").rates({"theta": 0.1, "rates": 0}, blocks) == {"theta": 0.1, "rates": 0.0}
    assert Boundary("a").scales({"rates": 2}, blocks) == {"rates": 2.0}


DRAWS = {
    "nothing": (lambda *_: None, "drew nothing, which is no sequence of names"),
    "one name": (lambda *_: "three", "drew 'three', which is no sequence"),
    "numbers": (lambda *_: [1], r"drew \['1'\], which is not among the tasks"),
    "no name": (lambda *_: [], "drew 'no task', which is not among the tasks"),
    "too many": (lambda *_: ["three"] * 3, "drew 3 tasks where 1 make a meta-batch"),
    "a generator that raises midway": (midway, "raised ValueError: half way"),
}


@pytest.mark.parametrize("name", DRAWS)
def test_what_is_no_meta_batch_is_named_with_the_sampler(name):
    draw, said = DRAWS[name]

    with pytest.raises(PluginError, match=said) as caught:
        train(sampler=OddSampler(draw), draws=1)
    assert caught.value.where == "odd-sampler of test 2.0"


def test_a_generator_of_names_will_do():
    assert len(train(sampler=OddSampler(lambda *_: (name for name in ["three"])), draws=1)) == 2


@pytest.mark.parametrize("state", [None, {"x": NAN}, {"x": "much"}, {1: 2.0}, {"x": True}])
def test_what_a_sampler_cannot_remember_is_named(state):
    with pytest.raises(PluginError, match="remembers") as caught:
        train(sampler=OddSampler(update=lambda *_: state))
    assert caught.value.where == "odd-sampler of test 2.0"


@pytest.mark.parametrize("method", ["meta_gradient", "combine", "init", "initialisation"])
@pytest.mark.parametrize(
    ("meddle", "said"),
    [
        (lambda: torch.manual_seed(0), "the random numbers of torch"),
        (lambda: torch.set_default_dtype(torch.float16), "torch's default dtype"),
        (lambda: torch.set_grad_enabled(False), "torch's gradient mode"),
        (lambda: os.chdir("/"), "the working folder"),
        (lambda: os.environ.update(MEDDLED="1"), "the environment"),
        (lambda: signal.signal(signal.SIGINT, signal.SIG_IGN), "the handler of SIGINT"),
    ],
)
def test_an_algorithm_that_meddles_fails_and_what_it_changed_is_put_back(method, meddle, said):
    honest = getattr(Odd(), method)
    place, handler = Path.cwd(), signal.getsignal(signal.SIGINT)

    def meddling(*arguments):
        found = honest(*arguments)
        meddle()
        return found

    with pytest.raises(PluginError, match=f"changed {said}") as caught:
        train(Odd(**{method: meddling}))
    assert caught.value.where == "odd of test 1.0"
    assert torch.get_default_dtype() == torch.float32
    assert torch.is_grad_enabled()
    assert (Path.cwd(), signal.getsignal(signal.SIGINT)) == (place, handler)
    assert "MEDDLED" not in os.environ


@pytest.mark.parametrize("hook", ["draw", "update"])
def test_a_sampler_that_meddles_is_told_from_the_algorithm(hook):
    def meddling(*_):
        torch.rand(1)
        return ["three"] if hook == "draw" else {}

    with pytest.raises(PluginError, match="changed the random numbers of torch") as caught:
        train(sampler=OddSampler(**{hook: meddling}))
    assert caught.value.where == "odd-sampler of test 2.0"


def test_what_a_plugin_changed_is_put_back_also_where_it_raised():
    def raising(*_):
        torch.set_default_dtype(torch.float16)
        raise ValueError("no")

    with pytest.raises(PluginError, match="raised ValueError: no"):
        train(Odd(meta_gradient=raising))
    assert torch.get_default_dtype() == torch.float32


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (SystemExit(0), PluginError),
        (StoppedError("not yours", where="x", hint="y"), PluginError),
        (StopNow(143), StopNow),
        (Overdue("late"), Overdue),
        (KeyboardInterrupt(), KeyboardInterrupt),
        (torch.OutOfMemoryError("none left"), torch.OutOfMemoryError),
        (MemoryError(), MemoryError),
        (DivergedError("of the learner", where="x", hint="y"), DivergedError),
    ],
)
def test_a_plugin_may_raise_anything_and_end_nothing(error, kind):
    def raising(*_):
        raise error

    with pytest.raises(kind):
        train(Odd(meta_gradient=raising))


@pytest.mark.parametrize("value", [NAN, float("inf"), -float("inf")])
@pytest.mark.parametrize("method", ["meta_gradient", "combine", "initialisation"])
def test_what_is_not_finite_stops_before_the_update(value, method):
    def poisoned(*arguments):
        found = getattr(Odd(), method)(*arguments)
        theta = {"combine": lambda: found[0]["theta"], "initialisation": lambda: found}
        theta.get(method, lambda: found.directions["theta"])()[0] = value
        return found

    with pytest.raises(
        DivergedError, match=r"the (direction for theta|initialisation) is"
    ) as error:
        train(Odd(**{method: poisoned}))
    step = 2 if method == "initialisation" else 1
    assert error.value.where == f"meta step {step}, odd of test 1.0"
    assert "or fix the algorithm: the losses of this step are finite" in error.value.hint


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (torch.OutOfMemoryError("x"), True),
        (MemoryError(), True),
        (RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: tried 9"), True),
        (RuntimeError("CUDA error: out of memory"), True),
        (RuntimeError("shapes do not match"), False),
        (ValueError("can't allocate memory"), False),
    ],
)
def test_running_out_of_memory_is_told_from_other_errors(error, expected):
    assert is_out_of_memory(error) is expected


def test_what_torch_raises_where_there_is_no_memory_is_known():
    with pytest.raises(RuntimeError, match="memory") as caught:
        torch.empty(2**60)
    assert is_out_of_memory(caught.value)
