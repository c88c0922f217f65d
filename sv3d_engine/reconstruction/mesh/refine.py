"""Fine stage: DMTet, fitted to the frames by gradients."""

import torch
from skimage.measure import mesh_surface_area
from torch import Tensor

from ...ground.colour import to_linear
from ...ground.progress import Progress
from ...ground.settings import Settings
from ...orbit.cameras import pixel_size
from ...picture.edges import SMALL_FRAME
from .. import losses
from ..field.radiance_field import RadianceField, extract_mesh
from ..frames.frames import Frames
from ..render.antialias import antialias, mesh_edges
from .appearance import Appearance
from .refined_surface import Surface
from .tet_shape import TetShape
from .tetrahedra import band_grid
from .views import Sight, Window, nothing_solid, see, windows

WEIGHTS = {
    "photometric": 1.0,
    "mask": 1.0,
    "depth": 5.0,
    "normals": 0.15,
    "albedo": 0.05,
    "illumination": 0.005,
    "highlight": 0.01,
}
ALBEDO_SHIFT = 0.01  # standard deviation of the albedo loss's ε in world units (the paper's)
ALBEDO_PROBES = 8192  # pixels a step
GEOMETRY_RATE = 0.02  # cells a step at first
USUAL_AREA = 0.9  # of a surface, in squares of its cube's side: least of a solid object
FINEST = 1.6  # times the preset's grid
SURVEY = 48  # cells along a side, to measure the surface by
FINAL_RATE = 0.05  # of the first, at the end
FRAME_SIZE = 288  # pixels that larger frames are averaged down to: what is finer is left to ``evolve``


def refine(
    frames: Frames, field: RadianceField, settings: Settings, device: torch.device, seed: int, progress: Progress
) -> tuple[Surface, Appearance]:
    """Refine the field's surface, with an appearance that explains the frames well enough to judge a shape by.

    On the CPU one seed gives one result.  Raises Cancelled and UserError.
    """
    torch.manual_seed(seed)
    draw, shuffle = torch.Generator(device).manual_seed(seed), torch.Generator().manual_seed(seed)
    frames = frames.shrunk(FRAME_SIZE)
    orbit, size = frames.orbit, frames.alpha.shape[-1]
    shape = start_shape(field.to(device), settings.grid_resolution, device)
    appearance = Appearance(field.half_side, finest=finest_detail(settings.fine_size, size)).to(device)
    optimizer = torch.optim.Adam(
        appearance.parameters(), lr=0.01, betas=(0.9, 0.99), eps=1e-12, fused=device.type == "cuda"
    )
    views = windows(frames, device)
    weights = torch.tensor(list(WEIGHTS.values()), device=device)
    history: list[Tensor] = []  # (terms,) a step; read at the end, since a number that is read makes a card wait
    order: list[int] = []
    for step in range(settings.fine_steps):
        done, warm = step / settings.fine_steps, min(1, (step + 1) / 20)
        optimizer.param_groups[0]["lr"] = 0.01 * warm * FINAL_RATE ** max(0.0, 2 * done - 1)
        order = order or torch.randperm(len(views), generator=shuffle).tolist()
        index = order.pop()
        vertices, faces = shape.mesh()
        if not len(faces):
            raise nothing_solid()
        sight = see(vertices, faces, mesh_edges(faces), orbit, index, size, views[index])
        terms = view_losses(sight, appearance, views[index], pixel_size(orbit, size), draw)
        unweighted = torch.stack([terms[name] for name in WEIGHTS])
        loss = orbit.views[index].say * weights.dot(unweighted)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        shape.step(warm * FINAL_RATE**done)
        history.append(unweighted.detach())
        progress((step + 1) / settings.fine_steps)
        if progress.finishing:
            break
    vertices, faces = shape.settle()
    curves = torch.stack(history, 1).tolist()
    return Surface(vertices.cpu(), faces.cpu(), dict(zip(WEIGHTS, curves, strict=True))), appearance.cpu()


def finest_detail(wanted: int, frame_size: int) -> int:
    """Cells along a side of the finest colours: ``wanted``, or for a small model's frames one for each pixel.

    Cells much finer than blurred pixels are seen by few rays each, which shows as a weave in the texture.
    """
    return min(wanted, frame_size) if frame_size <= SMALL_FRAME else wanted


def start_shape(field: RadianceField, resolution: int, device: torch.device) -> TetShape:
    """The field's surface on a tetrahedral grid, which is finer for a slender object."""
    grid = band_grid(field.distances, field.half_side, round(resolution * finer_for(field)), device)
    return TetShape(grid, field.distances(grid.vertices), GEOMETRY_RATE)


def finer_for(field: RadianceField) -> float:
    """How much finer the grid may be where there is little surface: about as many vertices for every object."""
    vertices, faces = extract_mesh(field, SURVEY)
    if not len(faces):
        return 1.0
    share = mesh_surface_area(vertices.numpy(), faces.numpy()) / (2 * field.half_side) ** 2
    return float(min(FINEST, max(1.0, (USUAL_AREA / share) ** 0.5)))


def view_losses(
    sight: Sight, appearance: Appearance, window: Window, pixel: float, draw: torch.Generator
) -> dict[str, Tensor]:
    """Every loss of one view, unweighted.  ``pixel``: its size at the object, in world units."""
    device = sight.points.device
    raster, (height, width) = sight.raster, window.alpha.shape
    shading = appearance.lights(sight.normals)
    probes = torch.randint(len(sight.points), (ALBEDO_PROBES,), generator=draw, device=device)
    shift = torch.randn(ALBEDO_PROBES, 3, generator=draw, device=device) * ALBEDO_SHIFT
    colour, albedo, highlight, aside = appearance(
        sight.points, sight.directions, shading, sight.points[probes].detach() + shift
    )
    picture = antialias(raster.spread(torch.cat([colour, torch.ones_like(colour[:, :1])], 1)), sight.crossings)
    picture = picture.reshape(height, width, 4)
    # A new background each time: what is transparent must be so before any colour.
    behind = torch.rand(3, generator=draw, device=device)
    rendered = picture[..., :3] + behind * (1 - picture[..., 3:])
    target = window.colour + behind * (1 - window.alpha[..., None])

    inside = raster.face_index >= 0
    solid = (window.alpha.reshape(-1)[raster.pixels] > 0.99).nonzero()[:, 0]
    seen = to_linear(window.colour.reshape(-1, 3)[raster.pixels[solid]])
    whole = raster.spread(torch.cat([sight.normals, sight.depth[:, None]], 1)).reshape(height, width, 4)
    return {
        "photometric": losses.photometric(rendered, target),
        "mask": losses.mask(picture[..., 3], window.alpha),
        "depth": losses.smooth_depth(whole[..., 3], inside, losses.STEEPEST * pixel),
        "normals": losses.bilateral_normals(whole[..., :3], window.calm, inside),
        "albedo": losses.albedo_smoothness(albedo[probes], aside),
        "illumination": losses.illumination(shading[solid], seen),
        "highlight": highlight.abs().mean(),
    }
