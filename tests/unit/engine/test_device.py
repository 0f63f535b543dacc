"""A device that is asked for is there, or the error says what is."""

from __future__ import annotations

import pytest
import torch

from metabench.engine.device import Device, resolve_device
from metabench.errors import DeviceError
from metabench.nn.curvature import Curvature
from metabench.spec.model.sections import ComputeSpec


def test_the_cpu_is_always_there_in_fp32():
    device = resolve_device("cpu", ComputeSpec(threads=2))

    assert (device.title, device.precision(), device.threads) == ("cpu", "fp32", 2)


def test_what_a_benchmark_file_asks_of_computing_is_what_a_device_does():
    asked = ComputeSpec(
        threads=3, precision="fp32", curvature="lean", deterministic=True, compile=True, memory=1.5
    )
    device = resolve_device("cpu", asked)

    assert device == Device(
        torch.device("cpu"), autocast=False, threads=3, forced=False, keep="lean",
        memory=1_610_612_736, deterministic=True, compiles=True,
    )  # fmt: skip
    assert device.curvature("exact") == Curvature("exact", "lean", 1_610_612_736)
    assert device.curvature(None) is None
    assert resolve_device("cpu", ComputeSpec()).memory is None


@pytest.mark.parametrize("threads", [1, 2])
def test_a_device_sets_the_threads_of_its_process(threads):
    before = torch.get_num_threads()
    try:
        resolve_device("cpu", ComputeSpec(threads=threads)).apply()
        assert torch.get_num_threads() == threads
    finally:
        torch.set_num_threads(before)


@pytest.mark.parametrize("asked", [True, False])
def test_equal_bits_are_promised_where_they_are_asked_for_and_only_there(asked):
    device = resolve_device("cpu", ComputeSpec(deterministic=asked))
    before = torch.are_deterministic_algorithms_enabled()
    try:
        device.apply()
        assert torch.are_deterministic_algorithms_enabled() == asked
    finally:
        torch.use_deterministic_algorithms(before)


@pytest.mark.parametrize("name", ["gpu", "cuda:x", ""])
def test_what_is_no_device_is_refused(name):
    with pytest.raises(DeviceError, match="is no device") as caught:
        resolve_device(name, ComputeSpec())
    assert caught.value.where == f"--device {name}"
    assert caught.value.hint == "use auto, cpu, cuda or cuda:N"


@pytest.mark.parametrize("name", [f"cuda:{torch.cuda.device_count()}", "mps", "meta"])
def test_a_device_that_is_not_there_is_refused(name):
    with pytest.raises(DeviceError, match=r"there is no such device: torch .* sees \d+ CUDA"):
        resolve_device(name, ComputeSpec())


def test_bf16_on_the_cpu_is_refused_rather_than_slow():
    with pytest.raises(DeviceError, match="cannot compute in bf16") as caught:
        resolve_device("cpu", ComputeSpec(precision="bf16"))
    assert caught.value.where == "device cpu"
    assert 'compute.precision = "fp32"' in caught.value.hint


@pytest.mark.parametrize("way", ["exact", "central", "forward"])
def test_second_derivatives_are_taken_in_fp32_where_bf16_is_automatic(way):
    device = Device(torch.device("cpu"), autocast=True, threads=1)

    assert (device.precision(None), device.precision(way)) == ("bf16", "fp32")
    assert device.curvature(way).way == way


@pytest.mark.parametrize("way", ["central", "forward"])
def test_differences_of_gradients_are_refused_where_bf16_is_asked_for(way):
    device = Device(torch.device("cpu"), autocast=True, threads=1, forced=True)

    with pytest.raises(DeviceError, match="are off by several times their size in bf16"):
        device.curvature(way)
