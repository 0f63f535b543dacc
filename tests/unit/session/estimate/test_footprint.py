"""Laws of the memory model: it agrees with counted allocations, and more never costs less."""

from dataclasses import replace

import pytest
import torch
import transformers
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.profiler import ProfilerActivity, profile
from torch.utils.flop_counter import FlopCounterMode

from metabench.learning import Batch
from metabench.nn.curvature import Curvature
from metabench.nn.encoder import Encoder
from metabench.nn.learner import HeadShape, TransformerLearner
from metabench.seeding import Stream
from metabench.session.estimate.footprint import BatchShape, EncoderShape, EpisodeNeeds, Numbers

SHAPE = EncoderShape(layers=3, heads=4, width=64, inner=256, words=50, others=66, pooler=False)
ROWS, WIDTH = 16, 48
LARGE = Numbers()


def learner(keep=None, pooling="mean"):
    config = transformers.BertConfig(
        vocab_size=SHAPE.words,
        hidden_size=SHAPE.width,
        num_hidden_layers=SHAPE.layers,
        num_attention_heads=SHAPE.heads,
        intermediate_size=SHAPE.inner,
        max_position_embeddings=64,
    )
    module = transformers.AutoModel.from_config(config, attn_implementation="sdpa")
    module.pooler = None
    encoder = Encoder(module, pooling, SHAPE.width, 0.1, 0.02, takes_token_types=True)
    curvature = Curvature(keep=keep, memory=1 << 40) if keep else None
    heads = {"task": HeadShape(2, regression=False)}
    return TransformerLearner(encoder, heads, torch.device("cpu"), curvature=curvature)


def rows():
    lengths = torch.linspace(WIDTH // 3, WIDTH, ROWS).long()
    mask = torch.arange(WIDTH) < lengths[:, None]
    return Batch(
        task="task",
        input_ids=torch.arange(ROWS * WIDTH).view(ROWS, WIDTH) % SHAPE.words,
        attention_mask=mask,
        token_type_ids=torch.zeros(ROWS, WIDTH, dtype=torch.int64),
        labels=torch.zeros(ROWS, dtype=torch.int64),
        dropout_seed=1,
        tokens=int(lengths.sum()),
    )


def allocated(work):
    """Return the most bytes that a piece of work held at a time, and those that it left."""
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as profiler:
        result = work()
    events = profiler.profiler.kineto_results.events()
    now = most = 0
    for event in sorted(events, key=lambda event: event.start_ns()):
        if event.name() == "[memory]":
            now += event.nbytes()
            most = max(most, now)
    return most, now, result


def test_the_parameters_are_those_of_the_model():
    with_pooler = replace(SHAPE, pooler=True, words=30522, others=514, layers=12, width=768)
    bert = transformers.BertConfig(num_attention_heads=12, intermediate_size=SHAPE.inner)
    with torch.device("meta"):
        module = transformers.BertModel(bert)

    assert with_pooler.parameters == sum(value.numel() for value in module.parameters())
    small = learner().encoder.module
    assert SHAPE.parameters == sum(value.numel() for value in small.parameters())


@pytest.mark.parametrize("pooling", ["mean", "cls"])
def test_a_gradient_holds_what_the_model_says(pooling):
    ours, batch = learner(pooling=pooling), rows()
    theta = ours.theta(Stream.root(0))
    ours.gradient(theta, batch)  # what is allocated once
    most, _, _ = allocated(lambda: ours.gradient(theta, batch))

    shape = BatchShape(ROWS, batch.tokens, WIDTH)
    encoder = replace(SHAPE, cls_only=pooling == "cls")
    expected = encoder.adapt(shape, BatchShape(1, 1, 1), heads=0, numbers=LARGE).activations
    assert most == pytest.approx(expected, rel=0.15)


@pytest.mark.parametrize("pooling", ["mean", "cls"])
@pytest.mark.parametrize("keep", ["fast", "lean"])
def test_what_is_kept_for_a_product_and_the_product_itself_hold_what_the_model_says(keep, pooling):
    ours, batch = learner(keep, pooling), rows()
    theta = ours.theta(Stream.root(0))
    vector = ours.gradient(theta, batch)
    ours.passes.expect([batch])
    _, kept, _ = allocated(lambda: ours.gradient(theta, batch))
    most, _, _ = allocated(lambda: ours.hvp(theta, batch, vector))

    shape = BatchShape(ROWS, batch.tokens, WIDTH)
    needs = EpisodeNeeds(1, "exact", keep)
    encoder = replace(SHAPE, cls_only=pooling == "cls")
    found = encoder.meta(shape, shape, needs, heads=0, tasks=1, numbers=LARGE)
    size = 4 * theta.numel()
    # The gradient that is returned is a copy of theta, which the model counts as one.
    assert encoder.kept(shape, needs)[0] == pytest.approx(kept - size, rel=0.15, abs=size)
    assert found.activations == pytest.approx(kept + most - 2 * size, rel=0.2)


batches = st.builds(
    lambda rows, width, share: BatchShape(rows, max(1.0, rows * width * share), width),
    st.integers(1, 512), st.integers(1, 512), st.floats(0.1, 1.0),
)  # fmt: skip
episodes = st.builds(
    EpisodeNeeds,
    support=st.integers(0, 10),
    way=st.sampled_from([None, "exact", "central", "forward"]),
    keep=st.sampled_from(["fast", "lean"]),
)


def meta(batch, episode, tasks=2):
    found = SHAPE.meta(batch, batch, episode, heads=10, tasks=tasks, numbers=LARGE)
    return round(found.total(saves=False))  # sums of equal bytes may differ in their last bit


@given(batches, episodes)
@settings(deadline=None)
def test_more_rows_longer_rows_and_more_inner_steps_never_take_less(batch, episode):
    more = replace(batch, rows=batch.rows + 1, tokens=batch.tokens * (1 + 1 / batch.rows))
    wider = replace(batch, width=batch.width + 8)
    longer = replace(episode, support=episode.support + 1)

    for larger in (more, wider):
        assert meta(larger, episode) >= meta(batch, episode)
        one = SHAPE.adapt(batch, batch, heads=10, numbers=LARGE).total(saves=False)
        assert SHAPE.adapt(larger, larger, heads=10, numbers=LARGE).total(saves=False) >= one
        assert SHAPE.work(larger) >= SHAPE.work(batch)
    assert meta(batch, longer) >= meta(batch, episode)
    assert meta(batch, episode, tasks=3) >= meta(batch, episode, tasks=1)


def test_what_is_saved_is_there_twice_more_where_a_step_takes_less():
    """Serialising by safetensors copies tensors into bytes, and these into those of the file."""
    few, many = (BatchShape(rows, rows * 64.0, 64) for rows in (1, 4096))
    p = 4 * (SHAPE.parameters + 10)

    small = SHAPE.adapt(few, few, heads=10, numbers=LARGE)
    large = SHAPE.adapt(many, few, heads=10, numbers=LARGE)

    assert small.total(saves=True) == (5 + 2 * 3) * p > small.total(saves=False)
    assert large.total(saves=True) == large.total(saves=False)


def test_lean_products_keep_nothing_and_fast_ones_a_copy_of_each_pass():
    batch = BatchShape(32, 1500, 64)

    assert SHAPE.kept(batch, EpisodeNeeds(5, "exact", "lean")) == (0.0, 5)
    one, _ = SHAPE.kept(batch, EpisodeNeeds(1, "exact", "fast"))
    assert SHAPE.kept(batch, EpisodeNeeds(5, "exact", "fast")) == (pytest.approx(5 * one), 0)
    assert SHAPE.kept(batch, EpisodeNeeds(5, "exact", "auto", room=0.0)) == (0.0, 5)
    assert SHAPE.kept(batch, EpisodeNeeds(5, "exact", "auto", room=1e12)) == (
        pytest.approx(5 * one), 0,
    )  # fmt: skip


def test_words_that_an_episode_does_not_hold_are_not_copied():
    large = replace(SHAPE, words=30_000)
    batch = BatchShape(8, 80, 16)

    def takes(words):
        needs = EpisodeNeeds(3, words=words)
        return large.meta(batch, batch, needs, heads=0, tasks=1, numbers=LARGE).parameters

    theta = 4 * large.parameters
    # Five copies throughout; in the episode two points, a gradient and its multiple, small ones
    # where theta is cut; then the outer step's three are more.
    assert takes(None) == (5 + 4) * theta
    assert takes(100) == (5 + 3) * theta


@pytest.mark.parametrize("pooling", ["mean", "cls"])
def test_a_forward_pass_multiplies_what_the_model_says(pooling):
    ours, batch = learner(pooling=pooling), rows()
    full = replace(batch, attention_mask=torch.ones_like(batch.attention_mask), tokens=ROWS * WIDTH)
    theta = ours.theta(Stream.root(0))

    with FlopCounterMode(display=False) as counter, sdpa_kernel(SDPBackend.MATH):
        ours.outputs(theta, full)

    encoder = replace(SHAPE, cls_only=pooling == "cls")
    expected = 2 * encoder.work(BatchShape(ROWS, ROWS * WIDTH, WIDTH))
    assert counter.get_total_flops() == pytest.approx(expected, rel=0.02)
