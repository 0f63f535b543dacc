"""The device and the precision that a cell computes with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, final

import torch

from metabench.errors import DeviceError

if TYPE_CHECKING:
    from metabench.spec.model import ComputeSpec

__all__ = ["Device", "resolve_device"]


@final
@dataclass(frozen=True, slots=True)
class Device:
    """Where and how a cell computes; recorded, never part of a key."""

    device: torch.device
    autocast: bool
    threads: int

    @property
    def precision(self) -> str:
        """``bf16`` under autocast (parameters stay fp32), else ``fp32``."""
        return "bf16" if self.autocast else "fp32"

    @property
    def title(self) -> str:
        """The device's name as its driver says it, or ``cpu``."""
        if self.device.type == "cuda":
            return torch.cuda.get_device_name(self.device)
        return "cpu"

    def apply(self) -> None:
        """Set the process to this many threads."""
        if torch.get_num_threads() != self.threads:
            torch.set_num_threads(self.threads)


def resolve_device(name: str, compute: ComputeSpec) -> Device:
    """Return the device called ``auto``, ``cpu``, ``cuda`` or ``cuda:N``.

    Raises:
        DeviceError: it is not there, or has no bf16 where that was asked for.
    """
    chosen = ("cuda" if torch.cuda.is_available() else "cpu") if name == "auto" else name
    try:
        device = torch.device(chosen)
    except RuntimeError as error:
        raise DeviceError(
            "is no device", where=f"--device {name}", hint="use auto, cpu, cuda or cuda:N"
        ) from error
    if device.type not in {"cpu", "cuda"} or (
        device.type == "cuda"
        and (not torch.cuda.is_available() or (device.index or 0) >= torch.cuda.device_count())
    ):
        raise DeviceError(
            f"there is no such device: torch {torch.__version__} sees "
            f"{torch.cuda.device_count()} CUDA devices",
            where=f"--device {name}",
            hint="use --device cpu, or install a CUDA build of torch",
        )
    if device.type == "cuda":
        device = torch.device("cuda", device.index or 0)
    return Device(device, _autocast(device, compute.precision), compute.threads)


def _autocast(device: torch.device, precision: str) -> bool:
    if precision == "fp32":
        return False
    able = device.type == "cuda" and torch.cuda.is_bf16_supported()
    if precision == "bf16" and not able:
        raise DeviceError(
            "cannot compute in bf16",
            where=f"device {device}",
            hint='set compute.precision = "fp32"',
        )
    return able
