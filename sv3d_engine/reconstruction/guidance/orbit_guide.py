"""Masked SDS: the shape is looked at on a random orbit, and drawn to what SV3D would rather see, where no frame looks.

Voleti et al. 2024, "SV3D", section 4.3.
"""

import copy
import random
from collections.abc import Callable
from dataclasses import dataclass, field

import torch
from torch import Tensor
from torch.nn.functional import max_pool2d

from ...ground.progress import Progress
from ...ground.settings import Distillation
from ...orbit.cameras import CameraOrbit
from ...sv3d.diffusion.guidance import Guidance
from ..material.imagination import DARK
from ..mesh.appearance import Appearance
from ..mesh.picture import take_picture
from ..mesh.refine import Advice
from ..mesh.views import Part, Sight, see
from ..render.antialias import Edges, mesh_edges
from ..render.rasterize import interpolate
from .distillation import draw_level, score_gradient
from .random_orbit import random_orbit
from .reference_view import ReferenceView
from .soft_visibility import unseen_share
from .sv3d_prior import SV3DPrior

# In frames that are rendered, encoded and back-propagated together, at least one.  In chunks all is done twice, since
# the network has to see the whole orbit before any gradient is known; SV3D-mini's orbits are one piece.
CHUNK_PIXELS = 21 * 128**2


# What becomes of an appearance before the first orbit of vertices (V, 3) and faces (F, 3).
Begin = Callable[[Tensor, Tensor, Appearance, Progress], None]


@dataclass
class OrbitGuide:
    """The fine stage's ``Guide`` by masked SDS.  On one device, one seed gives one series of orbits."""

    prior: SV3DPrior
    reference: ReferenceView
    frames_orbit: CameraOrbit  # the cameras that a place may be seen by
    guidance: Guidance
    settings: Distillation
    seed: int
    begin: Begin
    first: Appearance | None = None  # as it was then
    levels: list[float] = field(default_factory=list)  # σ of each orbit so far
    _draw: torch.Generator = field(init=False)
    _drawn_orbits: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self._draw = torch.Generator().manual_seed(self.seed)
        self._drawn_orbits = random.Random(self.seed)

    def __call__(self, vertices: Tensor, faces: Tensor, appearance: Appearance, progress: Progress) -> Advice:
        """Leave the loss's gradient in the colours' grid, and tell that of vertices (V, 3).

        Light, highlights and the colours' decoder rest from now on: they belong to what the frames show.  The loss is
        the square of the masked gradient in the pictures.  Raises Cancelled.
        """
        variant = self.prior.model.architecture.variant
        poses = random_orbit(self.reference.view.elevation, variant, self._drawn_orbits)
        unseen = unseen_share(vertices, faces, self.frames_orbit, self.settings.occlusion)
        if self.first is None:
            self.begin(vertices, faces, appearance, progress.part(0.0, 0.5))
            for part in (appearance.lights, appearance.highlight, appearance.decoder):
                part.requires_grad_(False)  # they are what the frames show, and shared by all places
            self.first, progress = copy.deepcopy(appearance), progress.part(0.5, 1.0)
        look = _Look(
            vertices.detach().requires_grad_(),
            faces,
            mesh_edges(faces),
            unseen if self.settings.masked else torch.ones_like(unseen),
            self.reference.orbit(poses),
            Part(self.prior.frame_size, torch.zeros(3, device=vertices.device), *(self.prior.frame_size,) * 2),
            appearance,
        )
        chunks = torch.arange(len(poses)).split(max(1, CHUNK_PIXELS // self.prior.frame_size**2))
        pieces = []
        at_once = len(chunks) == 1 and self.prior.placement.resident
        with torch.set_grad_enabled(at_once), self.prior.encoder() as encode:
            for chunk in chunks:
                progress(0.3 * int(chunk[0]) / len(poses))
                pieces.append(look.piece(chunk, encode))
        latents = torch.cat([piece.latents for piece in pieces]).detach()
        level = draw_level(self.settings.quietest, self.settings.noisiest, self._draw)
        noise = torch.randn(latents.shape, generator=self._draw).to(latents)
        gradient = score_gradient(latents, noise, level, self.prior.denoiser(poses, self.guidance))
        gradient *= self.settings.weight / gradient.numel()
        self.levels.append(level)
        loss = vertices.new_zeros(())
        with self.prior.encoder() as encode:
            for chunk, first in zip(chunks, pieces, strict=True):
                progress(0.6 + 0.4 * int(chunk[0]) / len(poses))
                piece = first if at_once else look.piece(chunk, encode)
                loss += piece.back_propagate(gradient[chunk.to(gradient.device)])
        assert look.vertices.grad is not None
        return Advice(look.vertices.grad, look.unseen, loss)

    @torch.no_grad()
    def gain(self, points: Tensor, appearance: Appearance) -> Tensor:  # (P, 3) -> (P, 3)
        """What colours have been multiplied by since the first orbit, on the CPU."""
        assert self.first is not None
        before, after = (each.cpu().albedo(points) + DARK for each in (self.first, appearance))
        return after / before


@dataclass(frozen=True)
class _Look:
    """A shape and its appearance on one orbit."""

    vertices: Tensor  # (V, 3) a leaf, which gathers the gradient
    faces: Tensor
    edges: Edges
    unseen: Tensor  # (V,) M
    orbit: CameraOrbit
    part: Part
    appearance: Appearance

    def piece(self, chunk: Tensor, encode: Callable[[Tensor], Tensor]) -> "_Piece":  # (B,) frames
        """Some of its frames over white, as the network sees them."""
        pictures, masks = [], []
        for index in chunk.tolist():
            sight = see(self.vertices, self.faces, self.edges, self.orbit, index, self.part)
            picture = take_picture(sight, self.appearance, self.part)
            pictures.append(picture.over(torch.ones(3, device=picture.rgba.device)).permute(2, 0, 1))
            masks.append(self._mask(sight))
        frames = torch.stack(pictures)
        seen = frames.detach().requires_grad_()
        return _Piece(frames, torch.stack(masks), seen, encode(seen))

    @torch.no_grad()
    def _mask(self, sight: Sight) -> Tensor:  # (1, S, S)
        """M where the shape is seen, and beside its outline what it is there: an outline moves by both its sides."""
        raster = sight.raster
        seen = raster.spread(interpolate(self.unseen[:, None], raster, self.faces))
        seen = seen.reshape(1, self.part.height, self.part.width)
        return torch.where(raster.face_index >= 0, seen, max_pool2d(seen, 3, 1, 1))


@dataclass(frozen=True)
class _Piece:
    """Frames of a look, and their latents."""

    frames: Tensor  # (B, 3, S, S) sRGB in [0, 1]
    masks: Tensor  # (B, 1, S, S) M
    seen: Tensor  # the frames as a leaf, so that their gradient can be masked
    latents: Tensor  # (B, 4, h, w)

    def back_propagate(self, gradient: Tensor) -> Tensor:  # (B, 4, h, w) -> ()
        """Through encoder, mask and renderer into shape and appearance.  Returns the masked gradient's square."""
        self.latents.backward(gradient)  # type: ignore[no-untyped-call]
        assert self.seen.grad is not None
        masked = self.masks * self.seen.grad.to(self.frames)
        self.frames.backward(masked)  # type: ignore[no-untyped-call]
        return masked.square().sum()
