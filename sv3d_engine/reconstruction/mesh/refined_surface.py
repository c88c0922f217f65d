"""What the mesh stage finds: a closed mesh, and what was imagined of it."""

from dataclasses import dataclass
from pathlib import Path

from torch import Tensor

from ...ground.files import reading
from ...ground.tensor_store import load_tensors, save_tensors


@dataclass(frozen=True)
class Imagined:
    """What a network had a say in: each vertex's colour, and how much of it the frames leave to the imagination."""

    share: Tensor  # (V,) in [0, 1], M of masked SDS
    gain: Tensor  # (V, 3) what the linear colour was multiplied by


@dataclass(frozen=True)
class Surface:
    """A closed mesh, and how the losses fell that it was found by."""

    vertices: Tensor  # (V, 3) float32 world, CPU
    faces: Tensor  # (F, 3) int64, CPU, normals outward
    losses: dict[str, list[float]]  # by name, one value a step, unweighted
    imagined: Imagined | None = None  # None where the frames alone were asked


def save_surface(surface: Surface, path: Path) -> None:
    """Write a surface; whole or not at all."""
    tensors = {"vertices": surface.vertices, "faces": surface.faces}
    if surface.imagined is not None:
        tensors |= {"imagined.share": surface.imagined.share, "imagined.gain": surface.imagined.gain}
    save_tensors(tensors, {"losses": surface.losses}, path)


def load_surface(path: Path) -> Surface:
    """What ``save_surface`` wrote, on the CPU.  Raises UserError."""
    tensors, facts = load_tensors(path)
    with reading(path):
        imagined = None
        if "imagined.share" in tensors:
            imagined = Imagined(tensors["imagined.share"], tensors["imagined.gain"])
        return Surface(tensors["vertices"], tensors["faces"], facts["losses"], imagined)
