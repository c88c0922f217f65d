import json
import struct
from pathlib import Path

import numpy as np
import pytest
import trimesh
from mesh_shapes import bumpy_sphere, flipped, matt, sphere, together
from torch import Tensor

from sv3d_engine.ground.progress import Cancelled, Progress
from sv3d_engine.reconstruction.asset.build import build_asset
from sv3d_engine.reconstruction.asset.glb import TexturedMesh, gltf_axes, world_axes, write_glb
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
    assert set(report.seconds) == {"clean", "simplify", "unwrap", "bake", "write"}
    json.dumps(report.as_dict())


def test_nothing_but_the_file_is_left(built) -> None:
    assert [path.name for path in built[0].iterdir()] == ["mesh.glb"]


def test_other_readers_see_the_same_mesh(built) -> None:
    out, report = built
    scene = trimesh.load(out / "mesh.glb", force="scene", process=False)
    (mesh,) = scene.geometry.values()
    assert len(mesh.faces) == report.faces
    assert mesh.visual.material.baseColorTexture.size == (256, 256)
    assert mesh.visual.material.metallicFactor == 0
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
    assert material["pbrMetallicRoughness"]["metallicFactor"] == 0
    (sampler,) = gltf["samplers"]
    assert sampler == {"magFilter": 9729, "minFilter": 9987, "wrapS": 33071, "wrapT": 33071}
    assert all(view["byteOffset"] % 4 == 0 for view in gltf["bufferViews"])
    positions = gltf["accessors"][0]
    assert len(positions["min"]) == len(positions["max"]) == 3
    last = gltf["bufferViews"][-1]
    assert last["byteOffset"] + last["byteLength"] <= gltf["buffers"][0]["byteLength"]


def test_same_input_same_file(tmp_path: Path) -> None:
    mesh = bumpy_sphere(3)
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        build_asset(mesh.vertices, mesh.faces, matt(front_is_red), 500, 64, tmp_path / name)
    assert (tmp_path / "a" / "mesh.glb").read_bytes() == (tmp_path / "b" / "mesh.glb").read_bytes()


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
