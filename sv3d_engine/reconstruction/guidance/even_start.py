"""Where no frame looks, colours begin the guided phase as those around them, and not as chance has left them."""

import copy

import torch
from torch import Tensor
from torch.nn.functional import mse_loss

from ..mesh.appearance import Appearance
from ..mesh.unseen import fill_unseen

STEPS, RATE = 60, 0.01
POINTS = 16_384  # of the surface, at each step


def start_evenly(
    appearance: Appearance,
    vertices: Tensor,  # (V, 3)
    faces: Tensor,  # (F, 3)
    share: Tensor,  # (V,) M
    draw: torch.Generator,
) -> None:
    """Fit the colours' grid to what it says where frames look, carried on over the mesh to where ``share`` is 1.

    The fine stage leaves colours there as they were drawn, or as the grid's cells share them with others: a network
    would have to paint all of it from a patchwork that nobody has seen.
    """
    with torch.no_grad():
        own = appearance.albedo(vertices)
        even = fill_unseen(own.cpu(), (1 - share).cpu(), vertices.cpu(), faces.cpu()).to(own)
    before = copy.deepcopy(appearance).requires_grad_(False)
    optimizer = torch.optim.Adam(appearance.grid.parameters(), lr=RATE, betas=(0.9, 0.99), eps=1e-12)
    for _ in range(STEPS):
        corners = faces[torch.randint(len(faces), (POINTS,), generator=draw).to(faces.device)]
        weights = torch.rand(POINTS, 3, generator=draw).add(1e-6).log().to(vertices)
        weights = (weights / weights.sum(1, keepdim=True))[..., None]  # even over a triangle
        points, carried = ((values[corners] * weights).sum(1) for values in (vertices, even))
        left = (share[corners, None] * weights).sum(1)
        wanted = torch.lerp(before.albedo(points), carried, left)
        optimizer.zero_grad(set_to_none=True)
        mse_loss(appearance.albedo(points), wanted).backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    appearance.zero_grad(set_to_none=True)
