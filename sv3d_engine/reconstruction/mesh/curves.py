"""How each loss falls, step by step."""

from collections.abc import Mapping

import torch
from torch import Tensor

from ...ground.settings import LossWeights


class Curves:
    """Adds losses up, and keeps them on the device until all is done: a number that is read makes a card wait."""

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._steps: list[tuple[tuple[str, ...], Tensor]] = []
        self._weights: dict[tuple[LossWeights, tuple[str, ...]], Tensor] = {}

    def weighted(self, terms: Mapping[str, Tensor], weights: LossWeights) -> Tensor:  # ()
        """The weighted sum of a step's unweighted losses, by name."""
        names = tuple(terms)
        if (weights, names) not in self._weights:
            values = [getattr(weights, name) for name in names]
            self._weights[weights, names] = torch.tensor(values, device=self._device)
        unweighted = torch.stack(list(terms.values()))
        self._steps.append((names, unweighted.detach()))
        return self._weights[weights, names].dot(unweighted)

    def keep(self, name: str, loss: Tensor) -> None:
        """A loss () that is added up elsewhere."""
        self._steps.append(((name,), loss.detach().reshape(1).to(self._device)))

    def read(self) -> dict[str, list[float]]:
        """Each loss by name, one value for every step that had it, unweighted."""
        curves: dict[str, list[float]] = {}
        if self._steps:
            values = torch.cat([unweighted for _, unweighted in self._steps]).tolist()
            for name, value in zip((name for names, _ in self._steps for name in names), values, strict=True):
                curves.setdefault(name, []).append(value)
        return curves
