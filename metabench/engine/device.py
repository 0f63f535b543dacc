"""The device and the precision that a cell computes with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, final

import torch

from metabench.errors import DeviceError
from metabench.nn.curvature import Curvature, KeepPolicy

if TYPE_CHECKING:
    from metabench.api.algorithm import CurvatureWay
    from metabench.spec.model.sections import ComputeSpec

__all__ = ["Device", "resolve_device"]


@final
@dataclass(frozen=True, slots=True)
class Device:
    """Where and how a cell computes; recorded, never part of a key."""

    device: torch.device
    autocast: bool
    threads: int
    forced: bool = False
    keep: KeepPolicy = "auto"
    memory: int | None = None
    deterministic: bool = False
    compiles: bool = False

    def autocasts(self, way: CurvatureWay | None) -> bool:
        """Return whether gradients are taken under bf16 autocast; parameters stay fp32.

        Second derivatives are taken in fp32, exactly or as differences of gradients, whatever the
        precision of first order is.

        Args:
            way: how Hessian-vector products are made; None where there are none.
        """
        return self.autocast and way is None

    def precision(self, way: CurvatureWay | None = None) -> str:
        """Return the precision that gradients are taken in, ``bf16`` or ``fp32``."""
        return "bf16" if self.autocasts(way) else "fp32"

    @property
    def title(self) -> str:
        """The device's name as its driver reports it, or ``cpu``."""
        if self.device.type == "cuda":
            return torch.cuda.get_device_name(self.device)
        return "cpu"

    @property
    def instruction_set(self) -> str:
        """The vector instructions that torch's own operations use, such as ``AVX512``."""
        return torch.backends.cpu.get_cpu_capability()

    def curvature(self, way: CurvatureWay | None) -> Curvature | None:
        """Return the HVP method on this device; None where no product is needed.

        Raises:
            DeviceError: the benchmark file asks for differences of gradients in bf16, where they
                are noise.
        """
        if way is None:
            return None
        if way != "exact" and self.autocast and self.forced:
            raise DeviceError(
                f"{way} differences of gradients are off by several times their size in bf16",
                where=f"device {self.device}",
                hint='set compute.precision = "fp32", or curvature = "exact"',
            )
        return Curvature(way, self.keep, self.memory)

    def apply(self) -> None:
        """Set the process up for a cell: threads, determinism, which GPU and its peak memory."""
        if torch.get_num_threads() != self.threads:
            torch.set_num_threads(self.threads)
        torch.use_deterministic_algorithms(self.deterministic)
        if self.device.type == "cuda":
            torch.cuda.set_device(self.device)
            torch.cuda.reset_peak_memory_stats(self.device)
            # fp32 is fp32: TF32 keeps 10 bits of a product's 23
            torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False


def resolve_device(name: str, compute: ComputeSpec) -> Device:
    """Return the device called ``auto``, ``cpu``, ``cuda`` or ``cuda:N``.

    Raises:
        DeviceError: it does not exist, or lacks a requested bf16.
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
    memory = None if compute.memory is None else int(compute.memory * 2**30)
    autocast = _autocast(device, compute.precision)
    return Device(
        device,
        autocast,
        compute.threads,
        forced=compute.precision == "bf16",
        keep=compute.curvature,
        memory=memory,
        deterministic=compute.deterministic,
        compiles=compute.compile,
    )


def _autocast(device: torch.device, precision: str) -> bool:
    if precision == "fp32":
        return False
    able = device.type == "cuda" and _has_bf16(device)
    if precision == "bf16" and not able:
        raise DeviceError(
            "cannot compute in bf16",
            where=f"device {device}",
            hint='set compute.precision = "fp32"',
        )
    return able


def _has_bf16(device: torch.device) -> bool:
    """Return whether a GPU computes in bf16 itself; emulated, it is slower than fp32."""
    with torch.cuda.device(device):
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
