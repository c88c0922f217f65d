"""Adam with one step size for all elements of a tensor."""

import torch
from torch import Tensor

_OUTLIER = 4.0  # times the root mean square: what a sliver's gradient is cut to


class UniformAdam:
    """Adam whose second moment is the mean over the tensor (after Nicolet et al. 2021, "Large Steps").

    Plain Adam would move a vertex that is seen in one frame as far as one seen in all, and so turn noise into bumps.
    """

    def __init__(self, parameter: Tensor, learning_rate: float, betas: tuple[float, float] = (0.9, 0.99)) -> None:
        self.parameter, self.learning_rate, self.betas = parameter, learning_rate, betas
        self._mean = torch.zeros_like(parameter)
        self._square = 0.0
        self._steps = 0

    @torch.no_grad()
    def step(self, gradient: Tensor, rate: float = 1.0) -> None:
        """Move against the gradient: a typical element by about ``rate`` times the learning rate."""
        b1, b2 = self.betas
        self._steps += 1
        square = float(gradient.square().sum()) / max(int(gradient.count_nonzero()), 1)
        limit = _OUTLIER * square**0.5
        self._mean.lerp_(gradient.clamp(-limit, limit), 1 - b1)
        self._square = b2 * self._square + (1 - b2) * square
        size = (self._square / (1 - b2**self._steps)) ** 0.5
        step = rate * self.learning_rate / (1 - b1**self._steps)
        self.parameter.sub_(self._mean, alpha=step / (size + 1e-12))
