import torch
from scenes import wavy_orbit

from sv3d_engine.orbit.cameras import frame_rays
from sv3d_engine.reconstruction.field.volume import march, march_ref, ray_of_sample

HALF_SIDE, STEP = 0.5, 0.03


def some_rays():
    torch.manual_seed(0)
    orbit, size, count = wavy_orbit(6), 48, 300
    rays = frame_rays(orbit, size, torch.randint(6, (count,)), torch.randint(size * size, (count,)))
    occupied = torch.rand(12, 12, 12) < 0.3
    return *rays, occupied, HALF_SIDE, STEP, torch.rand(count)


def test_kernel_and_twin_keep_the_same_samples():
    rays = some_rays()
    (fast, fast_offsets), (plain, plain_offsets) = march(*rays), march_ref(*rays)
    assert len(plain) > 500
    assert (fast_offsets.diff() != plain_offsets.diff()).sum() <= 2  # a sample on the border of two cells
    same = fast_offsets.diff() == plain_offsets.diff()
    mine = fast[same[ray_of_sample(fast_offsets, len(fast))]]
    twins = plain[same[ray_of_sample(plain_offsets, len(plain))]]
    torch.testing.assert_close(mine, twins, atol=1e-5, rtol=0)


def test_every_sample_lies_in_an_occupied_cell_and_on_its_rays_own_steps():
    origins, directions, occupied, *how, jitter = some_rays()
    distances, offsets = march(origins, directions, occupied, *how, jitter)
    ray = ray_of_sample(offsets, len(distances))
    points = origins[ray] + distances[:, None] * directions[ray]
    cell = ((points / HALF_SIDE + 1) * 6).long().clamp(0, 11)
    assert occupied[cell.unbind(1)].float().mean() > 0.999
    within = ray[1:] == ray[:-1]
    steps = distances.diff()[within] / STEP
    assert (steps > 0.99).all()
    torch.testing.assert_close(steps, steps.round(), atol=1e-3, rtol=0)


def test_a_full_cube_is_sampled_along_its_whole_chord():
    origin, direction = torch.tensor([[2.0, 0.1, 0.0]]), torch.tensor([[-1.0, 0.0, 0.0]])
    full = torch.ones(4, 4, 4, dtype=torch.bool)
    for sample in (march, march_ref):
        distances, offsets = sample(origin, direction, full, HALF_SIDE, 0.01, torch.tensor([0.5]))
        assert offsets.tolist() == [0, len(distances)]
        assert abs(len(distances) - 100) <= 1
        assert 1.5 - 1e-5 <= distances.min() <= distances.max() <= 2.5 + 1e-5


def test_empty_space_has_no_samples():
    rays = list(some_rays())
    rays[2] = torch.zeros_like(rays[2])
    distances, offsets = march(*rays)
    assert len(distances) == 0
    assert (offsets == 0).all()
