"""A pretend CUDA device for machines without one: the CPU's numbers, CUDA's rules, and a count of what a card would do.

While ``pretend_cuda()`` is open, a tensor on "cuda" is a ``PretendTensor``: it says that it lies on ``cuda:0`` and has
a CPU tensor inside.  Every ATen operation passes by here, which refuses what CUDA refuses (tensors on two devices, a
generator of the other device, ``numpy()``) and counts kernel launches, and how often the processor waits for the card.
"""

import os
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest.mock import patch

import torch
from torch.utils._python_dispatch import TorchDispatchMode, return_and_correct_aliasing
from torch.utils._pytree import tree_leaves, tree_map

CUDA, CPU = torch.device("cuda", 0), torch.device("cpu")
_ENGINE = Path(__file__).resolve().parents[1] / "sv3d_engine"
_aten = torch.ops.aten
_COPIES = {_aten._to_copy.default, _aten.copy_.default}
_INDEXING = {"aten::index", "aten::index_put", "aten::index_put_", "aten::_index_put_impl_", "aten::_unsafe_index"}
# Operations whose result's size, or whose result, the processor has to be told.
_WAITS = {
    *("aten::_local_scalar_dense", "aten::nonzero", "aten::masked_select", "aten::_unique2", "aten::unique_dim"),
    *("aten::unique_consecutive", "aten::bincount", "aten::equal", "aten::repeat_interleave"),
}


_on_card: set[int] = set()  # addresses of the generators that say they are the card's


class _Generator(torch.Generator):
    """A generator of the processor's that may say it is the card's."""

    def __new__(cls, device: Any = "cpu") -> "_Generator":
        made = super().__new__(cls, "cpu")
        _on_card.discard(made._cdata)  # of one that is gone
        if _is_cuda(device):
            _on_card.add(made._cdata)  # the dispatcher hands on another wrapper of the same generator
        return made


class DeviceMismatchError(RuntimeError):
    """What CUDA would refuse."""


@dataclass
class Counts:
    """What a card was asked for since the context was opened or ``clear`` called, by operation or by place."""

    launches: Counter[str] = field(default_factory=Counter)
    syncs: Counter[str] = field(default_factory=Counter)  # "operation at file:line"

    def clear(self) -> None:
        self.launches.clear()
        self.syncs.clear()

    def a_step(self, steps: int) -> tuple[float, float]:
        """Launches and syncs a step."""
        return self.launches.total() / steps, self.syncs.total() / steps


class PretendTensor(torch.Tensor):
    """A tensor on ``cuda:0``, its numbers in a CPU tensor.

    To PyTorch's C++ side it lies on the CPU, because a build without CUDA has no such device; Python is told otherwise.
    """

    inner: torch.Tensor

    @staticmethod
    def __new__(cls, inner: torch.Tensor) -> "PretendTensor":
        layout = (
            {"strides": inner.stride(), "storage_offset": inner.storage_offset()}
            if inner.layout == torch.strided
            else {}
        )
        made = torch.Tensor._make_wrapper_subclass(cls, inner.size(), dtype=inner.dtype, device=CPU, **layout)
        made.inner = inner
        return made

    def __init__(self, inner: torch.Tensor) -> None:
        """The wrapper is made by ``__new__``."""

    device = property(lambda self: CUDA)  # type: ignore[assignment]
    is_cuda = property(lambda self: True)  # type: ignore[assignment]
    is_cpu = property(lambda self: False)  # type: ignore[assignment]

    def __repr__(self, **_: Any) -> str:
        return f"PretendTensor({self.inner})"

    def numpy(self, **_: Any) -> Any:
        raise DeviceMismatchError("can't convert cuda:0 device type tensor to numpy. Use Tensor.cpu() first.")

    __array__ = numpy  # type: ignore[assignment]

    def tolist(self) -> Any:
        return self.cpu().tolist()

    def cpu(self, *_: Any, **__: Any) -> torch.Tensor:
        return _aten._to_copy.default(self, device=CPU)

    def new_tensor(self, data: Any, *, dtype: torch.dtype | None = None, **_: Any) -> torch.Tensor:
        return torch.tensor(data, dtype=dtype or self.dtype, device=CUDA)

    @classmethod
    def __torch_dispatch__(cls, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        return _open[-1].run(function, args, kwargs or {})


class _Card(TorchDispatchMode):
    """Runs every operation, on whichever device it belongs."""

    def __init__(self, counts: Counts) -> None:
        super().__init__()
        self._counts = counts

    def __torch_dispatch__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        tensors = [leaf for leaf in tree_leaves((args, kwargs)) if isinstance(leaf, torch.Tensor)]
        if any(isinstance(t, PretendTensor) for t in tensors) or _is_cuda(kwargs.get("device")):
            return self.run(function, args, kwargs)
        # Autograd's C++ side makes its zeros and ones where it thinks the wrapper lies.
        if not tensors and torch._C._current_graph_task_id() != -1 and function is not _aten.scalar_tensor.default:
            return self.run(function, args, {**kwargs, "device": CUDA})
        return function(*args, **kwargs)

    def run(self, function: Any, args: Any, kwargs: dict[str, Any]) -> Any:
        """One operation with a tensor on the card, or that makes one there."""
        name = function._schema.name
        tensors = [leaf for leaf in tree_leaves((args, kwargs)) if isinstance(leaf, torch.Tensor)]
        on_card = any(isinstance(t, PretendTensor) for t in tensors)
        _check(function, name, tensors, args, kwargs, on_card)
        inner_args, inner_kwargs = tree_map(_inner, (args, kwargs))
        if function is _aten._to_copy.default:
            return self._copied(args[0], inner_args, inner_kwargs, kwargs)
        out = function(*inner_args, **inner_kwargs)
        if not _is_view(function):
            self._counts.launches[name] += 1
        if _waits(name, args, kwargs):
            self._sync(name)
        if function is _aten.copy_.default:
            return args[0]
        if name == "aten::_local_scalar_dense":
            return out
        out = tree_map(lambda t: PretendTensor(t) if type(t) is torch.Tensor else t, out)
        strided = all(t.layout == torch.strided for t in tree_leaves(out) if isinstance(t, torch.Tensor))
        return return_and_correct_aliasing(function, args, kwargs, out) if on_card and strided else out

    def _copied(self, source: torch.Tensor, args: Any, inner_kwargs: dict[str, Any], kwargs: dict[str, Any]) -> Any:
        """A tensor's copy on the card or on the processor."""
        from_card = isinstance(source, PretendTensor)
        asked = kwargs.get("device")
        to_card = from_card if asked is None else _is_cuda(asked)
        if from_card and torch._C._current_graph_task_id() != -1:
            to_card = True  # asked by C++, for where the wrapper seems to lie
        inner_kwargs.pop("pin_memory", None)
        out = _aten._to_copy.default(*args, **inner_kwargs)
        if from_card and not to_card:
            self._sync("copy to the processor")
        else:
            self._counts.launches["aten::_to_copy"] += 1
        return PretendTensor(out) if to_card else out

    def _sync(self, name: str) -> None:
        self._counts.syncs[f"{name.removeprefix('aten::')} at {_place()}"] += 1


_open: list[_Card] = []


def _check(function: Any, name: str, tensors: Any, args: Any, kwargs: Any, on_card: bool) -> None:
    """Raise DeviceMismatchError where CUDA would refuse; numbers of 0 dimensions may come from the processor."""
    generator = kwargs.get("generator")
    if generator is not None and generator._cdata not in _on_card:
        raise DeviceMismatchError(f"{name}: expected a 'cuda' device type for generator but found 'cpu', {_place()}")
    if function in _COPIES or not on_card:
        return
    if name in _INDEXING:
        if not isinstance(args[0], PretendTensor):
            raise DeviceMismatchError(f"{name}: a tensor on the processor is indexed by one on the card, {_place()}")
        tensors = [t for t in tree_leaves(args[2:]) if isinstance(t, torch.Tensor)]
    strangers = [tuple(t.shape) for t in tensors if not isinstance(t, PretendTensor) and t.dim()]
    if strangers:
        raise DeviceMismatchError(f"{name}: expected all tensors on cuda:0, found {strangers} on the cpu, {_place()}")


def _waits(name: str, args: Any, kwargs: Any) -> bool:
    if name in _INDEXING:
        return any(i is not None and i.dtype == torch.bool for i in args[1])
    return name in _WAITS and not (name == "aten::repeat_interleave" and kwargs.get("output_size") is not None)


def _is_view(function: Any) -> bool:
    returns = function._schema.returns
    return any(r.alias_info is not None and not r.alias_info.is_write for r in returns) or function in (
        *(_aten.detach.default, _aten.alias.default, _aten._reshape_alias.default, _aten.lift_fresh.default),
    )


def _inner(value: Any) -> Any:
    if isinstance(value, PretendTensor):
        return value.inner
    return CPU if isinstance(value, torch.device) else value


def _is_cuda(device: Any) -> bool:
    return device is not None and torch.device(device).type == "cuda"


def _place() -> str:
    """The engine's own line that is at work."""
    for frame in reversed(traceback.extract_stack()):
        if frame.filename.startswith(str(_ENGINE)):
            return f"{Path(frame.filename).relative_to(_ENGINE).as_posix()}:{frame.lineno}"
    return "a test"


def _tensor(make: Callable[..., torch.Tensor]) -> Callable[..., torch.Tensor]:
    def tensor(data: Any, *, device: Any = None, **options: Any) -> torch.Tensor:
        made = make(data, **options)
        return made.to(CUDA) if _is_cuda(device) else made

    return tensor


def _to(move: Callable[..., torch.Tensor]) -> Callable[..., torch.Tensor]:
    def to(self: torch.Tensor, *args: Any, **options: Any) -> torch.Tensor:
        device, dtype = options.get("device"), options.get("dtype")
        for value in args:
            if isinstance(value, torch.Tensor):
                device, dtype = value.device, value.dtype
            elif isinstance(value, torch.dtype):
                dtype = value
            elif isinstance(value, str | torch.device):
                device = value
        if not isinstance(self, PretendTensor) and not _is_cuda(device):
            return move(self, *args, **options)
        device = self.device if device is None else torch.device(device)
        same = _is_cuda(device) and isinstance(self, PretendTensor) and dtype in (None, self.dtype)
        layout = options.get("memory_format")
        if same and not options.get("copy") and layout is None:
            return self
        return _aten._to_copy.default(self, dtype=dtype, device=device, memory_format=layout)

    return to


@contextmanager
def pretend_cuda() -> Iterator[Counts]:
    """A machine with one graphics card of CUDA's kind for as long as the context is open."""
    counts = Counts()
    with ExitStack() as stack:
        stack.enter_context(patch.dict(os.environ, {"SV3D_WARP": "0"}))  # whose kernels want a true card
        for target, name, value in (
            (torch.cuda, "_lazy_init", lambda: None),
            (torch.cuda, "is_available", lambda: True),
            (torch.cuda, "is_initialized", lambda: True),
            (torch.cuda, "current_device", lambda: 0),
            (torch.cuda, "get_device_capability", lambda device=None: (8, 0)),
            (torch.cuda, "get_device_name", lambda device=None: "pretend card"),
            (torch.cuda, "mem_get_info", lambda device=None: (24 << 30, 24 << 30)),
            (torch.cuda, "synchronize", lambda device=None: None),
            (torch.cuda, "empty_cache", lambda: None),
            (torch, "Generator", _Generator),
            (torch, "tensor", _tensor(torch.tensor)),
            # A module's parameters become other tensors when it moves, since wrappers cannot be set as data.
            (torch.__future__, "get_overwrite_module_params_on_conversion", lambda: True),
            (torch.Tensor, "to", _to(torch.Tensor.to)),
        ):
            stack.enter_context(patch.object(target, name, value))
        _open.append(stack.enter_context(_Card(counts)))
        stack.callback(_open.pop)
        yield counts
