"""Options that are not as they have to be: each is named by the check of its fault."""

from __future__ import annotations

from typing import Annotated

import pytest
from pydantic import ConfigDict, Field
from typing_extensions import override

from metabench.api import AlgorithmInfo, AlgorithmOptions, EpisodeShape
from metabench.plugin.status import PluginStatus
from metabench.testing.conformance import NotConformingError, Subject, checks_of


class SoundOptions(AlgorithmOptions):
    """Options as they have to be; the faulty ones differ from them in one thing."""

    inner_steps: Annotated[int, Field(ge=1)] = 2
    """Steps of the inner loop."""
    inner_lr: float = 0.01
    """Their size."""

    @override
    def episode_shape(self):
        return EpisodeShape(support=self.inner_steps, query=1)


class Undocumented(SoundOptions):
    scale: float = 1.0


class Open(SoundOptions):
    model_config = ConfigDict(extra="ignore")


class Lax(SoundOptions):
    model_config = ConfigDict(strict=False)


class Infinite(SoundOptions):
    model_config = ConfigDict(allow_inf_nan=True)


class Melted(SoundOptions):
    model_config = ConfigDict(frozen=False)


class Empty(SoundOptions):
    @override
    def episode_shape(self):
        return EpisodeShape(support=0, query=0)


@pytest.mark.parametrize(
    ("options", "check", "said"),
    [
        (Undocumented, "options_documented", "options without a docstring: scale"),
        (Open, "options_strict", "options accept an unknown key"),
        (Lax, "options_strict", "options accept a text for 'inner_steps'"),
        (Infinite, "options_strict", "options accept NaN for 'inner_lr'"),
        (Melted, "options_strict", "options can be written to"),
        (Empty, "episode_shape", "an episode without a batch"),
    ],
)
def test_options_that_are_not_as_they_have_to_be_are_named(options, check, said):
    (found,) = [each for each in checks_of("algorithm") if each.name == check]
    info = AlgorithmInfo("planted", "metabench_algorithms.joint:Joint", options, "a summary")
    status = PluginStatus("planted", __name__, "local", "1")

    with pytest.raises(NotConformingError, match=said):
        found.call(Subject("algorithm", "planted", info, status))
