"""What ``thorough`` runs: every operation that works on a device in a job, small and always with the same numbers.

What has a plain PyTorch twin is held against that, on the processor; all else against itself there.
"""

import copy
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, partial
from typing import TypeVar

import torch
from torch import Tensor, nn

from ..ground.progress import Progress
from ..ground.settings import Settings
from ..orbit.cameras import frame_rays, project
from ..reconstruction import losses
from ..reconstruction.field.fit import fit_field
from ..reconstruction.field.hash_grid import encode
from ..reconstruction.field.hash_grid_ref import encode_ref
from ..reconstruction.field.radiance_field import RadianceField
from ..reconstruction.field.volume import march, march_ref, weights, weights_ref
from ..reconstruction.light import Lights
from ..reconstruction.mesh.refine import refine
from ..reconstruction.mesh.tetrahedra import band_grid, marching_tets
from ..reconstruction.render.antialias import antialias, mesh_edges, silhouette_crossings
from ..reconstruction.render.rasterize import interpolate, rasterize, vertex_normals, visible_faces
from ..reconstruction.render.rasterize_ref import visible_faces_ref
from ..shared.architecture import LATENT_CHANNELS, TINY
from ..shared.trajectory import static
from ..sv3d.diffusion.conditioning import Conditioning, camera_vector
from ..sv3d.diffusion.denoiser import GuidedDenoiser
from ..sv3d.diffusion.guidance import Guidance, constant, triangle
from ..sv3d.generation.offload import streamed
from ..sv3d.generation.precision import dtype_for, name_of
from ..sv3d.network import sv3d
from ..sv3d.network.clip import preprocess
from ..sv3d.network.unet import OrbitUNet
from .stage_device import ball_frames

CPU = torch.device("cpu")
Run = Callable[[torch.device], Sequence[Tensor]]  # results and gradients, on any device
Network = TypeVar("Network", bound=nn.Module)


@dataclass(frozen=True)
class Operation:
    """Something to compute, and how far from the processor's result it may lie."""

    name: str
    run: Run
    reference: Run | None = None  # on the processor; None: ``run`` itself
    tolerance: float = 1e-3  # of the largest value
    strays: float = 0.0  # share of the values that may lie further off: pixels on an edge go to either side


def operations(device: torch.device) -> Iterator[Operation]:
    """All that runs on a device in a job; half precision only where the device works in it."""
    yield Operation("hash grid, gradients", partial(_encoded, encode), partial(_encoded, encode_ref))
    yield Operation("ray marching", partial(_marched, march), partial(_marched, march_ref), strays=0.01)
    yield Operation("compositing, gradient", partial(_composited, weights), partial(_composited, weights_ref))
    yield Operation("tetrahedra to mesh", _ball, strays=0.01)
    yield Operation("visible faces", partial(_seen, visible_faces), partial(_seen, visible_faces_ref), strays=0.01)
    yield Operation("rasterize and interpolate, gradient", _rasterized, strays=0.02)
    yield Operation("antialias, gradient", _antialiased, strays=0.02)
    yield Operation("light, gradients", _lit)
    yield Operation("losses, gradients", _losses)
    # Each device draws random numbers of its own, so steps agree only in what these hardly touch.
    yield Operation("steps of the field", _field_steps, tolerance=0.05)
    yield Operation("steps of the fine mesh", _mesh_steps, tolerance=0.05)
    yield Operation("CLIP", _clip, tolerance=0.01)
    yield Operation("autoencoder, encoding", _encoder, tolerance=0.01)
    yield Operation("autoencoder, decoding", _decoder, tolerance=0.01)
    yield Operation("UNet, one step", partial(_denoised, torch.float32), tolerance=0.01)
    if device.type == "cuda":
        yield Operation("UNet, block by block", _streamed, partial(_denoised, torch.float32), tolerance=0.01)
    if (dtype := dtype_for("auto", device)) is not torch.float32:
        in_full = partial(_denoised, torch.float32)
        yield Operation(f"UNet, one step in {name_of(dtype)}", partial(_denoised, dtype), in_full, tolerance=0.1)


def _random(*shape: int, seed: int = 0) -> Tensor:  # in [0, 1), the same for every device
    return torch.rand(shape, generator=torch.Generator().manual_seed(seed))


def _leaf(tensor: Tensor, device: torch.device) -> Tensor:
    return tensor.to(device).detach().requires_grad_()


def _with_gradients(results: Sequence[Tensor], leaves: Sequence[Tensor]) -> list[Tensor]:
    """Results, and gradients of a random weighting of them all."""
    total = torch.stack([(r * _random(*r.shape, seed=i).to(r.device)).sum() for i, r in enumerate(results)]).sum()
    gradients = torch.autograd.grad(total, leaves)
    return [r.detach() for r in results] + list(gradients)


def _encoded(encode: Callable[..., Tensor], device: torch.device) -> Sequence[Tensor]:
    points, table = _leaf(_random(4000, 3), device), _leaf(_random(6, 1 << 11, 2, seed=1) - 0.5, device)
    resolutions = torch.tensor([4, 8, 16, 32, 64, 128], device=device)
    return _with_gradients([encode(points, table, resolutions)], [points, table])


def _marched(march: Callable[..., tuple[Tensor, Tensor]], device: torch.device) -> Sequence[Tensor]:
    view, pixel = (_random(500, 2) * torch.tensor([5, 32 * 32])).long().to(device).unbind(1)
    origins, directions = frame_rays(ball_frames(32, 5).orbit, 32, view, pixel)
    square = torch.linspace(-1, 1, 32) ** 2
    occupied = (square + square[:, None] + square[:, None, None] < 0.8).to(device)
    _, offsets = march(origins, directions, occupied, 0.7, 0.02, _random(500, seed=1).to(device))
    return [offsets.diff()]


def _composited(weights: Callable[..., Tensor], device: torch.device) -> Sequence[Tensor]:
    offsets = torch.cat([torch.zeros(1), (_random(300) * 40).floor().cumsum(0)]).long()
    thickness = _leaf(_random(int(offsets[-1]), seed=1) / 8, device)
    return _with_gradients([weights(thickness, offsets.to(device))], [thickness])


def _ball(device: torch.device) -> Sequence[Tensor]:
    """A ball's vertices (V, 3) and faces (F, 3)."""
    grid = band_grid(lambda points: points.norm(dim=-1) - 0.43, 0.6, 14, device)
    return marching_tets(grid.vertices, grid.vertices.norm(dim=-1) - 0.43, grid)


@cache
def _mesh() -> tuple[Tensor, Tensor]:
    vertices, faces = _ball(CPU)
    return vertices, faces


_SIZE = 96  # pixels along a side


def _view(device: torch.device) -> tuple[Tensor, Tensor, Tensor]:
    """Vertices that want a gradient, faces, and the vertices on the screen."""
    vertices, faces = _leaf(_mesh()[0], device), _mesh()[1].to(device)
    return vertices, faces, project(vertices, ball_frames(_SIZE, 5).orbit, 1, _SIZE)


def _seen(visible_faces: Callable[..., Tensor], device: torch.device) -> Sequence[Tensor]:
    _, faces, screen = _view(device)
    return [visible_faces(screen.detach(), faces, _SIZE, _SIZE)]


def _rasterized(device: torch.device) -> Sequence[Tensor]:
    vertices, faces, screen = _view(device)
    raster = rasterize(screen, faces, _SIZE, _SIZE)
    normals = interpolate(vertex_normals(vertices, faces), raster, faces)
    return _with_gradients([raster.spread(normals)], [vertices])


def _antialiased(device: torch.device) -> Sequence[Tensor]:
    vertices, faces, screen = _view(device)
    raster = rasterize(screen, faces, _SIZE, _SIZE)
    crossings = silhouette_crossings(raster, screen, faces, mesh_edges(faces))
    silhouette = raster.spread(torch.ones(len(raster.pixels), 1, device=device))
    return _with_gradients([antialias(silhouette, crossings)], [vertices])


def _lit(device: torch.device) -> Sequence[Tensor]:
    normals = nn.functional.normalize(_random(1000, 3) - 0.5, dim=-1).to(device)
    lights = Lights().to(device)
    return _with_gradients([lights(normals)], list(lights.parameters()))


def _losses(device: torch.device) -> Sequence[Tensor]:
    rendered, target = _leaf(_random(40, 30, 3), device), _random(40, 30, 3, seed=1).to(device)
    depth, inside = rendered[..., 0], target[..., 0] > 0.2
    results = [
        losses.photometric(rendered, target),
        losses.mask(depth, target[..., 1]),
        losses.smooth_depth(depth, inside, 0.5),
        losses.bilateral_normals(rendered, losses.calmness(target), inside),
        losses.albedo_smoothness(rendered, target),
        losses.illumination(depth.reshape(-1), target.reshape(-1, 3)),
    ]
    return _with_gradients(results, [rendered])


_FIT = Settings("thorough", coarse_steps=3, fine_steps=3, coarse_size=32, fine_size=64, grid_resolution=16)


def _field_steps(device: torch.device) -> Sequence[Tensor]:
    """Distances after three steps."""
    field, _ = fit_field(ball_frames(_FIT.fine_size, 5), _FIT, device, 0, Progress())
    points = (_random(500, 3) * 2 - 1).to(device) * field.half_side
    with torch.no_grad():
        return [field.distance(points)]


@cache
def _field() -> RadianceField:
    return fit_field(ball_frames(_FIT.fine_size, 5), _FIT, CPU, 0, Progress())[0]


def _mesh_steps(device: torch.device) -> Sequence[Tensor]:
    """The losses of shape and light in three steps."""
    surface, *_ = refine(ball_frames(_FIT.fine_size, 5), copy.deepcopy(_field()), _FIT, device, 0, Progress())
    return [torch.tensor(surface.losses[name]) for name in ("mask", "depth", "normals", "illumination")]


@cache
def _networks(dtype: torch.dtype = torch.float32) -> sv3d.SV3D:
    return sv3d.random_sv3d(TINY, dtype, CPU)


def _on(device: torch.device, network: Network) -> Network:
    return copy.deepcopy(network).to(device)


def _picture(device: torch.device) -> Tensor:
    return (_random(1, 3, TINY.frame_size, TINY.frame_size) * 2 - 1).to(device)


@torch.no_grad()
def _clip(device: torch.device) -> Sequence[Tensor]:
    return [_on(device, _networks().clip)(preprocess(_picture(device), TINY.clip_size))]


@torch.no_grad()
def _encoder(device: torch.device) -> Sequence[Tensor]:
    return [sv3d.encode(_on(device, _networks().autoencoder), _picture(device))]


@torch.no_grad()
def _decoder(device: torch.device) -> Sequence[Tensor]:
    return [sv3d.decode(_on(device, _networks().autoencoder), _random(2, LATENT_CHANNELS, 8, 8).to(device))]


def _denoised(dtype: torch.dtype, device: torch.device) -> Sequence[Tensor]:
    """Clean latents, with both guidances."""
    return [_step(_on(device, _networks(dtype).unet), device)]


def _streamed(device: torch.device) -> Sequence[Tensor]:
    """The same of the UNet in RAM; the first step learns the order of the blocks, the second fetches them by it."""
    unet = copy.deepcopy(_networks().unet)
    with streamed(unet, device):
        _step(unet, device)
        return [_step(unet, device)]


@torch.no_grad()
def _step(unet: OrbitUNet, device: torch.device) -> Tensor:
    poses = static(10.0)
    token, latents = _random(1, 1, TINY.context_width), _random(1, LATENT_CHANNELS, 8, 8, seed=1)
    known = Conditioning(token, latents, camera_vector(poses, TINY.variant)[None]).to(device)
    strengths = Guidance(triangle(len(poses)), constant(len(poses), 1.5))
    noisy = 10 * _random(1, len(poses), LATENT_CHANNELS, 8, 8, seed=2).to(device)
    return GuidedDenoiser(unet, known, strengths)(noisy, 5.0)
