"""Pairs of triangles become quads."""

import numpy as np
from sv3d.sv3d_blender.result.quads import pair_triangles

SQUARE = np.array([[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0]], float)
TWO = np.array([[0, 1, 2], [0, 2, 3]])


def test_two_halves_of_a_square_are_joined_with_their_winding():
    quads, rest = pair_triangles(SQUARE, TWO)
    assert len(rest) == 0
    (quad,) = quads
    first = list(quad).index(0)
    assert [*quad[first:], *quad[:first]] == [0, 1, 2, 3]


def test_a_fold_and_a_sliver_stay_triangles():
    folded = SQUARE.copy()
    folded[3, 2] = 1.0
    assert len(pair_triangles(folded, TWO)[0]) == 0
    skewed = SQUARE.copy()
    skewed[2:, 0] += 2.0
    assert len(pair_triangles(skewed, TWO)[0]) == 0


def test_no_seam_is_crossed():
    parted = np.concatenate([SQUARE, SQUARE[[0, 2]]])
    assert len(pair_triangles(parted, np.array([[0, 1, 2], [4, 5, 3]]))[0]) == 0


def test_each_triangle_is_used_once_and_the_best_pairs_win():
    side = np.arange(9.0)
    points = np.stack([*np.meshgrid(side, side), np.zeros((9, 9))], -1).reshape(-1, 3)
    corner = (np.arange(8)[:, None] * 9 + np.arange(8)).ravel()
    faces = np.concatenate(
        [np.stack([corner, corner + 1, corner + 10], 1), np.stack([corner, corner + 10, corner + 9], 1)]
    )
    quads, rest = pair_triangles(points, faces)
    assert (len(quads), len(rest)) == (64, 0)
    lengths = np.linalg.norm(np.roll(points[quads], -1, 1) - points[quads], axis=-1)
    assert np.allclose(lengths, 1.0), "squares, not the diamonds between them"


def test_nothing_to_join():
    quads, rest = pair_triangles(SQUARE, TWO[:1])
    assert (quads.shape, len(rest)) == ((0, 4), 1)
