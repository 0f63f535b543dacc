"""The layer of `metabench.nn.bert.layer`, compiled: once for each form, never for a batch."""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import FunctionType
from typing import TYPE_CHECKING, Any, TypeAlias, final

import torch
from torch._inductor import config

from metabench.nn.bert.layer import layer
from metabench.nn.bert.layer_example import Example

if TYPE_CHECKING:
    from torch import Tensor

    from metabench.nn.bert.layer import Drops, LayerFacts, LayerFunction, Lying

__all__ = ["CompiledLayer"]

Form: TypeAlias = tuple[Any, ...]

_ALONE = {"compile_threads": 1}  # processes of a compiler would outlive one that is killed
_NO_FIT = "Detected recompile"  # how torch's message begins
_MOST = 200  # characters kept of a compiler's error


@final
@dataclass
class CompiledLayer:
    """The layer function of `metabench.nn.bert.layer`, compiled where possible.

    A form is the set of facts that are constant within one compilation: outputs of first tokens
    only, padding, dropout, precision, device, threads. Each form is compiled at first use, on
    synthetic rows of one fixed shape, so that the compiled code does not depend on earlier batches.
    A batch that does not fit, such as one of a single row, runs eagerly; so does everything after a
    failed compilation.

    Args:
        backend: torch's compiler backend; ``aot_eager`` traces and then runs eagerly.
        failure: the reason of a failed compilation in one line; "" where none has failed.
        uses: number of layer calls that ran compiled.
    """

    backend: str = "inductor"
    failure: str = ""
    uses: int = 0
    _forms: dict[Form, LayerFunction] = field(default_factory=dict)

    @property
    def holds(self) -> bool:
        """Whether layers are compiled: some are, and none could not be."""
        return bool(self._forms) and not self.failure

    def __call__(
        self,
        x: Tensor,
        weights: tuple[Tensor, ...],
        drops: Drops,
        *,
        lying: Lying,
        facts: LayerFacts,
    ) -> Tensor:
        """Return the output of a layer; see `metabench.nn.bert.layer.layer`."""
        run = None
        if not self.failure and 1 not in lying.mask.shape:  # to a compiler one is no size as others
            form = _form(x, drops, lying, facts)
            if form not in self._forms:
                with self._noting_failure():
                    example = Example.like(x, weights, drops, lying=lying, facts=facts)
                    self._forms[form] = _compiled(example, self.backend, name=_name(form))
            run = self._forms.get(form)
        if run is None:
            return layer(x, weights, drops, lying=lying, facts=facts)
        try:
            with torch.compiler.set_stance("fail_on_recompile"):
                result: Tensor = run(x, weights, drops, lying=lying, facts=facts)
        except RuntimeError as error:
            if _NO_FIT not in str(error):
                raise
            return layer(x, weights, drops, lying=lying, facts=facts)
        self.uses += 1
        return result

    def check(self) -> None:
        """Compile a line, so that a compiler that is not there is known before a cell begins."""
        if not self.failure:
            with self._noting_failure(), torch.no_grad():
                _torch_compiled(_line, self.backend)(torch.ones(3))

    @contextmanager
    def _noting_failure(self) -> Iterator[None]:
        try:
            with config.patch(_ALONE), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                yield
        except Exception as error:  # noqa: BLE001  (compilers raise anything; the run goes on)
            self.failure = _reason(error)


def _form(x: Tensor, drops: Drops, lying: Lying, facts: LayerFacts) -> Form:
    """Return the form of a compilation: all that its guards check except rows and columns."""
    return (
        *(part is not None for part in (*drops, lying.places, lying.cls_positions)),
        facts,
        x.dtype,
        x.device,
        x.shape[1],
        torch.is_autocast_enabled(x.device.type),
        torch.get_num_threads(),
        torch.are_deterministic_algorithms_enabled(),
    )


def _name(form: Form) -> str:
    return f"layer_{hashlib.sha256(repr(form).encode()).hexdigest()[:12]}"


def _compiled(example: Example, backend: str, *, name: str) -> LayerFunction:
    """Return the layer, compiled for arguments of an example's form, forward and backward.

    Raises:
        Exception: whatever the compiler does.
    """
    # torch caches compilations by code object, and sizes that varied by a function's name:
    # one of each for a form, so that no form depends on others that were there before.
    code = layer.__code__.replace(co_name=name)
    function = FunctionType(code, layer.__globals__, name)
    function.__kwdefaults__ = layer.__kwdefaults__
    with torch.enable_grad():
        run = _torch_compiled(function, backend)
        example.gradient(run)
    return run


def _torch_compiled(function: Callable[..., Tensor], backend: str) -> Callable[..., Tensor]:
    """Return a function that compiles at its first call; the option reaches all threads."""
    options: dict[str, Any] | None = dict(_ALONE) if backend == "inductor" else None
    run: Callable[..., Tensor] = torch.compile(
        function, fullgraph=True, backend=backend, options=options
    )
    return run


def _line(values: Tensor) -> Tensor:
    return values.exp() + values


def _reason(error: Exception) -> str:
    """Return the error in one short line."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    first = lines[0] if lines else ""
    return f"{type(error).__name__}: {first}"[:_MOST]
