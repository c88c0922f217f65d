"""COLMAP's models, text and binary, whole and damaged."""

from pathlib import Path

import numpy as np
import photo_scene as scene
import pytest

from sv3d_engine.orbit.colmap_files import is_model, read_model
from sv3d_engine.orbit.lens import Lens
from sv3d_engine.orbit.photographs import Photograph
from sv3d_engine.shared.errors import UserError


def lens_for(model: str) -> Lens:
    kinds = {
        "SIMPLE_PINHOLE": Lens((0.9, 0.9), (0.51, 0.37), size=(640, 480)),
        "PINHOLE": Lens((0.9, 0.92), (0.51, 0.37), size=(640, 480)),
        "SIMPLE_RADIAL": Lens((0.9, 0.9), (0.51, 0.37), (-0.1, 0, 0), size=(640, 480)),
        "RADIAL": Lens((0.9, 0.9), (0.51, 0.37), (-0.1, 0.02, 0), size=(640, 480)),
        "OPENCV": Lens((0.9, 0.92), (0.51, 0.37), (-0.1, 0.02, 0), (0.001, 0.002), (640, 480)),
    }
    return kinds[model]


def walk(model: str = "OPENCV") -> list[Photograph]:
    names = [f"day one/IMG {i:04d}.JPG" for i in range(10)]
    return [Photograph(n, lens_for(model), *c) for n, c in zip(names, scene.walk(10), strict=True)]


@pytest.mark.parametrize("binary", [False, True])
@pytest.mark.parametrize("model", scene.MODELS)
def test_what_was_written_is_read(tmp_path: Path, model: str, binary: bool) -> None:
    scene.write_colmap(tmp_path, walk(model), model, binary)
    assert is_model(tmp_path)
    read = read_model(tmp_path)
    assert not read.upright
    for one, other in zip(read.views, walk(model), strict=True):
        assert one.file == other.file and one.lens.size == (640, 480)
        np.testing.assert_allclose(one.axes, other.axes, atol=1e-9)
        np.testing.assert_allclose(one.position, other.position, atol=1e-9)
        np.testing.assert_allclose(one.lens.focal, other.lens.focal)
        np.testing.assert_allclose(one.lens.middle(0.75), other.lens.middle(0.75))
        np.testing.assert_allclose(
            (*one.lens.radial, *one.lens.tangential), (*other.lens.radial, *other.lens.tangential)
        )


def test_a_binary_model_cut_off_anywhere_is_refused(tmp_path: Path) -> None:
    scene.write_colmap(tmp_path, walk(), "OPENCV", binary=True)
    for name in ("cameras.bin", "images.bin"):
        whole = (tmp_path / name).read_bytes()
        for length in (0, 5, 8, 40, len(whole) // 2, len(whole) - 1):
            (tmp_path / name).write_bytes(whole[:length])
            with pytest.raises(UserError, match="damaged"):
                read_model(tmp_path)
        (tmp_path / name).write_bytes(b"\xff" * 8 + whole[8:])  # more images than any file could hold
        with pytest.raises(UserError, match="damaged"):
            read_model(tmp_path)
        (tmp_path / name).write_bytes(whole)
    assert len(read_model(tmp_path).views) == 10


def test_lenses_that_are_no_pinholes_are_named(tmp_path: Path) -> None:
    scene.write_colmap(tmp_path, walk(), "OPENCV", binary=False)
    text = (tmp_path / "cameras.txt").read_text()
    (tmp_path / "cameras.txt").write_text(text.replace("OPENCV", "OPENCV_FISHEYE"))
    with pytest.raises(UserError, match="OPENCV_FISHEYE") as error:
        read_model(tmp_path)
    assert "image_undistorter" in error.value.remedy
    scene.write_colmap(tmp_path, walk(), "OPENCV", binary=True)
    data = bytearray((tmp_path / "cameras.bin").read_bytes())
    data[12] = 9
    (tmp_path / "cameras.bin").write_bytes(data)
    with pytest.raises(UserError, match="RADIAL_FISHEYE"):
        read_model(tmp_path)


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("cameras.txt", "1 PINHOLE 640 480 500\n"),
        ("cameras.txt", "1 PINHOLE 640 480 -500 500 320 240\n"),
        ("cameras.txt", "1 PINHOLE 0 480 500 500 320 240\n"),
        ("cameras.txt", "1 PINHOLE wide 480 500 500 320 240\n"),
        ("images.txt", "1 0 0 0 0 1 2 3 1 a.png\n\n"),
        ("images.txt", "1 1 0 0 0 1 2 nan 1 a.png\n\n"),
        ("images.txt", "1 1 0 0 0 1 2 3 99 a.png\n\n"),
        ("images.txt", "1 1 0 0\n\n"),
    ],
)
def test_text_that_is_no_model_is_refused(tmp_path: Path, file: str, text: str) -> None:
    scene.write_colmap(tmp_path, walk(), "OPENCV", binary=False)
    (tmp_path / file).write_text(text)
    with pytest.raises(UserError, match="damaged"):
        read_model(tmp_path)


def test_half_a_model_is_none(tmp_path: Path) -> None:
    scene.write_colmap(tmp_path, walk(), "OPENCV", binary=True)
    (tmp_path / "cameras.bin").unlink()
    assert not is_model(tmp_path)
    with pytest.raises(UserError, match=r"no cameras\.txt"):
        read_model(tmp_path)
