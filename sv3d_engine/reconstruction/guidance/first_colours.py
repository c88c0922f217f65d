"""The guided phase begins with the colours and the light that the frames tell, carried on to where no frame looks."""

import torch
from torch import Tensor
from torch.nn.functional import mse_loss

from ...ground.progress import Progress
from ..light import MEAN_RADIANCE, mean_radiance
from ..material.material import Material
from ..mesh.appearance import Appearance

STEPS, RATE = 150, 0.01
POINTS = 8192  # of the surface, at each step
BRIGHTEST = 0.98  # albedo; beyond, the decoder would have to answer with infinite numbers


def begin_with(
    material: Material,
    vertices: Tensor,  # (V, 3)
    faces: Tensor,  # (F, 3)
    appearance: Appearance,
    draw: torch.Generator,
    progress: Progress,
) -> None:
    """Fit an appearance to the material of a mesh's vertices.  Raises Cancelled.

    The fine stage's own knows colours just well enough to judge a shape by, and where no frame looks it has them as
    chance drew them: a network that was shown that would judge another object.
    """
    axes, sharpness, amplitude = (part.to(vertices) for part in material.light)
    appearance.lights.take(axes, sharpness, amplitude)
    scale = mean_radiance(sharpness, amplitude) / MEAN_RADIANCE  # the product of albedo and light stays
    appearance.highlight.rest()  # the material is matt
    colours = (material.base_colour.to(vertices) * scale).clamp(0, BRIGHTEST)
    told = [*appearance.grid.parameters(), *appearance.decoder.parameters()]
    optimizer = torch.optim.Adam(told, lr=RATE, betas=(0.9, 0.99), eps=1e-12)
    for step in range(STEPS):
        progress(step / STEPS)
        corners = faces[torch.randint(len(faces), (POINTS,), generator=draw).to(faces.device)]
        shares = -torch.rand(POINTS, 3, 1, generator=draw).clamp_min(1e-6).log().to(vertices)
        shares = shares / shares.sum(1, keepdim=True)  # even over a triangle
        points, wanted = ((values[corners] * shares).sum(1) for values in (vertices, colours))
        optimizer.zero_grad(set_to_none=True)
        mse_loss(appearance.albedo(points), wanted).backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    appearance.zero_grad(set_to_none=True)
