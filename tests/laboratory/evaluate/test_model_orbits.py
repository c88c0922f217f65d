"""Folders of models: as they lie, and Google Scanned Objects as published."""

from pathlib import Path

import numpy as np
import pytest
import torch
import trimesh
from PIL import Image

from sv3d_engine.laboratory.evaluate.model_orbits import load_scanned, models, y_up
from sv3d_engine.shared.errors import UserError

OBJ = """mtllib material.mtl
v 0 0 0
v 0.1 0 0
v 0 0 0.4
v 0 0.2 0
vt 0.5 0.5
vn 0 0 1
usemtl material_0
f 1/1/1 3/1/1 2/1/1
f 1/1/1 2/1/1 4/1/1
f 1/1/1 4/1/1 3/1/1
f 2/1/1 3/1/1 4/1/1
"""
MTL = "newmtl material_0\nKd 1 1 1\nmap_Kd texture.png\n"


def scanned(folder: Path, name: str) -> Path:
    """A corner of a box, 0.1 long, 0.2 wide and 0.4 high, red, as the collection lays out its files."""
    place = folder / name
    (place / "meshes").mkdir(parents=True)
    (place / "materials" / "textures").mkdir(parents=True)
    (place / "meshes" / "model.obj").write_text(OBJ)
    (place / "meshes" / "material.mtl").write_text(MTL)
    Image.new("RGB", (4, 4), (255, 0, 0)).save(place / "materials" / "textures" / "texture.png")
    return place


def test_a_scanned_object_stands_upright_in_its_colours(tmp_path: Path) -> None:
    thing = load_scanned(scanned(tmp_path, "Corner"))
    assert np.ptp(thing.vertices, axis=0) == pytest.approx([0.25, 0.5, 1.0], abs=1e-5)
    assert (thing.vertices[:, 2] < -0.49).sum() > (thing.vertices[:, 2] > 0.49).sum(), "its foot is below"
    middle = torch.from_numpy(thing.vertices[thing.faces].mean(1))
    assert thing.albedo(middle, torch.arange(4)).numpy() == pytest.approx(np.tile([1.0, 0, 0], (4, 1)), abs=0.01)


def test_the_collection_is_known_by_its_folders(tmp_path: Path) -> None:
    for name in ("Shoe", "Cup"):
        scanned(tmp_path, name)
    found = list(models(tmp_path, "static", 32))
    assert [orbit.name for orbit in found] == ["Cup", "Shoe"]
    assert found[0].frames.shape == (21, 32, 32, 3)
    assert found[0].poses[-1].azimuth == 0
    reddish = found[0].frames[..., 0].astype(int) - found[0].frames[..., 1]
    assert (reddish > 60).any()


def test_a_folder_of_any_models_leaves_out_what_cannot_be_read(tmp_path: Path, caplog) -> None:
    (tmp_path / "sub").mkdir()
    trimesh.creation.box((1, 2, 3)).export(tmp_path / "sub" / "b.glb")
    (tmp_path / "a.glb").write_bytes(b"no glTF")
    for kind, elevations in (("static", 1), ("dynamic", 20)):
        (orbit,) = models(tmp_path, kind, 32)
        assert orbit.name == "sub/b.glb" and orbit.frames.shape == (21, 32, 32, 3)
        assert len({pose.elevation for pose in orbit.poses}) >= elevations
        assert (orbit.frames[-1, 16, 16] < 255).any() and (orbit.frames[-1, 0, 0] == 255).all()
    assert "a.glb is left out" in caplog.text
    with pytest.raises(UserError, match="no GLB"):
        next(models(tmp_path / "none", "static", 32))


def test_only_places_and_normals_are_turned() -> None:
    assert y_up("v 1 2 3 0.5\nvn 0 1e-3 0\nvt 1 2 3\nf 1 2 3\n") == "v 1 3 -2.0 0.5\nvn 0 0 -0.001\nvt 1 2 3\nf 1 2 3\n"
