"""Fine stage: DMTet and the light, fitted to the frames at full resolution."""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import normalize

from ..colour import to_linear
from ..errors import UserError
from ..field.radiance import RadianceField
from ..frames.load import Frames
from ..losses import pixelwise, smoothness
from ..orbit.cameras import CameraOrbit
from ..pipeline.settings import Settings
from ..progress import Progress
from ..render.antialias import Edges, antialias, mesh_edges, silhouette_crossings
from ..render.projection import project
from ..render.rasterize import interpolate, rasterize
from .appearance import Appearance
from .shape import TetShape, vertex_normals
from .surface import Surface
from .tet_grid import band_grid

WEIGHTS = {
    "photometric": 1.0,
    "mask": 1.0,
    "depth": 5.0,
    "normals": 0.02,
    "albedo": 0.05,
    "illumination": 0.005,
    "highlight": 0.01,
}
ALBEDO_SHIFT = 0.01  # standard deviation of the albedo loss's ε in world units (the paper's)
ALBEDO_PROBES = 8192  # pixels a step
GEOMETRY_RATE = 0.02  # cells a step
STEEPEST = 4.0  # depth per pixel, in pixels, that still counts as one surface
BORDER = 8  # pixels around the object that are rendered with it


@dataclass(frozen=True)
class Window:
    """The part of one frame that shows the object."""

    left: int
    top: int
    colour: Tensor  # (H, W, 3) sRGB, premultiplied
    alpha: Tensor  # (H, W)
    calm: Tensor  # (H, W) bilateral weight of the normals' smoothness


def windows(frames: Frames, device: torch.device) -> list[Window]:
    """Each frame cut to its object and a border."""
    cut = []
    for rgb, alpha in zip(frames.rgb, frames.alpha, strict=True):
        rows, columns = alpha.amax(1).nonzero()[:, 0], alpha.amax(0).nonzero()[:, 0]
        top, bottom = max(int(rows[0]) - BORDER, 0), min(int(rows[-1]) + BORDER + 1, alpha.shape[0])
        left, right = max(int(columns[0]) - BORDER, 0), min(int(columns[-1]) + BORDER + 1, alpha.shape[1])
        part = alpha[top:bottom, left:right]
        colour = rgb[top:bottom, left:right] * part[..., None]
        calm = smoothness.calmness(colour + 1 - part[..., None])
        cut.append(Window(left, top, colour.to(device), part.to(device), calm.to(device)))
    return cut


def refine(
    frames: Frames, field: RadianceField, settings: Settings, device: torch.device, seed: int, progress: Progress
) -> Surface:
    """Refine the field's surface.  Deterministic for one seed and device.  Raises Cancelled."""
    torch.manual_seed(seed)
    draw = torch.Generator().manual_seed(seed)
    field = field.to(device)
    with torch.no_grad():
        grid = band_grid(field.distance, field.half_side, settings.grid_resolution, device)
        distance = torch.cat([field.distance(part) for part in grid.vertices.split(1 << 18)])
    shape = TetShape(grid, distance, GEOMETRY_RATE)
    appearance = Appearance(field.half_side, finest=settings.fine_size).to(device)
    optimizer = torch.optim.Adam(appearance.parameters(), lr=0.01, betas=(0.9, 0.99), eps=1e-12)
    views = windows(frames, device)
    history: dict[str, list[float]] = {name: [] for name in WEIGHTS}
    order: list[int] = []
    for step in range(settings.fine_steps):
        done = step / settings.fine_steps
        rate = min(1, (step + 1) / 20) * 0.05 ** max(0.0, (done - 0.5) * 2)
        optimizer.param_groups[0]["lr"] = 0.01 * rate
        order = order or torch.randperm(len(views), generator=draw).tolist()
        index = order.pop()
        vertices, faces = shape.mesh()
        if not len(faces):
            raise _nothing_solid()
        edges = mesh_edges(faces)
        terms = view_losses(
            vertices, faces, edges, appearance, views[index], frames.orbit, index, frames.alpha.shape[-1], draw
        )
        loss = torch.stack([WEIGHTS[name] * term for name, term in terms.items()]).sum()
        optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        shape.step(rate)
        for name, term in terms.items():
            history[name].append(float(term.detach()))
        progress((step + 1) / settings.fine_steps)
    with torch.no_grad():
        vertices, faces = shape.mesh()
    return Surface(vertices.cpu(), faces.cpu(), appearance.cpu(), history)


def _nothing_solid() -> UserError:
    return UserError(
        "No solid surface could be found in the frames.",
        "Check that the frames show one object from all sides and that the cameras belong to them.",
    )


def view_losses(
    vertices: Tensor,
    faces: Tensor,
    edges: Edges,
    appearance: Appearance,
    window: Window,
    orbit: CameraOrbit,
    index: int,
    size: int,
    draw: torch.Generator,
) -> dict[str, Tensor]:
    """Every loss of one view, unweighted."""
    device = vertices.device
    height, width = window.alpha.shape
    corner = torch.tensor([window.left, window.top, 0], device=device)
    screen = project(vertices, orbit, index, size) - corner
    raster = rasterize(screen, faces, height, width)
    if not len(raster.pixels):
        raise _nothing_solid()
    normals = vertex_normals(vertices, faces)
    lit = appearance.lights(normals)
    seen = interpolate(torch.cat([vertices, normals, lit[:, None], screen[:, 2:]], 1), raster, faces)
    points, normal, shading, depth = seen[:, :3], normalize(seen[:, 3:6], dim=-1), seen[:, 6], seen[:, 7]
    directions = normalize(points.detach() - orbit.positions()[index].to(device), dim=-1)
    colour, albedo, highlight = appearance(points, directions, shading)

    crossings = silhouette_crossings(raster, screen, faces, edges)
    picture = antialias(raster.spread(torch.cat([colour, torch.ones_like(colour[:, :1])], 1)), crossings)
    picture = picture.reshape(height, width, 4)
    behind = torch.rand(3, generator=draw).to(device)
    rendered = picture[..., :3] + behind * (1 - picture[..., 3:])
    target = window.colour + behind * (1 - window.alpha[..., None])

    inside = raster.face_index >= 0
    pixel = 2 * orbit.distance * orbit.tan_half_fov / size  # in world units, at the object
    true = (window.colour / window.alpha[..., None].clamp_min(1e-3)).reshape(-1, 3)[raster.pixels].clamp(0, 1)
    solid = window.alpha.reshape(-1)[raster.pixels] > 0.99
    probes = torch.randint(len(points), (ALBEDO_PROBES,), generator=draw).to(device)
    shift = torch.randn(ALBEDO_PROBES, 3, generator=draw).to(device) * ALBEDO_SHIFT
    whole = raster.spread(torch.cat([normal, depth[:, None]], 1)).reshape(height, width, 4)
    return {
        "photometric": pixelwise.photometric(rendered, target),
        "mask": pixelwise.mask(picture[..., 3], window.alpha),
        "depth": smoothness.smooth_depth(whole[..., 3], inside, STEEPEST * pixel),
        "normals": smoothness.bilateral_normals(whole[..., :3], window.calm, inside),
        "albedo": smoothness.albedo_smoothness(albedo[probes], appearance.albedo(points[probes].detach() + shift)),
        "illumination": pixelwise.illumination(shading[solid], to_linear(true[solid])),
        "highlight": highlight.abs().mean(),
    }
