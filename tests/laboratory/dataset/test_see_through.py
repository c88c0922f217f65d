"""Cut-outs and panes are drawn as what they are: holes show what is behind them."""

from pathlib import Path

import numpy as np
import pytest
import torch
import trimesh
from torch import Tensor

from sv3d_engine.laboratory.dataset.model_files import load_object
from sv3d_engine.laboratory.dataset.orbits import Light
from sv3d_engine.laboratory.dataset.rendering import render_orbit
from sv3d_engine.laboratory.dataset.see_through import composite
from sv3d_engine.orbit.cameras import CameraOrbit, View
from tests.laboratory.dataset.test_file_materials import leaf, write_quad

FRONT = CameraOrbit(33.8, 3.0, (View("000.png", 0.0, 0.0),))
EVEN = Light(torch.tensor([[0.0, 0.0, 1.0]]), torch.tensor([1e-4]), torch.tensor([1.0]))


def drawn(path: Path, **more: object) -> Tensor:  # (C, 32, 32) uint8
    return render_orbit(load_object(path), FRONT, EVEN, 32, **more)[0]  # type: ignore[arg-type]


def test_a_leaf_is_cut_out(tmp_path: Path) -> None:
    frame = drawn(write_quad(tmp_path / "a.glb", baseColorTexture=leaf(), alphaMode="MASK"))
    alpha = frame[3, 16]
    assert alpha[12] == 255 and alpha[20] == 0
    over_white = drawn(tmp_path / "a.glb", background=(1.0, 1.0, 1.0))
    assert (over_white[:, 16, 20] == 255).all(), "no black where the leaf is not"
    assert over_white[1, 16, 12] > over_white[0, 16, 12] + 50


def test_what_is_behind_a_hole_is_seen_and_what_is_behind_the_leaf_is_not(tmp_path: Path) -> None:
    write_quad(tmp_path / "leaf.glb", baseColorTexture=leaf(), alphaMode="MASK")
    red = np.array([200, 0, 0, 255], np.uint8)
    behind = trimesh.load_scene(write_quad(tmp_path / "red.glb", baseColorFactor=red))
    behind.apply_translation((0, 0, -0.1))
    scene = trimesh.load_scene(tmp_path / "leaf.glb")
    scene.add_geometry(next(iter(behind.dump())))
    scene.export(tmp_path / "both.glb")
    frame = drawn(tmp_path / "both.glb")
    assert frame[3, 16, 20] == 255
    assert frame[0, 16, 20] > 100 and frame[1, 16, 20] < 20
    assert frame[1, 16, 12] > 100 > frame[0, 16, 12]


def test_panes_let_through_what_they_do_not_hide(tmp_path: Path) -> None:
    factor = np.array([255, 255, 255, 128], np.uint8)
    frame = drawn(write_quad(tmp_path / "a.glb", baseColorFactor=factor, alphaMode="BLEND"))
    assert frame[3, 16, 16] == pytest.approx(128, abs=2)


def test_layers_are_laid_over_each_other_from_the_nearest_on() -> None:
    square = torch.tensor([[0.0, 0, 0], [8, 0, 0], [8, 8, 0], [0, 8, 0]])
    screen = torch.cat([square + torch.tensor([0.0, 0, depth]) for depth in (3.0, 1.0, 2.0)])
    faces = torch.tensor([[0, 1, 2], [0, 2, 3]])
    faces = torch.cat([faces + 4 * k for k in range(3)])
    opacity = torch.tensor([1.0, 0.5, 0.25])  # of the furthest, the nearest, the middle one

    def shade(face: Tensor, weights: Tensor) -> tuple[Tensor, Tensor]:
        assert torch.allclose(weights.sum(1), torch.ones(len(weights)), atol=1e-5)
        which = face // 2
        return torch.eye(3)[which], opacity[which]

    picture = composite(screen, faces, 8, 8, shade)
    assert torch.allclose(picture, torch.tensor([0.375, 0.5, 0.125, 1.0]).expand(64, 4), atol=1e-5)


def test_an_opaque_file_is_drawn_alike_either_way(tmp_path: Path) -> None:
    trimesh.creation.icosphere(subdivisions=2).export(tmp_path / "a.glb")
    thing = load_object(tmp_path / "a.glb")
    plain = render_orbit(thing, FRONT, EVEN, 32)
    object.__setattr__(thing, "opacity", lambda points, face: torch.ones(len(points)))
    peeled = render_orbit(thing, FRONT, EVEN, 32)
    assert (plain.int() - peeled.int()).abs().max() <= 1
