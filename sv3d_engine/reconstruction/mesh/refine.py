"""Fine stage: DMTet, fitted to the frames by gradients."""

from dataclasses import dataclass
from typing import NamedTuple, Protocol

import torch
from skimage.measure import mesh_surface_area
from torch import Tensor

from ...ground.progress import Progress
from ...ground.settings import Settings
from ...orbit.cameras import pixel_size
from ...picture.edges import SMALL_FRAME
from ..field.radiance_field import RadianceField, extract_mesh
from ..frames.frames import Frames
from ..perceptual import LPIPS
from ..render.antialias import mesh_edges
from .appearance import Appearance
from .curves import Curves
from .judging import view_losses
from .perceptual_loss import PerceptualLoss
from .phases import phases, steps
from .picture import draw_probes, take_picture
from .refined_surface import Surface
from .tet_shape import TetShape
from .tetrahedra import band_grid
from .views import nothing_solid, see, windows

GEOMETRY_RATE = 0.02  # cells a step at first
APPEARANCE_RATE = 0.01  # the paper's
USUAL_AREA = 0.9  # of a surface, in squares of its cube's side: least of a solid object
FINEST = 1.6  # times the preset's grid
SURVEY = 48  # cells along a side, to measure the surface by
FRAME_SIZE = 288  # pixels that larger frames are averaged down to: what is finer is left to ``evolve``


@dataclass(frozen=True)
class Advice:
    """What a guide says of a shape."""

    gradient: Tensor  # (V, 3) of its vertices
    share: Tensor  # (V,) in [0, 1]: how far they may move in this phase, by whatever loss
    loss: Tensor  # ()


class Guide(Protocol):
    """What else has a say in the guided phase, and where."""

    def __call__(self, vertices: Tensor, faces: Tensor, appearance: Appearance, progress: Progress) -> Advice:
        """Say something of vertices (V, 3) without gradient and faces (F, 3), and add to the appearance's gradient.

        Raises Cancelled.
        """


class Refined(NamedTuple):
    """What the fine stage has found."""

    surface: Surface  # by the frames alone
    appearance: Appearance  # at the end of the last phase
    guided: tuple[Tensor, Tensor] | None  # vertices (W, 3) and faces (G, 3) at the end of the guided phase, CPU


def refine(
    frames: Frames,
    field: RadianceField,
    settings: Settings,
    device: torch.device,
    seed: int,
    progress: Progress,
    perceptual: LPIPS | None = None,
    guide: Guide | None = None,
    guided_cost: float = 1.0,
) -> Refined:
    """Refine the field's surface, with an appearance that explains the frames well enough to judge a shape by.

    The losses of LPIPS and of told normals are left out where there is no ``perceptual`` network, or nothing told.
    With a ``guide`` the guided phase follows, and makes a mesh of its own; a step of it takes ``guided_cost`` times as
    long as another.  On the CPU one seed gives one result.  Raises Cancelled and UserError.
    """
    torch.manual_seed(seed)
    draw, shuffle = torch.Generator(device).manual_seed(seed), torch.Generator().manual_seed(seed)
    frames = frames.shrunk(FRAME_SIZE)
    orbit, size = frames.orbit, frames.alpha.shape[-1]
    shape = start_shape(field.to(device), settings.grid_resolution, device)
    appearance = Appearance(field.half_side, finest=finest_detail(settings.fine_size, size)).to(device)
    optimizer = torch.optim.Adam(
        appearance.parameters(), lr=APPEARANCE_RATE, betas=(0.9, 0.99), eps=1e-12, fused=device.type == "cuda"
    )
    views = windows(frames, device)
    likeness = PerceptualLoss(perceptual.to(device), seed) if perceptual is not None else None
    told = Curves(device)
    order: list[int] = []
    plan = tuple(steps(phases(settings, None if guide is None else guided_cost)))
    done, whole = 0.0, sum(step.phase.cost for step in plan)
    settled = None
    for step in plan:
        if step.phase.guided and settled is None:
            settled = _on_cpu(shape.settle())
            shape.halt()
            optimizer.state.clear()  # a guide may begin with another appearance
        optimizer.param_groups[0]["lr"] = APPEARANCE_RATE * step.appearance
        order = order or torch.randperm(len(views), generator=shuffle).tolist()
        index = order.pop()
        vertices, faces = shape.mesh()
        if not len(faces):
            raise nothing_solid()
        optimizer.zero_grad(set_to_none=True)
        pull: Tensor | float = 0.0
        share = None
        if guide is not None and step.phase.guided:
            meanwhile = progress.part(done / whole, (done + step.phase.cost) / whole)
            advice = guide(vertices.detach(), faces, appearance, meanwhile)
            told.keep("sds", advice.loss)
            pull = (vertices * advice.gradient).sum()
            share = shape.carried(advice.share, vertices)
            optimizer.step()  # what the frames ask of colours is known: here these change by the guide alone
        sight = see(vertices, faces, mesh_edges(faces), orbit, index, views[index].part)
        probes = draw_probes(sight, draw)
        picture = take_picture(sight, appearance, views[index].part, probes)
        terms = view_losses(picture, probes, sight, views[index], pixel_size(orbit, size), draw, likeness)
        loss = orbit.views[index].say * told.weighted(terms, step.phase.losses)
        (loss + pull).backward()  # type: ignore[no-untyped-call]
        if share is None:
            optimizer.step()
        shape.step(step.shape, share)
        done += step.phase.cost
        progress(done / whole)
        if progress.finishing:
            break
    last = _on_cpu(shape.settle())
    vertices, faces = settled or last
    return Refined(Surface(vertices, faces, told.read()), appearance.cpu(), last if settled else None)


def _on_cpu(mesh: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
    return mesh[0].cpu(), mesh[1].cpu()


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
