"""The coarse field on disk."""

from pathlib import Path

from ..modules import damaged, load_tensors, save_tensors
from .radiance import RadianceField


def save(field: RadianceField, path: Path) -> None:
    """Write a field; whole or not at all."""
    save_tensors(field.state_dict(), {"half_side": field.half_side}, path)


def load(path: Path) -> RadianceField:
    """The field that ``save`` wrote, on the CPU.  Raises UserError."""
    tensors, facts = load_tensors(path)
    try:
        field = RadianceField(facts["half_side"], tensors["hull_distance"])
        field.load_state_dict(tensors)
    except (KeyError, RuntimeError) as error:
        raise damaged(path, error) from error
    return field
