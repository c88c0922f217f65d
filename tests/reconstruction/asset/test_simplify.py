import numpy as np
import pytest
from mesh_shapes import bumpy_sphere, sphere, together, torus
from scipy.spatial import cKDTree

from sv3d_engine.reconstruction.asset.clean import simplify
from sv3d_engine.reconstruction.asset.topology import TriMesh, face_volumes, is_closed_manifold


@pytest.mark.parametrize("scale", [0.01, 1.0, 100.0])
def test_budget_is_kept_and_the_shape_too(scale: float) -> None:
    fine = bumpy_sphere(5)
    fine = TriMesh(fine.vertices * scale, fine.faces)
    light = simplify(fine, 3000)
    assert is_closed_manifold(light.faces)
    assert 2700 <= len(light.faces) <= 3000
    distance, _ = cKDTree(fine.vertices).query(light.vertices)
    assert distance.max() < 0.012 * scale  # fine edges are 0.018 long
    assert face_volumes(light).sum() == pytest.approx(face_volumes(fine).sum(), rel=2e-3)


def test_pinched_tubes_stay_manifold() -> None:
    """A wire of 1.5 % thickness through a ball, at a budget that makes the collapses pinch it."""
    wire = torus(96)
    wire = TriMesh(wire.vertices * [1.6, 1.6, 0.1], wire.faces)
    light = simplify(together(bumpy_sphere(4), wire), 400)
    assert is_closed_manifold(light.faces)
    assert len(light.faces) < 2000


def test_fewer_faces_than_the_budget_are_not_added_to() -> None:
    ball = bumpy_sphere(4)
    evened = simplify(ball, 9000)
    assert len(evened.faces) <= len(ball.faces)
    assert face_volumes(evened).sum() == pytest.approx(face_volumes(ball).sum(), rel=2e-3)


def test_a_mesh_that_cannot_be_evened_out_is_delivered_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    ball = bumpy_sphere(4)
    broken = TriMesh(ball.vertices, ball.faces[1:])
    monkeypatch.setattr("sv3d_engine.reconstruction.asset.clean.even_out", lambda *_: broken)
    assert is_closed_manifold(simplify(ball, 1000).faces)


def test_a_budget_too_small_for_any_solid_is_raised_until_the_shape_is_kept() -> None:
    ball = sphere(0.5, 2)
    light = simplify(ball, 1)  # of which nothing at all is left at first
    assert is_closed_manifold(light.faces)
    assert face_volumes(light).sum() == pytest.approx(face_volumes(ball).sum(), rel=0.01)


def test_same_input_same_output() -> None:
    first, second = (simplify(bumpy_sphere(4), 1000) for _ in range(2))
    assert np.array_equal(first.vertices, second.vertices)
    assert np.array_equal(first.faces, second.faces)
