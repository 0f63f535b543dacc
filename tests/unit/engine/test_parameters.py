"""Parameters on disk come back bit by bit, or a damaged file is named."""

from __future__ import annotations

import pytest
import torch

from metabench.engine.parameters import named, read_parameters, vector, write_parameters
from metabench.errors import StoreError
from metabench.seeding import Stream
from metabench.testing import tiny_learner

STREAM = Stream.root(1)


@pytest.fixture
def written(tmp_path):
    """A learner, its theta, and the file that holds it with its hash."""
    learner = tiny_learner()
    theta = learner.theta(STREAM)
    path = tmp_path / "cell" / "parameters.safetensors"
    return learner.layout, theta, path, write_parameters(path, named(theta, learner.layout))


def test_what_is_written_is_read_back_bit_by_bit(written):
    layout, theta, path, sha256 = written
    places = [*layout.encoder, *(place for head in layout.heads.values() for place in head)]

    assert torch.equal(vector(read_parameters(path, sha256), places, path=path), theta)


def test_a_changed_file_is_refused(written):
    _, _, path, sha256 = written
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)

    with pytest.raises(StoreError, match="its sha256 is not the recorded one") as caught:
        read_parameters(path, sha256)
    assert caught.value.where == str(path)
    assert "run again" in caught.value.hint


def test_a_file_that_is_gone_is_named(written):
    _, _, path, sha256 = written
    path.unlink()

    with pytest.raises(StoreError, match="cannot be read: No such file") as caught:
        read_parameters(path, sha256)
    assert caught.value.where == str(path)


@pytest.mark.parametrize("change", ["gone", "of another shape"])
def test_a_parameter_that_does_not_fit_is_named(written, change):
    layout, theta, path, _ = written
    values = named(theta, layout)
    name = layout.heads["two"][0].name
    if change == "gone":
        del values[name]
    else:
        values[name] = values[name].T

    with pytest.raises(StoreError, match=r"has no 'two.weight' of shape \[2, 16\]"):
        vector(values, layout.heads["two"], path=path)
