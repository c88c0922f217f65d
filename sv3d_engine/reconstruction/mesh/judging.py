"""What is wrong with a picture of the shape, beside the frame that it should look like: every loss of one view."""

import torch
from torch import Tensor

from ...ground.colour import to_linear
from .. import losses
from .perceptual_loss import PerceptualLoss
from .picture import Picture, Probes
from .views import Sight, Window


def view_losses(
    picture: Picture,
    probes: Probes,
    sight: Sight,
    window: Window,
    pixel: float,
    draw: torch.Generator,
    likeness: PerceptualLoss | None = None,
) -> dict[str, Tensor]:
    """The losses by the names of ``LossWeights``, in its order, unweighted; the last two where there is what they need.

    ``pixel``: its size at the object, in world units.
    """
    raster, height, width = sight.raster, window.part.height, window.part.width
    # A new background each time: what is transparent must be so before any colour.
    behind = torch.rand(3, generator=draw, device=sight.points.device)
    rendered = picture.over(behind)
    target = window.colour + behind * (1 - window.alpha[..., None])

    inside = raster.face_index >= 0
    solid = (window.alpha.reshape(-1)[raster.pixels] > 0.99).nonzero()[:, 0]
    seen = to_linear(window.colour.reshape(-1, 3)[raster.pixels[solid]])
    whole = raster.spread(torch.cat([sight.normals, sight.depth[:, None]], 1)).reshape(height, width, 4)
    terms = {
        "photometric": losses.photometric(rendered, target),
        "mask": losses.mask(picture.rgba[..., 3], window.alpha),
        "depth": losses.smooth_depth(whole[..., 3], inside, losses.STEEPEST * pixel),
        "normals": losses.bilateral_normals(whole[..., :3], window.calm, inside),
        "albedo": losses.albedo_smoothness(picture.albedo[probes.pixels], picture.aside),
        "illumination": losses.illumination(picture.shading[solid], seen),
        "highlight": picture.highlight.abs().mean(),
    }
    if likeness is not None:
        terms["perceptual"] = likeness(rendered, target)
    if window.told is not None:
        told, sure = window.told.reshape(-1, 4)[raster.pixels].split([3, 1], 1)
        terms["mono_normals"] = losses.mono_normals(sight.normals, told, sure[:, 0])
    return terms
