"""Batches: functions of the step's number, shared evenly, and right about where the camera is."""

import pytest
import torch

from sv3d_engine.laboratory.training.batches import OrbitBatches, Order, PictureBatches, Share, chosen
from sv3d_engine.laboratory.training.orbit_shards import Reader
from sv3d_engine.shared.trajectory import Pose, dynamic
from sv3d_engine.sv3d.diffusion.conditioning import camera_vector
from tests.laboratory.training.orbit_files import write_random_orbits
from tests.laboratory.training.runs import replace, tiny


@pytest.fixture(scope="module")
def shards(tmp_path_factory):
    return write_random_orbits(tmp_path_factory.mktemp("orbits"), count=5, size=2)


def orbit_batches(shards, share=None, **changes):
    stage = replace(tiny().stages[-1], **changes)
    stage = replace(stage, optimiser=replace(stage.optimiser, batch=4))
    return OrbitBatches(Reader(shards), stage, 7, share or Share())


def same(a, b):
    return all(torch.equal(getattr(a, name), getattr(b, name)) for name in a.__dataclass_fields__)


def test_a_step_is_the_same_whatever_came_before(shards):
    one, two = orbit_batches(shards), orbit_batches(shards)
    for step in range(5):
        one(step)
    assert same(one(5), two(5))
    assert not same(one(5), two(6))


def test_processes_share_a_batch(shards):
    whole = orbit_batches(shards)(3)
    parts = [orbit_batches(shards, Share(rank, 2))(3) for rank in (0, 1)]
    for name in whole.__dataclass_fields__:
        assert torch.equal(torch.cat([getattr(p, name) for p in parts]), getattr(whole, name))
    with pytest.raises(AssertionError):
        orbit_batches(shards, Share(0, 3))(0)


def test_the_picture_is_the_last_frame(shards):
    batch = orbit_batches(shards)(0)
    reader = Reader(shards)
    for i in range(4):
        orbit = next(n for n in range(5) if torch.equal(reader.latents(n), batch.latents[i]))
        assert torch.equal(batch.picture[i], reader.frame(orbit, 20))
        assert torch.equal(batch.known[i], batch.latents[i, 20])
        assert torch.equal(batch.vector[i], camera_vector(reader.poses(orbit, range(21)), "p"))


def test_a_rolled_orbit_starts_after_its_picture(shards):
    reader = Reader(shards)
    batch = orbit_batches(shards, roll=1.0, orbits="dynamic")(0)
    for i in range(4):
        latents = torch.stack([reader.latents(n) for n in range(5)])
        orbit, last = next(
            (n, f) for n in range(5) for f in range(21) if torch.equal(latents[n, f], batch.latents[i, 20])
        )
        assert torch.equal(batch.latents[i], latents[orbit].roll(-(last + 1), 0))
        assert torch.equal(batch.picture[i], reader.frame(orbit, last))
        poses = dynamic(10, orbit)
        turned = [poses[(last + 1 + k) % 21] for k in range(21)]
        turned = [Pose(p.elevation, p.azimuth - poses[last].azimuth) for p in turned]
        assert torch.allclose(batch.vector[i], camera_vector(turned, "p"), atol=1e-4)


def test_some_frames_of_an_orbit_keep_their_order_their_poses_and_the_picture(shards):
    reader = Reader(shards)
    batch = orbit_batches(shards, frames=5)(0)
    assert batch.latents.shape[:2] == batch.noise.shape[:2] == batch.vector.shape[:2] == (4, 5)
    picked = set()
    for i in range(4):
        orbit = next(n for n in range(5) if torch.equal(reader.latents(n)[20], batch.latents[i, 4]))
        whole = reader.latents(orbit)
        places = [next(n for n in range(21) if torch.equal(whole[n], frame)) for frame in batch.latents[i]]
        assert places == sorted(set(places))
        assert torch.equal(batch.picture[i], reader.frame(orbit, 20))
        assert torch.equal(batch.vector[i], camera_vector(reader.poses(orbit, places), "p"))
        picked.add(tuple(places))
    assert len(picked) == 4


def test_noise_levels_of_a_batch_are_spread(shards):
    levels = orbit_batches(shards)(0).sigma
    edges = torch.special.ndtri(torch.tensor([0, 0.25, 0.5, 0.75, 1])) * 1.6 + 0.7
    for place, sigma in enumerate(levels.log().tolist()):
        assert edges[place] <= sigma <= edges[place + 1]


def test_kinds_of_orbits(shards):
    reader = Reader(shards)
    assert chosen(reader, "static") == [0, 2, 4]
    assert chosen(reader, "dynamic") == [1, 3]
    assert chosen(reader, "both") == [0, 1, 2, 3, 4]
    reader.elevations[:] = 3
    assert chosen(reader, "dynamic") == [0, 1, 2, 3, 4]  # better than nothing


def test_every_number_comes_once_a_round():
    order = Order(range(10, 17), seed=3)
    rounds = [[order(7 * k + i) for i in range(7)] for k in range(3)]
    assert all(sorted(r) == list(range(10, 17)) for r in rounds)
    assert rounds[0] != rounds[1]
    assert order(0) == rounds[0][0]


def test_pictures_are_cut_out_first_and_whole_later(shards):
    training = replace(tiny().autoencoder, crop=16, crop_steps=0.5)
    batches = PictureBatches(shards, 21, 4, training, 0, Share())
    early, late = batches(0), batches(training.optimiser.steps - 1)
    assert early.pictures.shape == (8, 3, 16, 16)
    assert early.noise.shape == (8, 4, 4, 4)
    assert late.pictures.shape == (8, 3, 32, 32)
    assert -1 <= late.pictures.min() < -0.9 < 0.9 < late.pictures.max() <= 1
    assert same(late, PictureBatches(shards, 21, 4, training, 0, Share())(training.optimiser.steps - 1))
