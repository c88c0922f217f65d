"""Orbits on disk: whose they are, that they are made once, and what they hold."""

import zlib
from dataclasses import replace

import pytest
import torch
import trimesh

from sv3d_engine.ground.progress import Cancelled, Progress
from sv3d_engine.laboratory.training import batches
from sv3d_engine.laboratory.training.batches import fingerprint, some_latents, write_latents
from sv3d_engine.laboratory.training.config import Data
from sv3d_engine.laboratory.training.networks import fresh
from sv3d_engine.laboratory.training.orbit_shards import Reader, from_dataset, moves, of_folder_before, render, sets
from sv3d_engine.shared.errors import UserError
from sv3d_engine.sv3d.network.sv3d import encode
from tests.laboratory.training.runs import tiny
from tests.laboratory.training.stand_in import ball

ALL = slice(None)


class Counted:
    """A source that counts."""

    def __init__(self) -> None:
        self.seeds: list[int] = []

    def __call__(self, data, index, seed, size, device):
        self.seeds.append(seed)
        return ball(data, index, seed, size, device)


def make(folder, source, mine=ALL, progress=None, **data):
    config = tiny()
    config = replace(config, data=replace(config.data, **data))
    for shards in sets(config, folder, folder / "latents"):
        render(config, shards, "cpu", mine, progress or Progress(), source)
    return config


def test_every_orbit_is_made_once(tmp_path):
    source = Counted()
    make(tmp_path, source, orbits=6)
    assert source.seeds == [*range(6), 1_500_000_000, 1_500_000_001]
    make(tmp_path, source, orbits=6)
    assert len(source.seeds) == 8
    (tmp_path / "train-frames-00001.safetensors").write_bytes(b"half")
    make(tmp_path, source, orbits=6)
    assert source.seeds[8:] == [4, 5]
    make(tmp_path, source, orbits=6, white=0.5)
    assert len(source.seeds) == 18


def test_rendering_goes_on_where_it_was_stopped(tmp_path):
    class Once(Progress):
        def __call__(self, fraction, note=""):
            raise Cancelled

    source = Counted()
    with pytest.raises(Cancelled):
        make(tmp_path, source, progress=Once())
    make(tmp_path, source)
    assert sorted(source.seeds) == [*range(8), 1_500_000_000, 1_500_000_001]


def test_processes_make_different_files(tmp_path):
    one, two = Counted(), Counted()
    make(tmp_path, one, slice(0, None, 2), held_out=1)
    make(tmp_path, two, slice(1, None, 2), held_out=1)
    assert (one.seeds[:4], two.seeds) == ([0, 1, 2, 3], [4, 5, 6, 7])


def test_workers_make_the_same(tmp_path):
    make(tmp_path / "one", ball)
    make(tmp_path / "two", ball, workers=2)
    for path in (tmp_path / "one").iterdir():
        assert path.read_bytes() == (tmp_path / "two" / path.name).read_bytes()


def test_dynamic_orbits_are_spread_evenly():
    kinds = [moves(Data(orbits=20, dynamic=0.3), i) for i in range(20)]
    assert sum(kinds) == 6
    assert sum(kinds[:10]) == 3
    assert not any(moves(Data(orbits=20, dynamic=0.0), i) for i in range(20))


def test_latents_are_the_encoders(tmp_path):
    config = make(tmp_path, ball, orbits=3)
    autoencoder = fresh(config.architecture, 0).autoencoder
    shards = sets(config, tmp_path, tmp_path / "latents")[0]
    write_latents(autoencoder, shards, ALL, torch.device("cpu"), Progress())
    reader = Reader(shards)
    assert reader.latents(0).shape == (21, 4, 8, 8)
    truth, _, _ = ball(config.data, 2, 2, 64, "cpu")
    assert torch.equal(reader.frame(2, 5), truth[5])
    with torch.no_grad():
        mode = autoencoder.encode(truth[5:6] / 127.5 - 1).latent_dist.mode()
    assert torch.allclose(reader.latents(2)[5], mode[0] * 0.18215, atol=1e-3)
    assert some_latents(autoencoder, shards, 21, torch.device("cpu")).shape == (63, 4, 8, 8)


def test_with_little_memory_frames_are_encoded_one_by_one(tmp_path, monkeypatch):
    config = make(tmp_path, ball, orbits=1, held_out=1)
    autoencoder, shards = fresh(config.architecture, 0).autoencoder, sets(config, tmp_path, tmp_path / "latents")[0]
    sizes, stored = [], []

    def watched(network, pictures):
        sizes.append(len(pictures))
        return encode(network, pictures)

    monkeypatch.setattr(batches, "encode", watched)
    for free in (None, 1 << 20):
        monkeypatch.setattr(batches, "free_memory", lambda device, free=free: free)
        write_latents(autoencoder, shards, ALL, torch.device("cpu"), Progress())
        stored.append(Reader(shards).latents(0))
        shards.path("latents", 0).unlink()
    assert sizes == [6, 6, 6, 3, *[1] * 21]
    assert torch.allclose(*stored, atol=1e-3)


def test_latents_are_made_anew_for_another_encoder(tmp_path):
    config = make(tmp_path, ball, orbits=3)
    shards = sets(config, tmp_path, tmp_path / "latents")[0]
    stored = []
    for seed in (0, 0, 1):
        autoencoder = fresh(config.architecture, seed).autoencoder
        write_latents(autoencoder, shards, ALL, torch.device("cpu"), Progress())
        stored.append((fingerprint(autoencoder), shards.path("latents", 0).stat().st_mtime_ns))
    assert stored[0] == stored[1]
    assert stored[1][0] != stored[2][0]
    assert stored[1][1] != stored[2][1]


def test_latents_are_made_anew_for_other_frames(tmp_path):
    autoencoder = fresh(tiny().architecture, 0).autoencoder
    stored = []
    for white in (0.9, 0.9, 0.5):
        shards = sets(make(tmp_path, ball, orbits=3, white=white), tmp_path, tmp_path / "latents")[0]
        write_latents(autoencoder, shards, ALL, torch.device("cpu"), Progress())
        stored.append(shards.path("latents", 0).stat().st_mtime_ns)
    assert stored[0] == stored[1] != stored[2]
    assert {path.parent.name for path in tmp_path.rglob("*latents-*")} == {"latents"}


def test_frames_are_made_anew_when_the_generator_changes(tmp_path, monkeypatch):
    source = Counted()
    make(tmp_path, source, orbits=2, held_out=1)
    monkeypatch.setattr("sv3d_engine.laboratory.dataset.generator.GENERATION", 99)
    make(tmp_path, source, orbits=2, held_out=1)
    assert len(source.seeds) == 6


def test_a_folders_last_files_are_held_out(tmp_path):
    names = sorted("012", key=lambda name: zlib.crc32(f"{name}.glb".encode()))
    for i, name in enumerate(names):
        trimesh.creation.box((0.3 + 0.3 * i, 1, 0.2)).export(tmp_path / f"{name}.glb")
    data = Data(orbits=4, folder=str(tmp_path), held_out=1, dynamic=0.0)

    def widths(index, seed):
        frames, elevations, azimuths = from_dataset(data, index, seed, 24, "cpu")
        assert frames.shape == (21, 3, 24, 24) and frames.dtype == torch.uint8
        assert float(azimuths[-1]) == 0 and len(set(elevations.tolist())) == 1
        return (frames[-1] < 255).any(0).any(0).sum().item()

    seen = [widths(i, 7) for i in range(3)]  # of one orbit each time
    assert seen[0] == seen[2] < seen[1]
    assert widths(0, data.held_out_seed) > 0


def test_a_file_that_cannot_be_read_leaves_its_place_to_the_next(tmp_path, caplog):
    broken, next_one, last = sorted(("0.glb", "1.glb", "2.glb"), key=lambda name: zlib.crc32(name.encode()))
    (tmp_path / broken).write_bytes(b"nothing")
    trimesh.creation.box((1, 1, 0.2)).export(tmp_path / next_one)
    trimesh.creation.box((0.3, 1, 0.2)).export(tmp_path / last)
    data = Data(orbits=4, folder=str(tmp_path), held_out=1, dynamic=0.0)
    first, second = (from_dataset(data, index, 7, 24, "cpu")[0] for index in (0, 1))
    assert torch.equal(first, second)
    assert f"{broken} is left out" in caplog.text
    (tmp_path / last).write_bytes(b"nothing")
    with pytest.raises(UserError, match="None of 1 models can be read"):
        from_dataset(data, 0, data.held_out_seed, 24, "cpu")


def test_a_folder_has_its_share_of_static_and_dynamic_orbits(tmp_path):
    for i in range(2):
        trimesh.creation.box((0.2, 0.2, 1)).export(tmp_path / f"{i}.glb")
    data = Data(orbits=16, folder=str(tmp_path), folder_share=0.5, held_out=1, dynamic=0.5)
    seen = set()
    for index in range(8):
        frames, elevations, _ = from_dataset(data, index, index, 24, "cpu")
        thin = bool(((frames[-1] < 255).any(0).any(0).sum() < 8).item())
        assert thin == bool(of_folder_before(data, index + 1) - of_folder_before(data, index))
        seen.add((thin, len(set(elevations.tolist())) > 1))
    assert len(seen) == 4, "both kinds of orbit of both kinds of object"


def test_orbits_for_training_may_be_in_part_and_held_out_ones_are_whole():
    whole, part = Data(orbits=2, dynamic=1.0, sine=1.0), Data(orbits=2, dynamic=1.0, sine=1.0, views=5)
    frames, elevations, azimuths = from_dataset(whole, 0, 3, 24, "cpu")
    some, risen, turned = from_dataset(part, 0, 3, 24, "cpu")
    assert float(elevations.max() - elevations.min()) > 59, "up and down once, by 30°"
    places = [azimuths.tolist().index(a) for a in turned.tolist()]
    assert len(places) == 5 and places == sorted(places) and places[-1] == 20
    assert torch.equal(risen, elevations[places])
    assert ((some.int() - frames[places].int()).abs() > 4).float().mean() < 0.01  # edges are rounded by a frame's place
    assert len(from_dataset(part, 0, part.held_out_seed, 24, "cpu")[0]) == 21


def test_generated_objects_come_by_their_seed():
    data = Data(orbits=2, dynamic=0.5)
    frames, elevations, azimuths = from_dataset(data, 1, 1, 24, "cpu")
    assert frames.shape == (21, 3, 24, 24)
    assert len(set(elevations.tolist())) > 1
    assert torch.equal(frames, from_dataset(data, 1, 1, 24, "cpu")[0])
    assert azimuths[-1] == 0
