import json
import struct
from pathlib import Path

import numpy as np
import pytest
import torch
import trimesh
from mesh_shapes import bumpy_sphere, flipped, matt, sphere, together
from PIL import Image
from torch import Tensor

from sv3d_engine.ground.progress import Cancelled, Progress
from sv3d_engine.reconstruction.asset.build import build_asset
from sv3d_engine.reconstruction.asset.glb import TexturedMesh, gltf_axes, read_glb, world_axes, write_glb
from sv3d_engine.reconstruction.asset.topology import TriMesh
from sv3d_engine.shared.errors import UserError


def front_is_red(points: Tensor) -> Tensor:
    """Red towards world +X, green towards +Y, blue towards +Z."""
    return 0.5 + points.clamp(-0.5, 0.5) * 0.9


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, object]:
    out = tmp_path_factory.mktemp("job")
    mesh = together(bumpy_sphere(5), flipped(sphere(0.2)), sphere(0.01, 1, (0.9, 0, 0)))
    report = build_asset(mesh.vertices, mesh.faces, matt(front_is_red), 3000, 256, out)
    return out, report


def document(path: Path) -> dict:
    data = path.read_bytes()
    magic, version, total = struct.unpack_from("<4sII", data)
    assert (magic, version, total) == (b"glTF", 2, len(data))
    length, kind = struct.unpack_from("<I4s", data, 12)
    assert kind == b"JSON"
    return json.loads(data[20 : 20 + length])


def test_report_tells_what_was_made(built) -> None:
    _, report = built
    assert report.watertight
    assert report.components == 1
    assert 2700 < report.faces <= 3000
    assert report.vertices == report.faces // 2 + 2
    assert report.texture_size == 256
    assert 0.3 < report.texel_coverage < 1
    assert set(report.seconds) == {"clean", "simplify", "unwrap", "inspect", "occlusion", "bake", "write"}
    assert report.card["verdict"]
    assert report.confidence_map == "confidence.png"
    json.dumps(report.as_dict())


def test_nothing_but_the_files_is_left(built) -> None:
    assert {path.name for path in built[0].iterdir()} == {"mesh.glb", "confidence.png"}


def test_other_readers_see_the_same_mesh(built) -> None:
    out, report = built
    scene = trimesh.load(out / "mesh.glb", force="scene", process=False)
    (mesh,) = scene.geometry.values()
    assert len(mesh.faces) == report.faces
    assert mesh.visual.material.baseColorTexture.size == (256, 256)
    assert mesh.visual.material.metallicRoughnessTexture.size == (128, 128)
    assert mesh.visual.material.normalTexture.size == (256, 256)
    assert mesh.vertex_attributes["_CONFIDENCE"] == pytest.approx(1)
    assert not mesh.visual.material.doubleSided
    welded = trimesh.Trimesh(mesh.vertices, mesh.faces, process=True)
    welded.merge_vertices(merge_tex=True, merge_norm=True)
    assert welded.is_watertight
    assert welded.volume > 0
    normals = mesh.vertex_normals
    assert np.linalg.norm(normals, axis=1) == pytest.approx(1, abs=1e-5)
    outward = mesh.vertices / np.linalg.norm(mesh.vertices, axis=1, keepdims=True)
    assert (normals * outward).sum(1).min() > 0.7


def test_front_looks_to_plus_z_and_up_to_plus_y_in_gltf(built) -> None:
    scene = trimesh.load(built[0] / "mesh.glb", force="scene", process=False)
    (mesh,) = scene.geometry.values()
    picture = np.asarray(mesh.visual.material.baseColorTexture.convert("RGB")).astype(int)
    column = np.clip((mesh.visual.uv[:, 0] * 256).astype(int), 0, 255)
    row = np.clip(((1 - mesh.visual.uv[:, 1]) * 256).astype(int), 0, 255)
    colour = picture[row, column]
    for gltf_axis, channel in ((2, 0), (0, 1), (1, 2)):  # +Z is the front (red), +X its left (green), +Y up (blue)
        assert colour[mesh.vertices[:, gltf_axis].argmax(), channel] > 230
        assert colour[mesh.vertices[:, gltf_axis].argmin(), channel] < 100


def test_axes_turn_and_do_not_mirror() -> None:
    assert world_axes(gltf_axes(np.eye(3))) == pytest.approx(np.eye(3))
    assert np.linalg.det(gltf_axes(np.eye(3))) == pytest.approx(1)


def test_file_follows_the_gltf_standard(built) -> None:
    gltf = document(built[0] / "mesh.glb")
    assert gltf["asset"]["version"] == "2.0"
    (material,) = gltf["materials"]
    surface = material["pbrMetallicRoughness"]
    assert surface["metallicRoughnessTexture"] == material["occlusionTexture"] == {"index": 1}
    assert not {"metallicFactor", "roughnessFactor"} & set(surface)  # they would multiply the map
    assert {surface["baseColorTexture"]["index"], material["normalTexture"]["index"]} == {0, 2}
    (sampler,) = gltf["samplers"]
    assert sampler == {"magFilter": 9729, "minFilter": 9987, "wrapS": 33071, "wrapT": 33071}
    assert [texture["source"] for texture in gltf["textures"]] == [0, 1, 2]


def test_views_and_accessors_fit_the_bytes(built) -> None:
    data, gltf = (built[0] / "mesh.glb").read_bytes(), document(built[0] / "mesh.glb")
    binary = data[20 + struct.unpack_from("<I", data, 12)[0] + 8 :]
    assert gltf["buffers"] == [{"byteLength": len(binary)}]
    end = 0
    for view in gltf["bufferViews"]:
        assert view["byteOffset"] % 4 == 0
        assert view["byteOffset"] >= end  # none overlap
        end = view["byteOffset"] + view["byteLength"]
    assert end <= len(binary)
    used = [a["bufferView"] for a in gltf["accessors"]] + [image["bufferView"] for image in gltf["images"]]
    assert sorted(used) == list(range(len(gltf["bufferViews"])))
    for image in gltf["images"]:
        start = gltf["bufferViews"][image["bufferView"]]["byteOffset"]
        assert binary[start : start + 8] == b"\x89PNG\r\n\x1a\n"
        assert "target" not in gltf["bufferViews"][image["bufferView"]]
    width = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4}
    for accessor in gltf["accessors"]:
        assert (
            gltf["bufferViews"][accessor["bufferView"]]["byteLength"] == accessor["count"] * width[accessor["type"]] * 4
        )

    (primitive,) = gltf["meshes"][0]["primitives"]
    assert set(primitive["attributes"]) == {"POSITION", "NORMAL", "TEXCOORD_0", "TANGENT", "_CONFIDENCE"}
    accessors = {name: gltf["accessors"][i] for name, i in primitive["attributes"].items()}
    assert len({accessor["count"] for accessor in accessors.values()}) == 1
    values = {name: numbers(binary, gltf, accessor) for name, accessor in accessors.items()}
    assert values["POSITION"].min(0).tolist() == accessors["POSITION"]["min"]
    assert values["POSITION"].max(0).tolist() == accessors["POSITION"]["max"]
    faces = numbers(binary, gltf, gltf["accessors"][primitive["indices"]], "<u4")
    assert faces.max() == accessors["POSITION"]["count"] - 1
    for name in ("NORMAL", "TANGENT"):
        assert np.linalg.norm(values[name][:, :3], axis=1) == pytest.approx(1, abs=1e-5)
    assert set(values["TANGENT"][:, 3]) <= {-1, 1}


def numbers(binary: bytes, gltf: dict, accessor: dict, kind: str = "<f4") -> np.ndarray:
    view = gltf["bufferViews"][accessor["bufferView"]]
    end = view["byteOffset"] + view["byteLength"]
    return np.frombuffer(binary[view["byteOffset"] : end], kind).reshape(accessor["count"], -1)


def test_hollows_are_darker_in_the_occlusion_map_and_nowhere_else(tmp_path: Path) -> None:
    """A bowl: its inside sees half the sky or less, its outside all of it."""
    ball = sphere(0.5, 4)
    x, y, z = ball.vertices.T
    bowl = TriMesh(np.stack([x, y, np.where(z > 0, -0.8 * z, z)], 1), ball.faces)
    build_asset(bowl.vertices, bowl.faces, matt(lambda points: torch.full_like(points, 0.5)), 2000, 128, tmp_path)
    mesh = read_glb(tmp_path / "mesh.glb")
    column, row = (mesh.uv * 64).astype(int).clip(0, 63).T
    occlusion = mesh.orm[63 - row, column, 0] / 255
    outwards = (mesh.normals * mesh.vertices).sum(1)
    assert occlusion[outwards > 0.4].mean() > 0.97
    assert occlusion[outwards < -0.3].mean() < 0.7
    assert np.ptp(mesh.texture, axis=(0, 1)).max() == 0


def test_confidence_is_told_at_vertices_and_as_a_picture_beside(tmp_path: Path) -> None:
    """The front, +X, was seen and the back was not."""

    def paint(points: Tensor, normals: Tensor) -> Tensor:
        return torch.cat([torch.full((len(points), 5), 0.5), points[:, :1] + 0.5], 1)

    ball = sphere(0.5, 4)
    build_asset(ball.vertices, ball.faces, paint, 1500, 128, tmp_path)
    mesh = read_glb(tmp_path / "mesh.glb")
    assert mesh.confidence == pytest.approx(mesh.vertices[:, 0] + 0.5, abs=0.01)
    with Image.open(tmp_path / "confidence.png") as picture:
        assert picture.mode == "L"
        texels = np.asarray(picture)
    column, row = (mesh.uv * 128).astype(int).clip(0, 127).T
    assert texels[127 - row, column] / 255 == pytest.approx(mesh.confidence, abs=0.04)


def test_same_input_same_file(tmp_path: Path) -> None:
    mesh = bumpy_sphere(3)
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        build_asset(mesh.vertices, mesh.faces, matt(front_is_red), 500, 64, tmp_path / name)
    for file in ("mesh.glb", "confidence.png"):
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes()


def test_a_failed_write_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "mesh.glb"
    path.write_bytes(b"old")
    ball = sphere(0.5, 1)
    mesh = TexturedMesh(
        ball.vertices, ball.vertices, np.zeros((len(ball.vertices), 2)), ball.faces, np.zeros((4, 4, 3), np.uint8)
    )

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write_glb(mesh, path)
    assert [p.name for p in tmp_path.iterdir()] == ["mesh.glb"]
    assert path.read_bytes() == b"old"


def test_progress_rises_to_one(tmp_path: Path) -> None:
    seen = []

    class Watch(Progress):
        def __call__(self, fraction: float, note: str = "") -> None:
            seen.append(fraction)

    mesh = bumpy_sphere(3)
    build_asset(mesh.vertices, mesh.faces, matt(front_is_red), 500, 64, tmp_path, Watch())
    assert seen == sorted(seen)
    assert seen[-1] == 1


@pytest.mark.parametrize("moment", [0.02, 0.2, 0.6, 0.95])
def test_cancel_at_any_moment_leaves_nothing(tmp_path: Path, moment: float) -> None:
    class Stop(Progress):
        def __call__(self, fraction: float, note: str = "") -> None:
            if fraction >= moment:
                raise Cancelled

    mesh = bumpy_sphere(3)
    with pytest.raises(Cancelled):
        build_asset(mesh.vertices, mesh.faces, matt(front_is_red), 500, 64, tmp_path, Stop())
    assert not list(tmp_path.iterdir())


def test_empty_surface_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no solid surface"):
        build_asset(np.zeros((0, 3)), np.zeros((0, 3), np.int64), matt(front_is_red), 500, 64, tmp_path)
