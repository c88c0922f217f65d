"""Coarse stage: fit the radiance field to the frames at low resolution."""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import grid_sample, interpolate, max_pool2d, normalize, relu, smooth_l1_loss

from ...ground.progress import Progress
from ...ground.settings import Settings
from ...orbit.cameras import CameraOrbit, frame_rays
from ..frames.carving import SAFE, TRUSTED, Depths, carved, confirmed_depths
from ..frames.frames import Frames
from ..frames.hull import HULL_RESOLUTION, hull_distance, object_hull, voxel_centres
from .radiance_field import RadianceField, unbiased_thickness
from .volume import march, ray_of_sample, weights

RAYS = 3072  # a step
PROBES = 2048  # points a step at which the distance is held to its rules
LINES = 1024  # sight lines a step
OCCUPANCY_INTERVAL = 16  # steps
CARVING = 0.25  # share of the stage's time

# The logistic edge of the surface, as shares of the cube's half side: wide at first, so that what is wrong is felt from
# afar, then as thin as a sample is long.
EDGE_START, EDGE_END = 0.15, 0.011

PHOTOMETRIC_WEIGHT = 5.0
# Share of the colours' gradient that moves the surface.  What frames agree on has rules of its own; for the rest a
# highlight that moves is explained more cheaply by dents than by any view-dependent colour (tried: three channels, free
# in direction): a glossy bag's sides came out as sponges.
COLOUR_SHAPES = 0.3
MASK_WEIGHT = 1.0
HIGHLIGHT_WEIGHT = 0.02
# Rules for the distance, no stronger than they must be: at 0.1 and 0.02 more of the hollow under the benchmark's stool
# stayed full than at 0.03 and 0.005 (volume IoU 0.720 against 0.734, one run each).
EIKONAL_WEIGHT = 0.02
SMOOTH_WEIGHT = 0.008
# Depths that frames confirm: the benchmark's hollows come closer with them (chamfer of stool .0087 to .0074, basket
# .0160 to .0136, chair .0096 to .0083); solids get a little rougher (cow 14.3 to 16.6°), which ``evolve`` takes away.
SURFACE_WEIGHT, FREE_WEIGHT = 1.0, 1.0
DEEPEST = 0.03  # world units within the carved hull that such a depth may lie


@dataclass(frozen=True)
class SightLines:
    """From cameras to what their frames see there, as neighbouring frames confirm."""

    start: Tensor  # (L, 3)
    end: Tensor  # (L, 3)
    weight: Tensor | None = None  # (L,) of the frames; None = all count alike


def sight_lines(
    depths: list[Depths], distance: Tensor, half_side: float, device: torch.device, weights: Tensor | None = None
) -> SightLines:
    """The confirmed depths of all frames that end about the surface of signed ``distance`` (R, R, R).

    ``weights`` (N,) are the frames'.  Those that end deeper were not believed when the hull was carved: highlights lie
    in a depth of their own.
    """
    start = torch.cat([found.origin.expand(len(found.distance), 3) for found in depths])
    end = start + torch.cat([found.distance[:, None] * found.directions for found in depths])
    there = (end / half_side).flip(-1)[None, None, None]
    around = grid_sample(distance[None, None], there, align_corners=False, padding_mode="border")[0, 0, 0, 0]
    near = around > -DEEPEST
    if weights is not None:
        weights = weights.repeat_interleave(torch.tensor([len(found.distance) for found in depths]))[near].to(device)
    return SightLines(start[near].to(device), end[near].to(device), weights)


@dataclass(frozen=True)
class Targets:
    """Low-resolution frames as pixels to draw rays from, on the device; only pixels near the object are kept."""

    colour: Tensor  # (P, 3) sRGB, premultiplied by alpha
    alpha: Tensor  # (P,)
    view: Tensor  # (P,) frame index
    pixel: Tensor  # (P,) flat index in the frame
    size: int


def targets(frames: Frames, size: int, device: torch.device) -> Targets:
    """Frames area-averaged to ``size``²; empty pixels more than two pixels from the object are left out."""
    small = interpolate(frames.premultiplied().permute(0, 3, 1, 2), size=(size, size), mode="area")
    near = max_pool2d(small[:, 3:], 5, 1, 2)[:, 0] > 0
    view, pixel = near.flatten(1).nonzero(as_tuple=True)
    chosen = small.flatten(2)[view, :, pixel].to(device)
    return Targets(chosen[:, :3], chosen[:, 3], view.to(device), pixel.to(device), size)


def fit_field(
    frames: Frames, settings: Settings, device: torch.device, seed: int, progress: Progress
) -> tuple[RadianceField, float]:
    """A field fitted to the frames, and how far these can be trusted to show one thing, 0 to 1.

    Once the progress is ``finishing``, one step is the last: the field begins as the carved hull, so that it has a
    shape after any.  On the CPU one seed gives one result.  Raises Cancelled.
    """
    torch.manual_seed(seed)
    draw = torch.Generator(device).manual_seed(seed)
    orbit = frames.orbit
    hull, half_side = object_hull(frames.alpha, orbit)
    looking, carving = progress.part(0.0, 0.8 * CARVING), progress.part(0.8 * CARVING, CARVING)
    depths, trust = confirmed_depths(frames, hull_distance(hull, half_side), half_side, looking)
    hollow = carved(depths, frames, hull, half_side, carving) if trust >= TRUSTED else torch.zeros_like(hull)
    progress = progress.part(CARVING, 1.0)
    distance = hull_distance(hull & ~hollow, half_side)
    field = RadianceField(half_side, distance).to(device)
    pixels = targets(frames, settings.coarse_size, device)
    says = None if bool((orbit.says == 1).all()) else orbit.says
    of_pixels = None if says is None else says.to(device)[pixels.view]
    lines = sight_lines(depths, distance, half_side, device, says)
    step_length = 2 * half_side / HULL_RESOLUTION
    within_reach = (distance < 2.5 * step_length).to(device)
    occupied = within_reach
    optimizer = torch.optim.Adam(field.parameters(), lr=0.01, betas=(0.9, 0.99), eps=1e-12, fused=device.type == "cuda")
    for step in range(settings.coarse_steps):
        done = step / settings.coarse_steps
        optimizer.param_groups[0]["lr"] = 0.01 * min(1, (step + 1) / 20) * 0.1 ** max(0, 2 * done - 1)
        edge = half_side * EDGE_START * (EDGE_END / EDGE_START) ** min(1, done / 0.8)
        rays = _drawn(len(pixels.view), of_pixels, RAYS, draw)
        loss = step_loss(field, pixels, rays, orbit, occupied, step_length, edge, draw, trust)
        if trust:
            loss = loss + trust * depth_rules(field, lines, draw)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        if (step + 1) % OCCUPANCY_INTERVAL == 0:
            occupied = near_surface(field, within_reach, 3 * edge + 1.5 * step_length, 6 * edge + 1.5 * step_length)
        progress((step + 1) / settings.coarse_steps)
        if progress.finishing:
            break
    return field, trust


def step_loss(
    field: RadianceField,
    pixels: Targets,
    rays: Tensor,  # (R,) indices into pixels
    orbit: CameraOrbit,
    occupied: Tensor,
    step_length: float,
    edge: float,
    draw: torch.Generator,
    trust: float = 1.0,
) -> Tensor:
    """Colour, mask, highlight and distance losses of one batch of rays; ``trust`` in frames lets colours shape."""
    device = occupied.device
    count = len(rays)
    origins, directions = frame_rays(orbit, pixels.size, pixels.view[rays], pixels.pixel[rays])
    jitter = torch.rand(count, generator=draw, device=device)
    t, offsets = march(origins, directions, occupied, field.half_side, step_length, jitter)
    ray = ray_of_sample(offsets, len(t))
    points = origins[ray] + t[:, None] * directions[ray]
    distance, colour, highlight = field(points, directions[ray])
    last = torch.ones_like(ray, dtype=torch.bool)
    last[:-1] = ray[1:] != ray[:-1]
    share = weights(unbiased_thickness(distance, last, edge), offsets)

    # An interval's colour is that of its middle, not of its nearer end, which lies outside the surface.
    lit = colour + highlight
    middle = torch.where(last[:, None], lit, (lit + torch.cat([lit[1:], lit[-1:]])) / 2)
    opacity = torch.zeros(count, device=device).index_add(0, ray, share)
    shaping = torch.lerp(share.detach(), share, COLOUR_SHAPES * trust)
    rendered = torch.zeros(count, 3, device=device).index_add(0, ray, shaping[:, None] * middle)
    covered = torch.zeros(count, device=device).index_add(0, ray, shaping)
    # A new background for every ray leaves fog no way to pass for the frame's own white.
    behind = torch.rand(count, 3, generator=draw, device=device)
    true_alpha = pixels.alpha[rays]
    error = rendered - pixels.colour[rays] - behind * (covered - true_alpha)[:, None]
    return (
        PHOTOMETRIC_WEIGHT * smooth_l1_loss(error, torch.zeros_like(error), beta=0.1)
        + MASK_WEIGHT * (opacity - true_alpha).square().mean()
        + HIGHLIGHT_WEIGHT * (share.detach() * highlight[:, 0].abs()).sum() / count
        + distance_rules(field, points, share.detach(), step_length, draw)
    )


def distance_rules(
    field: RadianceField, points: Tensor, share: Tensor, step_length: float, draw: torch.Generator
) -> Tensor:
    """Eikonal loss, and smoothness of the normal, at probes around the samples that were seen."""
    if not len(points):
        return points.sum()
    device = points.device
    chosen = drawn_by_weight(share + 1e-6, PROBES, draw)
    spread = torch.rand(PROBES, 3, generator=draw, device=device) - 0.5
    here = points[chosen] + spread * 4 * step_length
    apart = torch.randn(PROBES, 3, generator=draw, device=device)
    aside = here + normalize(apart, dim=-1) * 2 * step_length
    axes = torch.eye(4, 3, device=device).roll(1, 0) * step_length  # the point itself, and a step along each axis
    stencil = torch.stack([here, aside])[:, None] + axes[None, :, None]  # (2, 4, PROBES, 3)
    values = field.distance(stencil.reshape(-1, 3)).reshape(2, 4, PROBES)
    gradients = (values[:, 1:] - values[:, :1]) / step_length
    eikonal = (gradients[0].norm(dim=0) - 1).square().mean()
    here_normal, aside_normal = normalize(gradients, dim=1)
    smooth = (here_normal - aside_normal).square().sum(0).mean()
    return EIKONAL_WEIGHT * eikonal + SMOOTH_WEIGHT * smooth


def depth_rules(field: RadianceField, lines: SightLines, draw: torch.Generator) -> Tensor:
    """The surface passes through what frames agree to see (Fu et al. 2022, Geo-NeuS), and nothing lies before it."""
    device = lines.end.device
    if not len(lines.end):
        return torch.zeros((), device=device)
    chosen = _drawn(len(lines.end), lines.weight, LINES, draw)
    start, end = lines.start[chosen], lines.end[chosen]
    way = normalize(start - end, dim=-1)
    before = SAFE + torch.rand(LINES, 1, generator=draw, device=device) * field.half_side
    surface, free = field.distance(torch.cat([end, end + before * way])).split(LINES)
    return SURFACE_WEIGHT * surface.abs().mean() + FREE_WEIGHT * relu(-free).mean()


def _drawn(among: int, weights: Tensor | None, count: int, draw: torch.Generator) -> Tensor:  # (count,)
    """Indices drawn so that in a mean over them each frame's losses have its weight."""
    if weights is None:
        return torch.randint(among, (count,), generator=draw, device=draw.device)
    return drawn_by_weight(weights, count, draw)


def drawn_by_weight(weights: Tensor, count: int, draw: torch.Generator) -> Tensor:  # (P,) -> (count,)
    """Indices drawn with replacement, each as often as its weight asks (inverse transform sampling)."""
    reached = weights.cumsum(0)
    drawn = torch.rand(count, generator=draw, device=weights.device) * reached[-1]
    return torch.searchsorted(reached, drawn, right=True).clamp_max(len(weights) - 1)


def near_surface(field: RadianceField, within_reach: Tensor, outside: float, inside: float) -> Tensor:
    """Voxels of ``within_reach`` (G, G, G) at most ``outside`` before or ``inside`` behind the surface."""
    cells = within_reach.nonzero()
    centres = voxel_centres(cells, within_reach.shape[0], field.half_side)
    distance = field.distances(centres)
    kept = cells[(distance < outside) & (distance > -inside)]
    occupied = torch.zeros_like(within_reach)
    occupied[kept[:, 0], kept[:, 1], kept[:, 2]] = True
    return occupied
