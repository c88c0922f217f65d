"""Base colours, pictures, vertex colours and opacity as glTF and OBJ files have them."""

from pathlib import Path

import numpy as np
import pytest
import torch
import trimesh
from PIL import Image
from trimesh.visual.material import PBRMaterial
from trimesh.visual.texture import TextureVisuals

from sv3d_engine.laboratory.dataset.generator import DatasetObject
from sv3d_engine.laboratory.dataset.model_files import load_object
from sv3d_engine.shared.errors import UserError

GREEN, RED = (20, 180, 30), (200, 30, 20)
QUAD = np.array([[-1.0, -1, 0], [1, -1, 0], [1, 1, 0], [-1, 1, 0]])
QUAD_UV = np.array([[0.0, 0], [1, 0], [1, 1], [0, 1]])
QUAD_FACES = np.array([[0, 1, 2], [0, 2, 3]])


def leaf(transparent: int = 0) -> Image.Image:
    """Green where it is opaque, the left half; black where it is not, as programs save it."""
    pixels = np.zeros((16, 16, 4), np.uint8)
    pixels[:, :8] = (*GREEN, 255)
    pixels[:, 8:, 3] = transparent
    return Image.fromarray(pixels)


def write_quad(path: Path, colours: np.ndarray | None = None, **material: object) -> Path:
    """A square of 2 × 2 that faces its front, as GLB."""
    visual = TextureVisuals(uv=QUAD_UV, material=PBRMaterial(**material))
    if colours is not None:
        visual.vertex_attributes["color"] = colours
    trimesh.Trimesh(QUAD, QUAD_FACES, visual=visual, process=False).export(path)
    return path


def write_obj(folder: Path, mtl: str, faces: str = "usemtl a\nf 1/1 2/2 3/3\nf 1/1 3/3 4/4\n") -> Path:
    """The same square as OBJ, with the text of its materials."""
    points = "".join(f"v {x} {y} {z}\n" for x, y, z in QUAD)
    uv = "".join(f"vt {u} {v}\n" for u, v in QUAD_UV)
    (folder / "m.mtl").write_text(mtl)
    (folder / "m.obj").write_text(f"mtllib m.mtl\n{points}{uv}{faces}")
    return folder / "m.obj"


def seen(thing: DatasetObject, across: float, up: float = 0.1) -> tuple[list[float], float]:
    """Linear colour and opacity at a place of the square, from −½ to ½ both ways as one looks at it."""
    point = torch.tensor([[0.0, across, up]])
    middle = thing.vertices[thing.faces].mean(1)  # the triangles' middles: one is above the diagonal, one below
    face = torch.tensor([int(np.argmax((middle[:, 2] > middle[:, 1]) == (up > across)))])
    opacity = 1.0 if thing.opacity is None else float(thing.opacity(point, face))
    return thing.albedo(point, face)[0].tolist(), opacity


def linear(srgb: tuple[int, int, int]) -> list[float]:
    value = np.array(srgb) / 255
    return list(np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4))


LEFT, RIGHT = -0.3, 0.3


def test_a_mask_is_all_or_nothing(tmp_path: Path) -> None:
    path = write_quad(tmp_path / "a.glb", baseColorTexture=leaf(100), alphaMode="MASK", alphaCutoff=0.5)
    thing = load_object(path)
    assert seen(thing, LEFT)[1] == 1 and seen(thing, RIGHT)[1] == 0
    path = write_quad(tmp_path / "b.glb", baseColorTexture=leaf(100), alphaMode="MASK", alphaCutoff=0.3)
    assert seen(load_object(path), RIGHT)[1] == 1


def test_a_blend_is_as_opaque_as_picture_and_factor_say(tmp_path: Path) -> None:
    factor = np.array([255, 255, 255, 128], np.uint8)
    path = write_quad(tmp_path / "a.glb", baseColorTexture=leaf(102), baseColorFactor=factor, alphaMode="BLEND")
    thing = load_object(path)
    assert seen(thing, LEFT)[1] == pytest.approx(0.5, abs=0.01)
    assert seen(thing, RIGHT)[1] == pytest.approx(0.2, abs=0.01)


def test_without_a_mode_alpha_says_nothing(tmp_path: Path) -> None:
    thing = load_object(write_quad(tmp_path / "a.glb", baseColorTexture=leaf()))
    assert thing.opacity is None
    assert np.allclose(seen(thing, LEFT)[0], linear(GREEN), atol=0.01)
    assert np.allclose(seen(thing, RIGHT)[0], 0, atol=0.01)


def test_what_is_nothing_does_not_darken_the_edge_beside_it(tmp_path: Path) -> None:
    thing = load_object(write_quad(tmp_path / "a.glb", baseColorTexture=leaf(), alphaMode="BLEND"))
    colour, opacity = seen(thing, 0.0)  # between a texel of the leaf and one of nothing
    assert opacity == pytest.approx(0.5, abs=0.02)
    assert np.allclose(colour, linear(GREEN), atol=0.01)


def test_vertex_colours_of_gltf_are_linear_and_stain_the_material(tmp_path: Path) -> None:
    colours = np.tile(np.array([128, 255, 0, 255], np.uint8), (4, 1))
    factor = np.array([255, 128, 255, 255], np.uint8)
    stained = load_object(write_quad(tmp_path / "a.glb", colours, baseColorFactor=factor))
    assert np.allclose(seen(stained, LEFT)[0], [0.5, 0.5, 0], atol=0.01)
    pictured = load_object(write_quad(tmp_path / "b.glb", colours, baseColorTexture=leaf()))
    assert np.allclose(seen(pictured, LEFT)[0], np.array(linear(GREEN)) * (0.5, 1, 0), atol=0.01)


def test_alpha_of_vertex_colours_says_nothing_without_a_material(tmp_path: Path) -> None:
    colours = np.tile(np.array([128, 255, 0, 60], np.uint8), (4, 1))
    trimesh.Trimesh(QUAD, QUAD_FACES, vertex_colors=colours, process=False).export(tmp_path / "a.glb")
    thing = load_object(tmp_path / "a.glb")
    assert thing.opacity is None
    assert np.allclose(seen(thing, LEFT)[0], [0.5, 1, 0], atol=0.01)


@pytest.mark.parametrize("mtl", ["Tr 1.0", "d 0", "map_Kd nothing.png"])
def test_a_model_of_which_nothing_can_be_seen_is_none(tmp_path: Path, mtl: str) -> None:
    Image.new("RGBA", (4, 4)).save(tmp_path / "nothing.png")
    with pytest.raises(UserError) as refused:
        load_object(write_obj(tmp_path, f"newmtl a\n{mtl}\n"))
    assert refused.value.details == "nothing of it can be seen"


@pytest.mark.parametrize("name", ["../mask.png", "{}/mask.png"])
def test_a_mask_out_of_the_models_folder_is_not_read(tmp_path: Path, name: str) -> None:
    leaf().getchannel("A").save(tmp_path / "mask.png")
    (tmp_path / "model").mkdir()
    thing = load_object(write_obj(tmp_path / "model", f"newmtl a\nmap_d {name.format(tmp_path)}\n"))
    assert thing.opacity is None


def test_vertex_colours_of_obj_are_srgb(tmp_path: Path) -> None:
    points = "".join(f"v {x} {y} {z} 0.5 1 0\n" for x, y, z in QUAD)
    (tmp_path / "m.obj").write_text(f"{points}f 1 2 3\nf 1 3 4\n")
    assert np.allclose(seen(load_object(tmp_path / "m.obj"), LEFT)[0], [0.214, 1, 0], atol=0.01)


def test_the_materials_of_an_obj_keep_their_faces(tmp_path: Path) -> None:
    leaf(255).save(tmp_path / "leaf.png")
    mtl = "newmtl a\nKd 1 1 1\nmap_Kd leaf.png\nnewmtl b\nKd 0.5 0 0\nd 0.25\n"
    thing = load_object(write_obj(tmp_path, mtl, "usemtl a\nf 1/1 2/2 3/3\nusemtl b\nf 1/1 3/3 4/4\n"))
    below, above = (seen(thing, LEFT, up) for up in (-0.4, 0.4))
    assert np.allclose(below[0], linear(GREEN), atol=0.01) and below[1] == 1
    assert np.allclose(above[0], [0.214, 0, 0], atol=0.01) and above[1] == pytest.approx(0.25)


@pytest.mark.parametrize("mtl", ["map_Kd leaf.png", "Kd 0 0 0\nmap_Kd leaf.png", "map_Kd full.png\nmap_d mask.png"])
def test_an_obj_is_cut_out_by_its_pictures(tmp_path: Path, mtl: str) -> None:
    leaf().save(tmp_path / "leaf.png")
    leaf(255).convert("RGB").save(tmp_path / "full.png")
    leaf().getchannel("A").save(tmp_path / "mask.png")
    thing = load_object(write_obj(tmp_path, f"newmtl a\n{mtl}\n"))
    assert np.allclose(seen(thing, LEFT)[0], linear(GREEN), atol=0.01)
    assert seen(thing, LEFT)[1] == 1 and seen(thing, RIGHT)[1] == 0


def test_kd_stains_its_picture_and_tr_is_the_other_of_d(tmp_path: Path) -> None:
    leaf(255).save(tmp_path / "leaf.png")
    thing = load_object(write_obj(tmp_path, "newmtl a\nKd 0 1 1\nTr 0.75\nmap_Kd leaf.png\n"))
    colour, opacity = seen(thing, LEFT)
    assert np.allclose(colour, np.array(linear(GREEN)) * (0, 1, 1), atol=0.01)
    assert opacity == pytest.approx(0.25)
