import os
import time
from pathlib import Path

import numpy as np
import pytest
from mesh_shapes import bumpy_sphere, torus
from scipy.ndimage import maximum_filter, minimum_filter

from sv3d_engine.ground.progress import Cancelled, Progress
from sv3d_engine.reconstruction.asset.texels import chart_texels
from sv3d_engine.reconstruction.asset.topology import TriMesh, face_components, mates
from sv3d_engine.reconstruction.asset.unwrap import CHILD, Atlas, unwrap
from sv3d_engine.shared.errors import UserError, explain


def test_every_face_has_its_place_in_the_square(tmp_path: Path) -> None:
    mesh = torus()
    atlas = unwrap(mesh, 512, tmp_path)
    assert np.array_equal(atlas.vertex_map[atlas.faces], mesh.faces)
    assert atlas.uv.min() >= 0
    assert 0.95 < atlas.uv.max() <= 1
    corners = atlas.uv[atlas.faces].astype(float)
    u, v = (corners[:, 1] - corners[:, 0]).T, (corners[:, 2] - corners[:, 0]).T
    area = np.abs(u[0] * v[1] - u[1] * v[0]) / 2
    assert area.min() > 0.2 * np.median(area)
    assert 0.35 < area.sum() < 1
    assert 0 < atlas.charts < 60
    assert not list(tmp_path.iterdir())


def test_charts_lie_four_texels_apart(tmp_path: Path) -> None:
    """Else what one shows would bleed into the other, as far as a renderer's smaller copies of the texture mix them."""
    size = 2048
    atlas = unwrap(torus(), size, tmp_path)
    count, chart = face_components(mates(TriMesh(torus().vertices[atlas.vertex_map], atlas.faces)))
    assert count == atlas.charts
    texels = chart_texels(atlas.uv, atlas.faces, size)
    inside = texels.weights(slice(None)).min(1) >= 0
    shown = np.full(size * size, -1, np.int16)
    shown[texels.index[inside]] = chart[texels.face[inside]]
    shown = shown.reshape(size, size)
    most, least = maximum_filter(shown, 5), minimum_filter(np.where(shown < 0, count, shown), 5)
    assert ((most < 0) | (most == least)).all()  # no five texels in a row see two


def test_scale_does_not_matter(tmp_path: Path) -> None:
    mesh = torus()
    atlas = unwrap(TriMesh(mesh.vertices * 1e-3, mesh.faces), 512, tmp_path)
    assert np.allclose(atlas.uv, unwrap(mesh, 512, tmp_path).uv, atol=1e-3)


def test_same_mesh_same_atlas(tmp_path: Path) -> None:
    first, second = (unwrap(bumpy_sphere(3), 256, tmp_path) for _ in range(2))
    assert np.array_equal(first.uv, second.uv)


class CancelAt(Progress):
    def __init__(self, seconds: float) -> None:
        self.end = time.monotonic() + seconds

    def __call__(self, fraction: float, note: str = "") -> None:
        assert 0 <= fraction <= 1
        if time.monotonic() > self.end:
            raise Cancelled


def test_cancel_ends_the_child_at_once(tmp_path: Path) -> None:
    started = time.monotonic()
    with pytest.raises(Cancelled):
        unwrap(rough(), 2048, tmp_path, CancelAt(0.5))
    assert time.monotonic() - started < 2
    assert not list(tmp_path.iterdir())


def test_time_limit_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"took longer than .* draft preset"):
        unwrap(rough(), 2048, tmp_path, time_limit=0.5)
    assert not list(tmp_path.iterdir())


def test_failing_child_is_a_clear_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    child = tmp_path / "child.py"
    child.write_text("raise ZeroDivisionError")
    monkeypatch.setattr("sv3d_engine.reconstruction.asset.unwrap.CHILD", child)
    with pytest.raises(UserError, match="could not be unwrapped") as error:
        unwrap(torus(), 256, tmp_path)
    assert "Traceback" in error.value.details


CHILD_THAT_FAILS = """
import errno, os, runpy, numpy
def fails(file, **arrays):
    {does}
numpy.{call} = fails
runpy.run_path({child!r}, run_name="__main__")
"""


@pytest.mark.parametrize(
    ("call", "does", "cause"),
    [
        ("load", "raise MemoryError", "not enough memory"),
        ("load", "os.kill(os.getpid(), 9)", "not enough memory"),
        ("load", "raise ImportError('xatlas')", "package xatlas"),
        ("savez", "raise OSError(errno.ENOSPC, 'No space left on device')", "disk is full"),
        ("savez", "open(file, 'w').write('half'); raise ZeroDivisionError", "could not be unwrapped"),
    ],
)
@pytest.mark.skipif(os.name == "nt", reason="Windows has no signals")
def test_what_a_child_lacked_is_told(call, does, cause, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    work, child = tmp_path / "work", tmp_path / "child.py"
    work.mkdir()
    child.write_text(CHILD_THAT_FAILS.format(call=call, does=does, child=str(CHILD)))
    monkeypatch.setattr("sv3d_engine.reconstruction.asset.unwrap.CHILD", child)
    with pytest.raises(Exception) as error:
        unwrap(torus(), 256, work)
    assert cause in explain(error.value).cause
    assert not list(work.iterdir())


def test_small_dents_do_not_make_charts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ball = bumpy_sphere(4)
    noise = np.random.default_rng(0).normal(0, 0.006, ball.vertices.shape)
    dented = TriMesh(ball.vertices + noise, ball.faces)
    charts = unwrap(dented, 512, tmp_path).charts
    monkeypatch.setattr("sv3d_engine.reconstruction.asset.unwrap.ATTEMPTS", ((0, 2.0),))
    assert charts < 0.6 * unwrap(dented, 512, tmp_path).charts


@pytest.mark.parametrize(("shifts", "taken"), [((0.3,), 0), ((0.0, 0.3), 1), ((0.05, 0.08, 0.0), 1)])
def test_charts_that_overlap_are_made_anew(shifts, taken, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two charts, the second ``shift`` beside the first: the attempt with the least overlap is taken."""
    chart = np.array([[0.1, 0.1], [0.3, 0.1], [0.1, 0.3]], np.float32)
    made = [
        Atlas(np.arange(6), np.arange(6).reshape(2, 3), np.concatenate([chart, chart + np.float32(shift)]), 2)
        for shift in shifts
    ]
    left = iter(made)
    monkeypatch.setattr("sv3d_engine.reconstruction.asset.unwrap._by_xatlas", lambda *_: next(left))
    assert unwrap(torus(), 512, tmp_path) is made[taken]
    assert next(left, None) is None


def rough() -> TriMesh:
    """Unwrapping this takes many seconds."""
    ball = bumpy_sphere(6)
    noise = np.random.default_rng(0).normal(0, 0.01, ball.vertices.shape)
    return TriMesh(ball.vertices + noise, ball.faces)
