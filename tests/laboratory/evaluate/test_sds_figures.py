"""Figures of masked SDS: which cameras go, and that changes are told where they are."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from scenes import icosphere

from sv3d_engine.ground.settings import PRESETS
from sv3d_engine.job.work_files import SURFACE, work_folder
from sv3d_engine.laboratory.dataset.generator import sample_object
from sv3d_engine.laboratory.evaluate import sds_figures
from sv3d_engine.laboratory.evaluate.sds_figures import (
    VertexValues,
    as_table,
    compare,
    evaluate_sds,
    surface_change,
    without_lowest,
)
from sv3d_engine.orbit.cameras import CameraOrbit, View
from sv3d_engine.orbit.orbit_files import write_cameras
from sv3d_engine.reconstruction.mesh.refined_surface import Imagined, Surface, save_surface

VIEWS = tuple(View(f"{i}.png", 25.0 + i, 60.0 * i) for i in range(6))


def test_the_lowest_third_goes_but_never_the_picture():
    assert [view.file for view in without_lowest(VIEWS)] == ["2.png", "3.png", "4.png", "5.png"]
    assert [view.file for view in without_lowest(VIEWS[::-1])] == ["5.png", "4.png", "3.png", "0.png"]


def test_values_of_vertices_are_taken_over_to_their_faces():
    thing = sample_object(3)
    heights = torch.from_numpy(thing.vertices)[:, 2:].expand(-1, 3).contiguous()
    face = torch.arange(0, len(thing.faces), 7)
    corners = torch.from_numpy(thing.vertices)[torch.from_numpy(thing.faces)][face]
    at = VertexValues(thing, heights)(corners[:, 0], face)
    torch.testing.assert_close(at[:, 0], corners[:, 0, 2], atol=1e-3, rtol=0)


@pytest.fixture
def jobs(tmp_path, monkeypatch):
    """A true object twice: as it is, and with an underside of another colour."""
    thing = sample_object(3)

    class Painted:
        def __call__(self, points, face):
            own = thing.albedo(points, face)
            return torch.where(down[face][:, None], 1 - own, own)

    corners = thing.vertices[thing.faces]
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    down = torch.from_numpy(normals[:, 2] < -0.95 * np.linalg.norm(normals, axis=1))
    meshes = {"off": thing, "on": replace(thing, albedo=Painted())}
    orbit = CameraOrbit(33.8, 2.4, tuple(View(f"{i}.png", 30.0, 20.0 * i) for i in range(18)))
    for name in meshes:
        (tmp_path / name).mkdir()
        write_cameras(orbit, tmp_path / name / "cameras.json")
    monkeypatch.setattr(sds_figures, "load_object", lambda path, fitted: meshes[path.parent.name])
    return thing, tmp_path / "off", tmp_path / "on"


def test_a_change_of_the_underside_is_told_inside_alone(jobs):
    figures, sheet = compare(*jobs)
    change = figures["change"]
    assert change["albedo inside"] > 0.02
    assert change["albedo outside"] < 0.1 * change["albedo inside"]
    assert change["normals inside"] < 0.1
    assert figures["without"]["silhouettes"] == figures["with"]["silhouettes"] == 1
    assert figures["without"]["albedo inside"] > 40
    assert figures["with"]["albedo inside"] < 30
    assert sheet.width > sheet.height > 100
    assert len(as_table(figures).split("\n")) == 6


def test_settings_are_given_back(monkeypatch, tmp_path):
    seen = []
    monkeypatch.setattr(sds_figures, "_job", lambda *_: seen.append(PRESETS["draft"].distillation.steps))
    monkeypatch.setattr(sds_figures, "compare", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        evaluate_sds(["3"], tmp_path, ["distillation.steps=7"])
    assert seen == [7, 7]
    assert PRESETS["draft"].distillation.steps == 200
    assert len(list((tmp_path / "3_frames").glob("*.png"))) == 21


def test_the_swept_surface_tells_what_simplifying_hides(tmp_path):
    vertices, faces = icosphere(4)
    down = vertices[:, 2] < -0.5
    dented = torch.where(
        down[:, None], vertices * torch.tensor([1.0, 1.0, 0.5]) - torch.tensor([0.0, 0.0, 0.25]), vertices
    )
    for name, points, imagined in (
        ("off", vertices, None),
        ("on", dented, Imagined(down.float(), torch.ones(len(down), 3))),
    ):
        (tmp_path / name).mkdir()
        save_surface(Surface(points, faces, {}, imagined), work_folder(tmp_path / name) / SURFACE)
    change = surface_change(tmp_path / "off", tmp_path / "on")
    assert change["normals inside"] > 8
    assert change["normals outside"] < 0.1 * change["normals inside"]
    assert surface_change(tmp_path / "on", tmp_path / "off") == {}, "nothing was imagined there"
