"""What changes the weights: AdamW, or Muon for the matrices with AdamW for the rest; and their running average."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from .config import Optimiser
from .muon import PreciseMuon


def trained(module: nn.Module) -> dict[str, nn.Parameter]:
    """Those parameters of a module that learn, by name."""
    return {name: p for name, p in module.named_parameters() if p.requires_grad}


class Ema:
    """The exponential moving average of a module's learning parameters, kept on their device in float32."""

    def __init__(self, module: nn.Module, decay: float) -> None:
        self._live = trained(module)
        self._decay = decay
        self.average = {name: p.detach().clone().float() for name, p in self._live.items()}

    @torch.no_grad()
    def update(self, step: int) -> None:
        """Take in the weights after optimiser step ``step`` (from 1); early on the average forgets faster."""
        decay = min(self._decay, (1 + step) / (10 + step))
        live = [p.detach().float() for p in self._live.values()]
        torch._foreach_lerp_(list(self.average.values()), live, 1 - decay)

    @contextmanager
    def in_place(self) -> Iterator[None]:
        """The module has the averaged weights for as long as the context is open."""
        own = {name: p.detach().clone() for name, p in self._live.items()}
        self.copy()
        try:
            yield
        finally:
            self._set(own)

    def copy(self) -> None:
        """Give the module the averaged weights for good."""
        self._set(self.average)

    @torch.no_grad()
    def _set(self, values: dict[str, Tensor]) -> None:
        for name, parameter in self._live.items():
            parameter.copy_(values[name])


_LEAST = 16  # rows and columns of a matrix: below, its directions are too few to be evened out
_MOMENTUM = 0.95


def make_optimiser(
    parameters: Iterable[nn.Parameter], settings: Optimiser, device: torch.device
) -> torch.optim.Optimizer:
    """The optimiser that ``settings`` ask for; its groups' "lr" is obeyed at every step."""
    on_cpu = device.type == "cpu"  # elsewhere a fused AdamW would count its steps on the device
    if settings.method == "muon":
        return MuonAdamW(parameters, settings, on_cpu)
    return torch.optim.AdamW(
        parameters, settings.rate, settings.betas, weight_decay=settings.weight_decay, fused=on_cpu
    )


class MuonAdamW(torch.optim.Optimizer):
    """One optimiser out of two: Muon (Jordan et al. 2024) takes what is a matrix, AdamW the rest.

    A convolution's kernel is a matrix of its outputs by all its inputs.  Muon's steps are scaled to the size of
    AdamW's (Liu et al. 2025), so that both learn at one rate.  The states are those of the two, by parameter.
    """

    def __init__(self, parameters: Iterable[nn.Parameter], settings: Optimiser, on_cpu: bool) -> None:
        super().__init__(parameters, {"lr": settings.rate})
        every = [p for group in self.param_groups for p in group["params"]]
        self._views = {p: nn.Parameter(p.detach().flatten(1)) for p in every if _is_matrix(p)}
        rest = [p for p in every if p not in self._views]
        decay = settings.weight_decay
        muon = PreciseMuon if on_cpu else torch.optim.Muon
        self._muon = muon(
            [{"params": list(self._views.values())}],
            settings.rate,
            weight_decay=decay,
            momentum=_MOMENTUM,
            adjust_lr_fn="match_rms_adamw",
        )
        self._adamw = torch.optim.AdamW(
            [{"params": rest}], settings.rate, settings.betas, weight_decay=decay, fused=on_cpu
        )

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> None:  # type: ignore[override]
        """One step of both; there is no ``closure``."""
        assert closure is None
        for part in (self._muon, self._adamw):
            part.param_groups[0]["lr"] = self.param_groups[0]["lr"]
        self._lend_states()
        for parameter, view in self._views.items():
            view.data = parameter.data.flatten(1)  # anew: what prepares a network for several processes moves weights
            view.grad = None if parameter.grad is None else parameter.grad.flatten(1)
        self._muon.step()
        self._adamw.step()
        for view in self._views.values():
            view.grad = None
        self._take_states_back()

    def _lend_states(self) -> None:
        """Give the two what is known of each parameter, which may have been loaded."""
        for parameter, state in self.state.items():
            view = self._views.get(parameter)
            if view is None:
                self._adamw.state[parameter] = state
            else:
                self._muon.state[view] = state

    def _take_states_back(self) -> None:
        self.state.update(self._adamw.state)
        self.state.update((parameter, self._muon.state[view]) for parameter, view in self._views.items())


def _is_matrix(parameter: Tensor) -> bool:
    return parameter.dim() > 1 and min(parameter.shape[0], parameter[0].numel()) >= _LEAST
