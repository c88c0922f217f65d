"""Orbits round other people's models: a folder of GLB, glTF and OBJ files, or Google Scanned Objects as published.

Each model stands in the orbit and the light of a seed of its own, which no training has seen.
"""

import logging
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from ...shared.errors import UserError
from ..dataset.generator import VALIDATION, DatasetObject
from ..dataset.model_files import load_object, model_files
from ..dataset.rendering import render_sample
from .nvs_orbits import KnownOrbit, known_orbit

GSO_MESH, GSO_TEXTURES = Path("meshes", "model.obj"), Path("materials", "textures")
log = logging.getLogger(__name__)


def models(folder: Path, kind: str, size: int) -> Iterator[KnownOrbit]:
    """Every model of a folder in an orbit of a kind, over white, at ``size``²; those that cannot be read are logged.

    Raises UserError if there is none.
    """
    for seed, (name, load) in zip(VALIDATION, _loaders(folder), strict=False):
        try:
            thing = load()
        except UserError as error:
            log.warning("%s is left out: %s", name, error.details)
            continue
        yield known_orbit(name, render_sample(seed, size, moving=kind == "dynamic", thing=thing))


def _loaders(folder: Path) -> Iterator[tuple[str, Callable[[], DatasetObject]]]:
    """Names of models, and what loads each."""
    scanned = [path.parents[1] for path in sorted(folder.glob(f"*/{GSO_MESH.as_posix()}"))]
    if scanned:
        for place in scanned:
            yield place.name, lambda place=place: load_scanned(place)  # type: ignore[misc]
        return
    for path in model_files(folder):
        yield path.relative_to(folder).as_posix(), lambda path=path: load_object(path)  # type: ignore[misc]


def load_scanned(folder: Path) -> DatasetObject:
    """A model of Google Scanned Objects: meshes/model.obj with its texture in materials/textures.

    Its mesh is Z up and its .mtl names the texture as if it lay beside it, so it is laid there, with Y up as other
    files are, and read like them.  None says which side is the front: that along +X is, as Gazebo has it.  Raises
    UserError.
    """
    source = folder / GSO_MESH
    with tempfile.TemporaryDirectory() as together:
        place = Path(together)
        for file in (*source.parent.iterdir(), *(folder / GSO_TEXTURES).glob("*")):
            if file.is_file() and file != source:
                shutil.copyfile(file, place / file.name)
        text = source.read_text(encoding="utf-8", errors="replace")
        (place / source.name).write_text(y_up(text), encoding="utf-8")
        return load_object(place / source.name, front="x")


_VECTOR = re.compile(r"^(vn?)[ \t]+(\S+)[ \t]+(\S+)[ \t]+(\S+)", re.MULTILINE)


def y_up(obj: str) -> str:
    """The text of an OBJ file whose Z is up, its places and normals turned so that Y is: (x, y, z) → (x, z, −y)."""
    return _VECTOR.sub(lambda m: f"{m[1]} {m[2]} {m[4]} {-float(m[3])!r}", obj)
