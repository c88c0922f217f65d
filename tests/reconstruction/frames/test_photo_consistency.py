"""Photo-consistency: the kernel against its twin, and what frames of a printed board tell about a surface before it."""

import pytest
import torch
from scenes import blotches, box, grey, pictures_of
from torch.nn.functional import avg_pool2d, interpolate, normalize

from sv3d_engine.orbit.cameras import CameraOrbit, View, projection_matrices
from sv3d_engine.reconstruction.frames import photo_consistency as module
from sv3d_engine.reconstruction.frames.photo_consistency import photo_consistency
from sv3d_engine.reconstruction.frames.photo_consistency_ref import UNKNOWN, photo_consistency_ref, tangents

SIZE, RADIUS = 96, 2
POSES = [(10, 0), (0, 18), (25, -15), (30, 25), (-8, -30), (15, 40)]  # elevation, azimuth
ORBIT = CameraOrbit(33.8, 2.2, tuple(View(f"{i}.png", *pose) for i, pose in enumerate(POSES)))
PIXEL = 2 * ORBIT.distance * ORBIT.tan_half_fov / SIZE
STEP = PIXEL / 8
OFFSETS = torch.arange(-16, 17) * STEP
FRONT = 0.02  # where the board's printed side is on X


def pictures(colour):
    vertices, faces = box((1, 1, 1))
    frames = pictures_of(vertices * torch.tensor([FRONT, 0.45, 0.45]), faces, colour, ORBIT, SIZE)
    alpha = frames.alpha[..., None]
    return torch.cat([frames.rgb * alpha, alpha], -1)


@pytest.fixture(scope="module")
def printed():
    return pictures(lambda points: blotches(points, 0.1))


def board(ahead=0.0, half_side=0.3):
    """Points on a grid before the printed side, and their normals."""
    axis = torch.linspace(-half_side, half_side, 9)
    points = torch.cartesian_prod(torch.tensor([FRONT + ahead]), axis, axis)
    return points, torch.tensor([1.0, 0, 0]).expand_as(points)


def all_frames(points):
    return torch.arange(len(POSES)).expand(len(points), -1)


def sweep(pictures, ahead=0.0, half_side=0.3):
    points, normals = board(ahead, half_side)
    cameras = projection_matrices(ORBIT, SIZE)
    return photo_consistency(points, normals, cameras, pictures, all_frames(points), OFFSETS, RADIUS, PIXEL)


def test_kernel_and_twin_agree_on_random_patches():
    draw = torch.Generator().manual_seed(3)
    noise = interpolate(torch.rand(6, 4, 24, 24, generator=draw), scale_factor=4, mode="bilinear")
    noise[:, 3] = (noise[:, 3] * 4).clamp(0, 1)  # some holes
    noise[:, :3, :, 60:] = 0.5  # nothing to compare
    noise[:, :3] *= noise[:, 3:]
    points = (torch.rand(300, 3, generator=draw) - 0.5) * torch.tensor([0.6, 1.3, 1.3])  # some out of the frame
    normals = normalize(torch.randn(300, 3, generator=draw) * 0.3 + torch.tensor([1.0, 0, 0]), dim=-1)
    order = torch.rand(300, 6, generator=draw).argsort(1)
    order[torch.arange(6) >= torch.randint(0, 7, (300, 1), generator=draw)] = -1
    pictures = noise.permute(0, 2, 3, 1).contiguous()
    given = (points, normals, projection_matrices(ORBIT, SIZE), pictures, order, OFFSETS[::4], RADIUS, PIXEL)
    assert module.use_kernel(*given[:6])
    kernel, twin = photo_consistency(*given), photo_consistency_ref(*given)
    assert torch.equal(kernel == UNKNOWN, twin == UNKNOWN)
    assert 0.2 < (kernel == UNKNOWN).float().mean() < 0.8
    torch.testing.assert_close(kernel, twin, atol=1e-3, rtol=0)


def test_tangents_are_unit_and_square_to_the_normal_and_each_other():
    normals = normalize(
        torch.cat([torch.eye(3), torch.randn(50, 3, generator=torch.Generator().manual_seed(1))]), dim=-1
    )
    frame = torch.cat([normals[:, None], tangents(normals)], 1)
    torch.testing.assert_close(frame @ frame.mT, torch.eye(3).expand(53, 3, 3), atol=1e-5, rtol=0)


@pytest.mark.parametrize("ahead", [-0.9, 0.0, 0.6, 1.3])
def test_frames_agree_best_where_the_print_is(printed, ahead):
    scores = sweep(printed, ahead * PIXEL)
    best = OFFSETS[scores.argmax(1)] + ahead * PIXEL
    assert (scores.amax(1) > 0.9).all()
    assert abs(float(best.mean())) < STEP / 2
    assert (best.abs() <= 1.5 * STEP).float().mean() > 0.95


def test_exposure_and_shading_of_a_frame_change_nothing(printed):
    changed = printed.clone()
    changed[2, ..., :3] = 0.6 * printed[2, ..., :3] + 0.2 * printed[2, ..., 3:]
    torch.testing.assert_close(sweep(changed), sweep(printed), atol=0.01, rtol=0)


def test_a_blocked_frame_is_left_out(printed):
    blocked = printed.clone()
    noise = torch.rand(1, 3, SIZE, SIZE, generator=torch.Generator().manual_seed(2))
    blocked[3, ..., :3] = avg_pool2d(noise, 3, 1, 1)[0].permute(1, 2, 0)
    blocked[3, ..., 3] = 1
    scores = sweep(blocked)
    assert (scores.amax(1) > 0.9).all()
    assert (OFFSETS[scores.argmax(1)].abs() <= 2 * STEP).float().mean() > 0.95


def test_nothing_is_known_of_a_flat_colour():
    assert (sweep(pictures(grey)) == UNKNOWN).all()


def test_nothing_is_known_at_the_rim_or_without_a_second_frame(printed):
    points, normals = board(half_side=0.44)
    order, cameras = all_frames(points), projection_matrices(ORBIT, SIZE)
    scores = photo_consistency(points, normals, cameras, printed, order, OFFSETS, RADIUS, PIXEL)
    at_rim = points[:, 1:].abs().amax(1) > 0.43
    assert (scores[at_rim] == UNKNOWN).all() and (scores[~at_rim] > UNKNOWN).all()
    alone = torch.where(torch.arange(len(POSES)) > 0, -1, order)
    assert (photo_consistency(points, normals, cameras, printed, alone, OFFSETS, RADIUS, PIXEL) == UNKNOWN).all()
