"""What stages leave for each other in a job's folder."""

from pathlib import Path

FIELD, SURFACE, MATERIAL = "field.safetensors", "surface.safetensors", "material.safetensors"


def work_folder(folder: Path) -> Path:
    """The room for intermediate files, made if need be."""
    work = folder / "work"
    work.mkdir(exist_ok=True)
    return work
