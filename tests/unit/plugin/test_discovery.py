"""A package of somebody else's, installed beside metabench, is one more plugin."""

from __future__ import annotations

from pathlib import Path

import pytest

from metabench.plugin.catalog import load_catalog
from metabench.plugin.target import load_target

DEMO = Path(__file__).parents[2] / "fixtures" / "metabench-demo"


@pytest.fixture(scope="module")
def installed(tmp_path_factory, pip_install):
    """Install the demo package into a folder of its own, with pip and without a network."""
    folder = tmp_path_factory.mktemp("site")
    pip_install(DEMO, folder)
    return folder


def test_an_installed_package_is_listed_and_its_class_is_loaded(installed, monkeypatch):
    monkeypatch.syspath_prepend(installed)

    offer = load_catalog().algorithm("sign-reptile")

    assert offer.plugin.origin == "metabench-demo 0.3.0"
    assert offer.plugin.state == "ok"
    assert load_target(offer.value.target).__name__ == "SignReptile"


def test_the_algorithm_of_the_package_computes_what_it_says(installed, monkeypatch):
    monkeypatch.syspath_prepend(installed)
    import torch

    from metabench.learning import Batch, Episode
    from metabench.seeding import Stream
    from metabench.testing import QuadraticLearner

    centre = torch.tensor([[4, 0, 2, 7]])
    batch = Batch("t", centre, torch.ones_like(centre).bool(), torch.zeros_like(centre), centre[0])
    episode = Episode("t", (batch,) * 3, (), step=0, total_steps=1, stream=Stream.root(0))
    theta = torch.tensor([1.0, 1.0, 2.0, 9.0])

    info = load_catalog().algorithm("sign-reptile").value
    algorithm = load_target(info.target)(info.options(inner_lr=0.1))
    found = algorithm.meta_gradient(QuadraticLearner(torch.eye(4)), {"theta": theta}, episode)

    # every step shrinks the distance to the centre by the same factor, so no sign can change
    assert torch.equal(found.directions["theta"], torch.sign(theta - centre[0]))
