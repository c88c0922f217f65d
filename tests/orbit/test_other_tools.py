"""Whose cameras lie beside the pictures, which pictures they mean, and where an orbit about their aim stands."""

from pathlib import Path

import numpy as np
import photo_scene as scene
import pytest

from sv3d_engine.orbit.lens import Lens
from sv3d_engine.orbit.other_tools import (
    beside,
    files_of,
    is_other_tool,
    located,
    located_file,
    read_other_tool,
    used_files,
)
from sv3d_engine.orbit.photographs import Photograph, Photographs
from sv3d_engine.orbit.sightlines import World, angles, check_places, nearest_point, optical_axes, way_up, world_axes
from sv3d_engine.shared.errors import UserError

LENS = Lens((0.95, 0.95), size=(64, 64))


def photographs(folder: str = "images") -> list[Photograph]:
    return [Photograph(f"{folder}/{i:04d}.png", LENS, *camera) for i, camera in enumerate(scene.walk(10))]


def pictures(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for one in photographs():
        (folder / Path(one.file).name).write_bytes(b"")
    return folder


@pytest.mark.parametrize("place", [".", "sparse/0", "../sparse/0", "../colmap/sparse/0", "..", "../dense/sparse"])
def test_a_model_beside_the_pictures_is_found(tmp_path: Path, place: str) -> None:
    folder = pictures(tmp_path / "data/images")
    assert beside(folder) is None
    scene.write_colmap(folder / place, photographs(), "PINHOLE", binary=True)
    found = beside(folder)
    assert found is not None and found.resolve() == (folder / place).resolve() and is_other_tool(found)
    assert [path.name for path in files_of(found)] == ["cameras.bin", "images.bin"]
    assert len(used_files(read_other_tool(found), folder)) == 10


def test_a_transforms_json_beside_is_found_and_a_strangers_is_not(tmp_path: Path) -> None:
    folder = pictures(tmp_path / "data/images")
    scene.write_transforms(tmp_path / "data/transforms.json", photographs())
    assert beside(folder) == tmp_path / "data/transforms.json"
    strangers = [Photograph(f"other/x{i}.png", LENS, *camera) for i, camera in enumerate(scene.walk(10))]
    scene.write_transforms(tmp_path / "data/transforms.json", strangers)
    assert beside(folder) is None


def test_a_file_of_a_model_stands_for_it(tmp_path: Path) -> None:
    scene.write_colmap(tmp_path, photographs(), "PINHOLE", binary=False)
    assert len(read_other_tool(tmp_path / "images.txt").views) == 10
    with pytest.raises(UserError, match="no cameras that can be read"):
        read_other_tool(tmp_path.parent)


def test_pictures_are_found_whatever_folder_and_ending_they_are_given(tmp_path: Path) -> None:
    (tmp_path / "train").mkdir()
    for name in ("train/r_0.png", "a.JPG", "Bu\u0308ste.png"):
        (tmp_path / name).write_bytes(b"")
    assert located_file("./train/r_0", tmp_path) == "train/r_0.png"
    assert located_file("C:/shoot/day/a", tmp_path) == "a.JPG"
    assert located_file("/home/one/a.JPG", tmp_path) == "a.JPG"
    assert located_file("B\u00fcste.png", tmp_path) == "Bu\u0308ste.png"
    assert located_file("b.png", tmp_path) is None and located_file("", tmp_path) is None


def test_nothing_outside_the_folder_is_looked_at(tmp_path: Path) -> None:
    inner = tmp_path / "inner"
    inner.mkdir()
    (tmp_path / "secret.png").write_bytes(b"")
    for name in (
        "../secret.png",
        "x/../../secret.png",
        str(tmp_path / "secret.png"),
        f"/{tmp_path}/secret.png",
        f"//{tmp_path}/secret",
        f".//{tmp_path}/secret.png",
        "..\\secret.png",
        "\\\\server\\share\\secret.png",
        "//server/share/secret.png",
        "C:/..//secret.png",
    ):
        assert located_file(name, inner) is None


@pytest.mark.parametrize("root", ["/", "//", "///", "\\\\"])
def test_a_name_with_a_root_is_looked_for_within_alone(tmp_path: Path, root: str) -> None:
    """Two slashes are a root of their own, and on Windows another machine's."""
    inner = pictures(tmp_path / "inner")
    outside = tmp_path / "outside.png"
    outside.write_bytes(b"")
    rooted = root + str(outside).lstrip("/")
    views = [Photograph(one.file, LENS, one.position, one.axes, mask=rooted) for one in photographs()]
    views[0] = Photograph(rooted, LENS, views[0].position, views[0].axes, mask=f"{root}0003.png")
    told = Photographs("it", tuple(views), upright=True)
    used = used_files(told, inner)
    assert located(told, inner)[0] is None and len(used) == 10
    assert all(file.resolve().is_relative_to(inner) for file in used)
    assert located_file(f"{root}share/0003.png", inner) == "0003.png"


def test_lines_of_sight_meet_where_they_are_aimed() -> None:
    target = np.array([3.0, -2.0, 0.5])
    views = [
        Photograph(str(i), LENS, p + target, scene.looking(p + target, target)) for i, (p, _) in enumerate(scene.walk())
    ]
    point, told = nearest_point(*optical_axes(views))
    np.testing.assert_allclose(point, target, atol=1e-9)
    assert 0.1 < told <= 1
    check_places(views, "it")


def test_the_way_up_is_what_cameras_are_held_level_to() -> None:
    """COLMAP's worlds stand anyhow; one that is Z-up stays so, though hands lean a little."""
    level = [Photograph("x", LENS, p, scene.looking(p, np.zeros(3))) for p, _ in scene.walk()]
    shaky = [Photograph("x", LENS, *camera) for camera in scene.walk()]
    np.testing.assert_array_equal(way_up(level, upright=True), [0, 0, 1])
    np.testing.assert_array_equal(way_up(shaky, upright=True), [0, 0, 1])
    turn = scene.looking(np.array([0.3, 0.5, 0.7]), np.zeros(3), 40)
    turned = [Photograph("x", LENS, turn @ one.position, one.axes @ turn.T) for one in level]
    np.testing.assert_allclose(way_up(turned, upright=False), turn @ [0, 0, 1], atol=1e-9)
    np.testing.assert_allclose(way_up(turned, upright=True), turn @ [0, 0, 1], atol=1e-9)


def test_a_result_goes_back_to_the_tools_world() -> None:
    up = np.array([0.0, 0.6, 0.8])
    axes = world_axes(up, np.array([2.0, 1.0, 0.0]))
    np.testing.assert_allclose(axes @ axes.T, np.eye(3), atol=1e-12)
    np.testing.assert_allclose(axes[2], up)
    world = World(axes, np.array([1.0, 2.0, 3.0]), distance=4.0)
    here = axes @ (np.array([1.5, 2.0, 3.0]) - world.origin) * (2.0 / 4.0)
    there = np.array(world.matrix(2.0)) @ [*here, 1]
    np.testing.assert_allclose(there, [1.5, 2.0, 3.0, 1], atol=1e-8)
    assert angles(np.array([0.0, 2.0, 2.0])) == (pytest.approx(45), pytest.approx(90))
    np.testing.assert_array_equal(world_axes(np.array([0.0, 0, 1]), np.ones(3)), np.eye(3))


def test_cameras_that_go_round_nothing_are_refused() -> None:
    still = [Photograph("x", LENS, np.array([2.0, 0, 0]), scene.looking(np.array([2.0, 0, 0]), np.zeros(3)))] * 9
    with pytest.raises(UserError, match="stand in one place"):
        check_places(still, "it")
    ahead = np.array([9.0, 0, 0])
    dolly = [
        Photograph("x", LENS, p, scene.looking(p, p - ahead)) for p in np.random.default_rng(0).normal(size=(9, 3))
    ]
    with pytest.raises(UserError, match="look the same way"):
        check_places(dolly, "it")
    mixed = photographs()
    mixed[4] = Photograph(mixed[4].file, LENS, mixed[4].position, np.diag([1.0, -1, -1]) @ mixed[4].axes)
    with pytest.raises(UserError, match=r"1 of the 10 .* look away") as error:
        check_places(mixed, "it")
    assert "0004.png" in error.value.cause
