"""What the mesh stage finds: a closed mesh."""

from dataclasses import dataclass
from pathlib import Path

from torch import Tensor

from ...ground.files import reading
from ...ground.tensor_store import load_tensors, save_tensors


@dataclass(frozen=True)
class Surface:
    """A closed mesh, and how the losses fell that it was found by."""

    vertices: Tensor  # (V, 3) float32 world, CPU
    faces: Tensor  # (F, 3) int64, CPU, normals outward
    losses: dict[str, list[float]]  # by name, one value a step, unweighted


def save_surface(surface: Surface, path: Path) -> None:
    """Write a surface; whole or not at all."""
    save_tensors({"vertices": surface.vertices, "faces": surface.faces}, {"losses": surface.losses}, path)


def load_surface(path: Path) -> Surface:
    """What ``save_surface`` wrote, on the CPU.  Raises UserError."""
    tensors, facts = load_tensors(path)
    with reading(path):
        return Surface(tensors["vertices"], tensors["faces"], facts["losses"])
