"""How CUDA's fast kernels are compiled and started: in warp, which brings its compiler along.

Like the CPU's kernels they have plain PyTorch twins, which run wherever warp does not: it needs a driver as new as
itself.  The same source runs on the CPU, one thread at a time, for the tests.
"""

import logging
import os
from functools import cache
from typing import Any

import torch
from torch import Tensor

from .kernel_cache import cache_folder

log = logging.getLogger(__name__)

_READ = {torch.float32, torch.int64, torch.bool}


def use_warp(*tensors: Tensor) -> bool:
    """True where warp's kernel applies: every tensor is on one CUDA device, in a type that the kernels read.

    SV3D_WARP=0 in the environment leaves the work to the twins.
    """
    device = tensors[0].device
    fits = device.type == "cuda" and all(t.device == device and t.dtype in _READ for t in tensors)
    return fits and os.environ.get("SV3D_WARP") != "0" and _works_on(device)


def launch(kernel: Any, threads: tuple[int, ...], *arguments: Tensor | float | None) -> None:
    """Run a warp kernel on the device of its first argument, after all that PyTorch has been asked for there.

    Arguments in the kernel's own order: tensors (a vector's components are the last dimension, without gaps),
    numbers, and None for an array that it will not touch.
    """
    _launch(kernel, threads, arguments, ())


def launch_adjoint(
    kernel: Any,
    threads: tuple[int, ...],
    arguments: tuple[Tensor | float | None, ...],
    gradients: tuple[Tensor | float | None, ...],
) -> None:
    """Run the derivative that warp made of a kernel: from the outputs' gradients it adds to those of the inputs.

    ``gradients`` has one for each argument: None where an input needs none, 0 in place of a number.
    """
    _launch(kernel, threads, arguments, gradients)


def _launch(kernel: Any, threads: tuple[int, ...], arguments: tuple[Any, ...], gradients: tuple[Any, ...]) -> None:
    wp = _warp()
    kinds = [argument.type for argument in kernel.adj.args]

    def packed(values: tuple[Any, ...]) -> list[Any]:
        return [
            wp.from_torch(value.detach(), kind.dtype, requires_grad=False, return_ctype=True)
            if isinstance(value, Tensor)
            else value
            for value, kind in zip(values, kinds, strict=True)
        ]

    device = arguments[0].device
    where = (
        {"stream": _stream(device.index, torch.cuda.current_stream(device).cuda_stream)}
        if device.type == "cuda"
        else {"device": "cpu"}
    )
    if gradients:
        wp.launch(kernel, threads, packed(arguments), adj_inputs=packed(gradients), adjoint=True, **where)
    else:
        wp.launch(kernel, threads, packed(arguments), **where)


@cache
def _warp() -> Any:
    import warp as wp

    wp.config.log_level = wp.LOG_WARNING  # no greeting, no word for every module
    wp.config.kernel_cache_dir = str(cache_folder() / "warp")
    wp.init()
    return wp


@cache
def _stream(index: int, handle: int) -> Any:  # PyTorch's streams live as long as the process
    wp = _warp()
    return wp.Stream(wp.get_device(f"cuda:{index}"), cuda_stream=handle)


@cache
def _works_on(device: torch.device) -> bool:
    """Whether a kernel compiles and runs there: warp may be absent, or want a newer driver or card than there is."""
    try:
        import warp as wp

        @wp.kernel(enable_backward=False)
        def increase(values: wp.array[wp.float32]):
            values[wp.tid()] += 1.0

        one = torch.zeros(1, device=device)
        launch(increase, (1,), one)
        return float(one) == 1
    except Exception as error:  # whatever is wrong, the twins do the work
        log.warning("warp's kernels are left out: %s", error)
        return False
