"""A running average of the weights: what is validated and kept."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn


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
