"""The fine stage's geometry: a signed distance and an offset at every vertex of a tetrahedral grid."""

import warnings

import torch
from scipy.spatial import cKDTree
from torch import Tensor

from .tetrahedra import TetGrid, marching_tets

_OUTLIER = 4.0  # times the root mean square: what a sliver's gradient is cut to


class UniformAdam:
    """Adam whose second moment is the mean over the tensor (after Nicolet et al. 2021, "Large Steps").

    Plain Adam would move a vertex that is seen in one frame as far as one seen in all, and so turn noise into bumps.
    """

    def __init__(self, parameter: Tensor, learning_rate: float, betas: tuple[float, float] = (0.9, 0.99)) -> None:
        self.parameter, self.learning_rate, self.betas = parameter, learning_rate, betas
        self._mean = torch.zeros_like(parameter)
        self._square = parameter.new_zeros(())
        self._steps = 0

    @torch.no_grad()
    def step(self, gradient: Tensor, rate: float = 1.0) -> None:
        """Move against the gradient: a typical element by about ``rate`` times the learning rate."""
        b1, b2 = self.betas
        self._steps += 1
        # All on the parameter's device: a number that is read back would make a graphics card wait.
        square = gradient.square().sum() / gradient.count_nonzero().clamp_min(1)
        limit = _OUTLIER * square.sqrt()
        self._mean.lerp_(gradient.clamp(-limit, limit), 1 - b1)
        self._square.lerp_(square, 1 - b2)
        step = rate * self.learning_rate / (1 - b1**self._steps) * (1 - b2**self._steps) ** 0.5
        self.parameter.addcdiv_(self._mean, self._square.sqrt() + 1e-12, value=-step)


# A vertex may move this share of a cell along each axis: tetrahedra cannot turn over.
_OFFSET_REACH = 0.24
# Rounds of averaging with the neighbours that a gradient goes through.
_DIFFUSION = 3


class TetShape:
    """Trainable distance and offset, with the mesh they make.

    Gradients are spread over neighbouring grid vertices before a step is taken (a Sobolev gradient): each step is
    smooth, though the surface may become as sharp as the frames ask.
    """

    def __init__(self, grid: TetGrid, distance: Tensor, learning_rate: float) -> None:
        self.grid = grid
        self.distance = distance.clone().requires_grad_()
        self.offset = torch.zeros_like(grid.vertices).requires_grad_()
        # The band's border keeps its side, or the surface would be cut open there.
        least = 0.1 * grid.spacing
        self._lowest = torch.where(grid.border & (distance >= 0), least, -torch.inf)
        self._highest = torch.where(grid.border & (distance < 0), -least, torch.inf)
        self._rates = learning_rate * grid.spacing, learning_rate
        self._average = _averaging(grid)
        self.halt()

    def halt(self) -> None:
        """Forget in which direction it was going, and how steep it was."""
        parts = (self.distance.detach(), self.offset.detach())
        self._distance_steps, self._offset_steps = map(UniformAdam, parts, self._rates)

    def positions(self) -> Tensor:  # (N, 3)
        reach = _OFFSET_REACH * self.grid.spacing
        return self.grid.vertices + reach * torch.tanh(self.offset)

    def mesh(self) -> tuple[Tensor, Tensor]:
        """Vertices (V, 3), differentiable, and faces (F, 3)."""
        return marching_tets(self.positions(), self.distance, self.grid)

    @torch.no_grad()
    def carried(self, values: Tensor, vertices: Tensor) -> Tensor:  # (V,), (V, 3) -> (N,)
        """Values of the mesh's vertices at the grid's: each that of the nearest."""
        tree = cKDTree(vertices.detach().cpu().numpy())
        _, nearest = tree.query(self.positions().cpu().numpy(), workers=-1)
        return values[torch.from_numpy(nearest).to(values.device)]

    @torch.no_grad()
    def settle(self) -> tuple[Tensor, Tensor]:
        """The mesh as it stands, without gradient."""
        return self.mesh()

    @torch.no_grad()
    def step(self, rate: float = 1.0, share: Tensor | None = None) -> None:
        """One step down the gradients that backward() has left; ``rate`` scales the learning rate.

        Grid vertices take part by their ``share`` (N,) in [0, 1], all by default.
        """
        assert self.distance.grad is not None and self.offset.grad is not None
        gradient = torch.cat([self.distance.grad[:, None], self.offset.grad], 1)
        for _ in range(_DIFFUSION):
            gradient = self._average @ gradient
        if share is not None:
            gradient = share[:, None] * gradient
        self._distance_steps.step(gradient[:, 0], rate)
        self._offset_steps.step(gradient[:, 1:], rate)
        self.distance.clamp_(self._lowest, self._highest)
        self.distance.grad = self.offset.grad = None


def _averaging(grid: TetGrid) -> Tensor:  # (N, N) sparse
    """Row-normalised: each vertex with its neighbours along the grid's edges."""
    count = len(grid.vertices)
    own = torch.arange(count, device=grid.edges.device)
    rows = torch.cat([grid.edges[:, 0], grid.edges[:, 1], own])
    columns = torch.cat([grid.edges[:, 1], grid.edges[:, 0], own])
    share = 1.0 / torch.bincount(rows, minlength=count)
    matrix = torch.sparse_coo_tensor(torch.stack([rows, columns]), share[rows], (count, count), check_invariants=False)
    if grid.edges.device.type == "mps":
        return matrix
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Sparse CSR tensor support is in beta")
        return matrix.to_sparse_csr()
