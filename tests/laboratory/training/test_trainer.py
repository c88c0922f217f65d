"""The loop: what it does to weights, how it stops and goes on, and that processes share a batch."""

import json
import os
import socket
from dataclasses import replace

import pytest
import torch
from safetensors.torch import load_file

from sv3d_engine.ground.progress import Cancelled, Progress
from sv3d_engine.laboratory.training.batches import OrbitBatches, Share
from sv3d_engine.laboratory.training.checkpoints import Checkpoint
from sv3d_engine.laboratory.training.config import Looks
from sv3d_engine.laboratory.training.networks import fresh
from sv3d_engine.laboratory.training.objectives import DiffusionObjective
from sv3d_engine.laboratory.training.orbit_shards import Reader
from sv3d_engine.laboratory.training.trainer import fit, rate_share
from tests.laboratory.training.orbit_files import write_random_orbits
from tests.laboratory.training.runs import optimiser, run_on_cpu, steps, tiny

METHODS = ("adamw", "muon")


class StopAt(Progress):
    """Wants an end once a share is done."""

    def __init__(self, share: float) -> None:
        self._share = share

    def __call__(self, fraction: float, note: str = "") -> None:
        if fraction >= self._share:
            raise Cancelled


@pytest.fixture(scope="module")
def shards(tmp_path_factory):
    return write_random_orbits(tmp_path_factory.mktemp("orbits"), count=4)


def made(folder):
    folder.mkdir(parents=True)
    return folder


def learn(shards, folder, progress=None, count=4, looks=None, share=None, method="adamw"):
    """Train a tiny network; its objective."""
    config = steps(tiny(), count)
    stage = config.stages[-1]
    stage = replace(stage, optimiser=replace(stage.optimiser, method=method))
    objective = DiffusionObjective(fresh(config.architecture, 0), stage)
    batches = OrbitBatches(Reader(shards), stage, config.seed, share or Share())
    checkpoint = Checkpoint(folder / "checkpoint.safetensors", stage.name)
    run = run_on_cpu(folder / "curves.jsonl", looks)
    fit(run, objective, batches, stage.optimiser, checkpoint, progress or Progress())
    return objective


@pytest.mark.parametrize("method", METHODS)
def test_two_steps_and_two_more_are_four(shards, tmp_path, method):
    whole, halves = made(tmp_path / "whole"), made(tmp_path / "halves")
    wanted = learn(shards, whole, method=method).state_dict()
    with pytest.raises(Cancelled):
        learn(shards, halves, StopAt(0.5), method=method)
    assert len((halves / "curves.jsonl").read_text().splitlines()) == 2
    learnt = learn(shards, halves, method=method).state_dict()
    assert all(torch.equal(wanted[name], learnt[name]) for name in wanted)
    one, two = (load_file(folder / "checkpoint.safetensors") for folder in (whole, halves))
    assert one.keys() == two.keys()
    assert all(torch.equal(one[key], two[key]) for key in one)
    curves = [
        [json.loads(line)["loss"] for line in (f / "curves.jsonl").read_text().splitlines()] for f in (whole, halves)
    ]
    assert curves[0] == curves[1]


def test_lines_after_the_checkpoint_are_written_anew(shards, tmp_path):
    with pytest.raises(Cancelled):
        learn(shards, tmp_path, StopAt(0.5))
    with (tmp_path / "curves.jsonl").open("a") as stream:
        stream.write('{"stage": "p", "step": 3, "loss": 1}\n{"stage": "u", "step": 9, "loss": 1}\n')
    learn(shards, tmp_path)
    told = [json.loads(line) for line in (tmp_path / "curves.jsonl").read_text().splitlines()]
    assert [(line["stage"], line["step"]) for line in told] == [
        *(("p", 1), ("p", 2)),
        ("u", 9),
        *(("p", 3), ("p", 4)),
    ]


def test_the_averaged_weights_stay_at_the_end(shards, tmp_path):
    objective = learn(shards, tmp_path, count=2)
    kept = load_file(tmp_path / "checkpoint.safetensors")
    assert torch.equal(objective.unet.conv_out.weight, kept["ema/unet.conv_out.weight"])
    assert not torch.equal(kept["live/unet.conv_out.weight"], kept["ema/unet.conv_out.weight"])
    assert torch.equal(kept["ema/clip.proj"], objective.clip.proj)


def test_a_frozen_image_encoder_is_left_alone(shards, tmp_path):
    config = steps(tiny(), 1)
    model = fresh(config.architecture, 0)
    before = model.clip.proj.clone()
    stage = config.stages[-1]
    objective = DiffusionObjective(model, stage, train_image_encoder=False)
    batches = OrbitBatches(Reader(shards), stage, 0, Share())
    fit(run_on_cpu(), objective, batches, stage.optimiser, Checkpoint(tmp_path / "c.safetensors", "p"), Progress())
    assert torch.equal(model.clip.proj, before)
    assert not any("clip" in key for key in load_file(tmp_path / "c.safetensors"))


def test_the_rate_rises_and_falls():
    settings = optimiser(steps=100, warmup=10, final_rate=0.1)
    shares = [rate_share(step, settings) for step in range(100)]
    assert shares[:10] == pytest.approx([0.1 * (i + 1) for i in range(10)])
    assert shares[10] == pytest.approx(1)
    assert shares[55] == pytest.approx(0.55)
    assert shares[99] == pytest.approx(0.1, abs=0.01)


def _one_of_two(rank, port, shards, folder):
    """A process of its own, as `accelerate launch` starts them."""
    told = {"RANK": rank, "LOCAL_RANK": rank, "WORLD_SIZE": 2, "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port}
    os.environ.update({key: str(value) for key, value in told.items()})
    torch.set_num_threads(1)
    looks, share = Looks(log=1, every=1000, save=1000), Share(rank, 2)
    for method in METHODS:
        learn(shards, made(folder / method / str(rank)), count=2, looks=looks, share=share, method=method)


@pytest.fixture(scope="module")
def of_two_processes(shards, tmp_path_factory):
    """What two processes together have learnt, by method and rank: they take longer to start than to learn."""
    folder = tmp_path_factory.mktemp("two")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    torch.multiprocessing.spawn(_one_of_two, (port, shards, folder), nprocs=2)
    return folder


@pytest.mark.parametrize("method", METHODS)
def test_two_processes_are_one_with_the_whole_batch(shards, tmp_path, of_two_processes, method):
    first, second = (of_two_processes / method / rank for rank in "01")
    learn(shards, tmp_path, count=2, method=method)

    def losses(folder):
        return [json.loads(line)["loss"] for line in (folder / "curves.jsonl").read_text().splitlines()]

    assert losses(first) == pytest.approx(losses(tmp_path), rel=1e-4)
    one, two = (load_file(folder / "checkpoint.safetensors") for folder in (tmp_path, first))
    assert all(torch.allclose(one[key], two[key], atol=2e-3) for key in one if key.startswith("ema"))
    assert not (second / "checkpoint.safetensors").exists()
