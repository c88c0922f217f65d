"""From frames and weights to a guide of the fine stage."""

from pathlib import Path

import torch
from torch import Tensor

from ...ground.progress import Progress
from ...ground.settings import Distillation
from ...shared.trajectory import static
from ...sv3d.diffusion.guidance import Guidance, triangle
from ..frames.frames import Frames
from ..material.material import recover_material
from ..material.turning import LightMode
from ..mesh.appearance import Appearance
from .first_colours import begin_with
from .orbit_guide import OrbitGuide
from .reference_view import reference_view
from .sv3d_prior import load_prior


def make_guide(
    frames: Frames,
    weights: Path,
    frame_size: int,
    strengths: tuple[float, float],
    settings: Distillation,
    device: torch.device,
    seed: int,
    progress: Progress,
    precision: str = "auto",
    memory: str = "auto",
    light_mode: LightMode = "fixed",
    lit: bool = True,
) -> OrbitGuide:
    """Load the network onto ``device`` and show it the frames' picture, at ``frame_size`` pixels a side.

    ``strengths``: of its guidance by the picture and by the camera, at the back view; both are triangles over the
    frames.  ``light_mode`` and ``lit`` are as for ``recover_material``.  Raises UserError for weights that cannot be
    used, Cancelled.
    """
    reference = reference_view(frames, frame_size)
    poses = static(reference.view.elevation)
    prior = load_prior(weights, reference.picture, poses, device, seed, progress, precision, memory)
    by_picture, by_camera = (triangle(len(poses), most=most) for most in strengths)
    draw = torch.Generator().manual_seed(seed)

    def begin(vertices: Tensor, faces: Tensor, appearance: Appearance, now: Progress) -> None:
        mesh = vertices.cpu(), faces.cpu()
        material = recover_material(frames, *mesh, False, seed, now.part(0.0, 0.4), light_mode, lit)
        begin_with(material, vertices, faces, appearance, draw, now.part(0.4, 1.0))

    return OrbitGuide(prior, reference, frames.orbit, Guidance(by_picture, by_camera), settings, seed, begin)
