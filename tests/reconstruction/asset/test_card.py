import json
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
from mesh_shapes import box, flipped, soup, sphere, together, torus

from sv3d_engine.reconstruction.asset.card import Card, inspect
from sv3d_engine.reconstruction.asset.crossings import crossing_faces
from sv3d_engine.reconstruction.asset.topology import TriMesh
from sv3d_engine.reconstruction.asset.unwrap import Atlas, unwrap

SIZE = 512


def tiles(mesh: TriMesh) -> Atlas:
    """Each face alone on a square tile of the texture."""
    side = int(np.ceil(np.sqrt(len(mesh.faces))))
    place = np.stack(np.divmod(np.arange(len(mesh.faces)), side), 1)
    corners = np.array([[0.1, 0.1], [0.9, 0.1], [0.1, 0.9]])
    uv = ((place[:, None] + corners) / side).reshape(-1, 2).astype(np.float32)
    return Atlas(mesh.faces.ravel(), np.arange(3 * len(mesh.faces)).reshape(-1, 3), uv, len(mesh.faces))


def faults(mesh: TriMesh, atlas: Atlas | None = None) -> dict[str, int]:
    """Kinds of fault that are there."""
    card = inspect(mesh, atlas or tiles(mesh), SIZE)
    assert len(card.notes()) == len([count for count in asdict(card.faults).values() if count])
    assert bool(card.notes()) != card.verdict.endswith("closed and clean")
    return {name: count for name, count in asdict(card.faults).items() if count}


def without(mesh: TriMesh, count: int) -> TriMesh:
    return TriMesh(mesh.vertices, mesh.faces[count:])


def test_a_clean_mesh_has_no_fault(tmp_path: Path) -> None:
    mesh = torus()
    card = inspect(mesh, unwrap(mesh, SIZE, tmp_path), SIZE)
    assert not any(asdict(card.faults).values())
    assert card.notes() == []
    assert card.watertight
    assert (card.faces, card.vertices, card.pieces) == (len(mesh.faces), len(mesh.vertices), 1)
    assert card.verdict == f"{card.faces:,} faces in {card.charts} charts, closed and clean"
    json.dumps(card.as_dict(), allow_nan=False)


def test_a_hole_is_seen_by_its_edges() -> None:
    mesh = without(sphere(), 1)
    assert faults(mesh) == {"open_edges": 3}
    assert not inspect(mesh, tiles(mesh), SIZE).watertight


def test_an_edge_of_four_faces_is_not_manifold() -> None:
    two = together(box(1.0), box(1.0, (1, 1, 0)))
    _, same = np.unique(two.vertices, axis=0, return_inverse=True)
    welded = TriMesh(np.unique(two.vertices, axis=0), same.ravel()[two.faces])
    assert faults(welded)["nonmanifold_edges"] == 1


def test_a_point_that_two_cones_share_is_not_manifold() -> None:
    two = together(box(1.0), box(1.0, (1, 1, 1)))
    _, same = np.unique(two.vertices, axis=0, return_inverse=True)
    welded = TriMesh(np.unique(two.vertices, axis=0), same.ravel()[two.faces])
    assert faults(welded) == {"nonmanifold_vertices": 1}


def test_scraps_are_debris_and_parts_are_not() -> None:
    dust = [sphere(0.01, 1, (0.8, 0.1 * k, 0)) for k in range(3)]
    assert faults(together(sphere(), sphere(0.2, 2, (0, 0.9, 0)), *dust)) == {"debris": 3}


@pytest.mark.parametrize("turn", [flipped, lambda mesh: mesh], ids=["hollow", "solid"])
def test_a_shell_inside_another_is_inner(turn) -> None:
    inner = turn(sphere(0.3, 2))
    assert faults(together(sphere(), inner)) == {"inner_faces": len(inner.faces)}


@pytest.mark.parametrize("few", [1, 17])
def test_faces_turned_against_their_neighbours_are_counted(few: int) -> None:
    ball = sphere()
    faces = ball.faces.copy()
    faces[:few] = faces[:few, ::-1]
    assert faults(TriMesh(ball.vertices, faces)) == {"flipped_faces": few}


def test_a_mesh_inside_out_is_flipped_as_a_whole() -> None:
    ball = sphere()
    assert faults(flipped(ball)) == {"flipped_faces": len(ball.faces)}
    assert faults(together(ball, flipped(sphere(0.3, 2, (2, 0, 0))))) == {"flipped_faces": len(sphere(0.3, 2).faces)}


def test_an_open_bowl_knows_its_outside() -> None:
    ball = sphere()
    bowl = TriMesh(ball.vertices, ball.faces[ball.corners[:, :, 2].max(1) < 0.2])
    assert set(faults(bowl)) == {"open_edges"}
    assert set(faults(flipped(bowl))) == {"open_edges", "flipped_faces"}


def test_a_moebius_strip_has_no_right_side() -> None:
    angle = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    rim = [
        np.stack(
            [
                (1 + s * 0.3 * np.cos(angle / 2)) * np.cos(angle),
                (1 + s * 0.3 * np.cos(angle / 2)) * np.sin(angle),
                s * 0.3 * np.sin(angle / 2),
            ],
            1,
        )
        for s in (-1, 1)
    ]
    a, b = np.arange(40), np.arange(40) + 40
    c, d = np.append(a[1:], b[0]), np.append(b[1:], a[0])
    strip = TriMesh(np.concatenate(rim), np.concatenate([np.stack([a, c, b], 1), np.stack([c, d, b], 1)]))
    assert faults(strip)["flipped_faces"] >= 2


@pytest.mark.parametrize("width", [0.0, 1e-3])
def test_a_face_without_width_is_degenerate(width: float) -> None:
    mesh = box()
    a, b, c = mesh.faces[0]
    middle = (mesh.vertices[a] + mesh.vertices[b]) / 2
    moved = middle + width * (mesh.vertices[c] - middle)
    # A vertex just beside the middle of an edge of face 0: its other side gets two proper faces, this one a needle.
    other = next(i for i, f in enumerate(mesh.faces) if i and {a, b} <= set(f))
    third = next(iter(set(mesh.faces[other]) - {a, b}))
    new = len(mesh.vertices)
    kept = np.delete(mesh.faces, other, 0)
    faces = np.concatenate([kept, [[b, a, new], [b, new, third], [new, a, third]]])
    needle = TriMesh(np.concatenate([mesh.vertices, moved[None]]), faces)
    assert faults(needle) == {"degenerate_faces": 1}


def test_triangle_soup_is_open_and_not_flipped() -> None:
    found = faults(soup(box()))
    assert found["open_edges"] == 36
    assert "nonmanifold_edges" not in found


def test_faces_on_the_same_texels_overlap() -> None:
    mesh = sphere(0.5, 1)
    atlas = tiles(mesh)
    uv = atlas.uv.copy()
    uv[3:6] = uv[:3]
    found = faults(mesh, replace(atlas, uv=uv))
    tile = SIZE / np.ceil(np.sqrt(len(mesh.faces)))
    assert found == {"uv_overlap": pytest.approx((0.8 * tile) ** 2 / 2, rel=0.05)}


def test_neighbours_that_touch_do_not_overlap() -> None:
    corners = np.array([[0.1, 0.1], [0.9, 0.1], [0.9, 0.9], [0.1, 0.9]], np.float32)
    flat = TriMesh(np.pad(corners, ((0, 0), (0, 1))), np.array([[0, 1, 2], [0, 2, 3]]))
    assert inspect(flat, Atlas(np.arange(4), flat.faces, corners, 1), SIZE).faults.uv_overlap == 0


def test_a_face_folded_over_its_chart_is_seen() -> None:
    corners = np.array([[0.1, 0.1], [0.9, 0.1], [0.9, 0.9], [0.7, 0.3]], np.float32)  # 3 has crossed the edge 0–2
    flat = TriMesh(np.array([[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0.0]]), np.array([[0, 1, 2], [0, 2, 3]]))
    found = inspect(flat, Atlas(np.arange(4), flat.faces, corners, 1), SIZE).faults
    assert found.uv_folded == 1
    assert found.uv_overlap > 0


def test_a_face_without_room_in_the_texture_is_seen() -> None:
    mesh = box()
    atlas = tiles(mesh)
    uv = atlas.uv.copy()
    uv[:3] = 0.5
    card = inspect(mesh, replace(atlas, uv=uv), SIZE)
    assert card.faults.uv_folded == 1
    json.dumps(card.as_dict(), allow_nan=False)


def test_corners_outside_the_texture_are_counted() -> None:
    mesh = box()
    atlas = tiles(mesh)
    uv = atlas.uv.copy()
    uv[0, 0] = -0.01
    assert faults(mesh, replace(atlas, uv=uv)) == {"uv_outside": 1}


def flat_square(width: float, height: float) -> Card:
    """A unit square that takes ``width`` × ``height`` of the texture."""
    corners = np.array([[0, 0], [1, 0], [1, 1], [0, 1.0]])
    mesh = TriMesh(np.pad(corners, ((0, 0), (0, 1))), np.array([[0, 1, 2], [0, 2, 3]]))
    return inspect(mesh, Atlas(np.arange(4), mesh.faces, (corners * [width, height]).astype(np.float32), 1), SIZE)


def test_stretch_is_that_of_sander() -> None:
    assert flat_square(0.5, 0.5).uv_stretch == pytest.approx(1)
    card = flat_square(0.8, 0.2)  # singular values 1/.8 and 1/.2; scale of the whole 0.4
    assert card.uv_stretch == pytest.approx(0.4 * np.sqrt((1 / 0.8**2 + 1 / 0.2**2) / 2), rel=1e-5)
    assert card.uv_stretch_p95 == pytest.approx(card.uv_stretch)
    assert card.uv_stretch_most == pytest.approx(0.4 / 0.2, rel=1e-5)


def test_texel_density_is_texels_a_unit() -> None:
    assert flat_square(0.5, 0.5).texel_density == pytest.approx((256, 256, 256))


def test_percentiles_go_by_area() -> None:
    mesh = together(box(1.0), box(0.1, (2, 0, 0)))
    atlas = tiles(mesh)  # the small box has ten times the texels a unit, on a hundredth of the area
    low, middle, high = inspect(mesh, atlas, SIZE).texel_density
    assert low == pytest.approx(middle, rel=1e-5)
    assert high == pytest.approx(middle, rel=1e-5)


def test_faces_that_cut_through_others_are_counted() -> None:
    assert crossing_faces(sphere()) == 0
    assert crossing_faces(together(box(1.0), box(1.0, (3, 0, 0)))) == 0
    triangle = TriMesh(np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0.0]]), np.array([[0, 1, 2]]))
    upright = TriMesh(np.array([[0.2, 0.2, -1], [0.3, 0.2, 1], [0.9, 0.9, 1.0]]), np.array([[0, 1, 2]]))
    assert crossing_faces(together(triangle, upright)) == 2
    assert crossing_faces(together(sphere(), sphere(0.5, 3, (0.3, 0, 0)))) > 40


def test_a_large_face_is_compared_with_small_ones_far_from_its_middle() -> None:
    plane = TriMesh(np.array([[-9, -9, 0], [9, -9, 0], [0, 9, 0.0]]), np.array([[0, 1, 2]]))
    assert crossing_faces(together(plane, sphere(0.5, 3, (5, -5, 0)))) > 20
