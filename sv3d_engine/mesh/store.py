"""The refined surface on disk."""

from pathlib import Path

from ..modules import damaged, load_tensors, save_tensors
from .appearance import Appearance
from .surface import Surface


def save(surface: Surface, path: Path) -> None:
    """Write a surface; whole or not at all."""
    appearance = surface.appearance
    tensors = {f"appearance.{name}": tensor for name, tensor in appearance.state_dict().items()}
    tensors |= {"vertices": surface.vertices, "faces": surface.faces}
    save_tensors(tensors, {"half_side": appearance.half_side, "losses": surface.losses}, path)


def load(path: Path) -> Surface:
    """The surface that ``save`` wrote, on the CPU.  Raises UserError."""
    tensors, facts = load_tensors(path)
    try:
        vertices, faces = tensors.pop("vertices"), tensors.pop("faces")
        state = {name.removeprefix("appearance."): tensor for name, tensor in tensors.items()}
        appearance = Appearance(facts["half_side"], finest=int(state["grid.resolutions"][-1]))
        appearance.load_state_dict(state)
        return Surface(vertices, faces, appearance, facts["losses"])
    except (KeyError, RuntimeError) as error:
        raise damaged(path, error) from error
