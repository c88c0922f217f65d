"""A whole training with everything tiny, as the command does it."""

import json
import os
import shutil
import signal
import sys
from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image

from sv3d_engine.ground.progress import Cancelled
from sv3d_engine.job.command_line import main
from sv3d_engine.job.terminal import TerminalProgress
from sv3d_engine.laboratory.training import command
from sv3d_engine.laboratory.training.trainer import Stop
from sv3d_engine.shared.errors import UserError
from sv3d_engine.shared.model_facts import Usage
from sv3d_engine.sv3d.network.weights import inspect
from tests.laboratory.training.runs import steps, tiny
from tests.laboratory.training.stand_in import ball


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    out = tmp_path_factory.mktemp("run")
    command.start(steps(tiny(), 4), out, out / "orbits", "cpu", source=ball)
    return out


def test_a_run_leaves_a_model_curves_and_sheets(trained):
    info = inspect(trained / "sv3d_tiny.safetensors")
    assert info.own_tower
    assert (info.name, info.variant) == ("SV3D-tiny", "p")
    assert info.usage == tiny().usage != Usage()
    told = [json.loads(line) for line in (trained / "curves.jsonl").read_text().splitlines()]
    assert {line["stage"] for line in told} == {"autoencoder", "u", "p"}
    measured = [line for line in told if "psnr_frames" in line]
    assert [(line["stage"], line["step"], len(line["psnr_frames"])) for line in measured] == [
        ("u", 4, 21),
        ("p", 4, 21),
    ]
    sheet = np.asarray(Image.open(trained / "p-000004.png"))
    assert sheet.shape == (4 * 64, 7 * 64, 3)


def test_a_finished_run_is_not_done_again_but_told(trained):
    config = steps(tiny(), 4)
    before = (trained / "p.safetensors").stat().st_mtime_ns
    with pytest.raises(UserError, match="--resume"):
        command.start(config, trained, trained / "orbits", "cpu", source=ball)
    command.start(config, trained, trained / "orbits", "cpu", resume=True, source=ball)
    assert (trained / "p.safetensors").stat().st_mtime_ns == before
    with pytest.raises(UserError, match="another config"):
        command.start(replace(config, seed=5), trained, trained / "orbits", "cpu", resume=True, source=ball)


def test_how_it_is_used_can_be_told_afterwards(trained, tmp_path):
    shutil.copytree(trained, tmp_path / "run")
    config = replace(steps(tiny(), 4), usage=Usage("ays", 7, 2.0, 1.5))
    file = command.start(config, tmp_path / "run", trained / "orbits", "cpu", resume=True, source=ball)
    assert inspect(file).usage == config.usage


def test_a_stopped_run_goes_on_to_the_same_end(trained, tmp_path):
    stop = Stop()

    def stopping(data, index, seed, size, device):
        stop.asked = index == data.orbits - 1  # at the next word after the orbits are made
        return ball(data, index, seed, size, device)

    config = steps(tiny(), 4)
    with pytest.raises(Cancelled):
        command.start(config, tmp_path, tmp_path / "orbits", "cpu", stop=stop, source=stopping)
    command.start(config, tmp_path, tmp_path / "orbits", "cpu", resume=True, source=ball)
    for name in ("autoencoder", "u", "p", "sv3d_tiny"):
        file = f"{name}.safetensors"
        assert (tmp_path / file).read_bytes() == (trained / file).read_bytes(), name


def test_the_first_ctrl_c_asks_and_the_second_ends():
    stop, before = Stop(), signal.getsignal(signal.SIGINT)
    with command._interrupts(stop):
        os.kill(os.getpid(), signal.SIGINT)
        assert stop.asked
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is before


def test_progress_tells_the_time_left(monkeypatch, capsys):
    clock = iter([0.0, 30.0, 31.0])
    monkeypatch.setattr(command.time, "monotonic", lambda: next(clock))
    telling = command.Telling(TerminalProgress(sys.stderr), Stop(), True, "p", 5, 5)
    telling(0.0, "Step 0")
    telling(0.5, "Step 50")
    assert "50%, 30 s left  5 of 5, p 50% (Step 50)" in capsys.readouterr().err
    with pytest.raises(Cancelled):
        command.Telling(TerminalProgress(sys.stderr), Stop(True), False, "p", 5, 5)(0.6)


def test_mistakes_are_explained(tmp_path, capsys):
    assert main(["train", "--config", "nonsense", "--out", str(tmp_path)]) == 2
    assert "mini" in capsys.readouterr().err
    if not torch.cuda.is_available():
        assert main(["train", "--config", "tiny", "--out", str(tmp_path), "--device", "cuda"]) == 2
    with pytest.raises(UserError, match="float16"):
        command.make_accelerator(tiny(precision="float16"), "cpu")


def test_processes_that_cannot_share_a_batch_are_told_before_anything_is_made():
    with pytest.raises(UserError, match="3 processes cannot share a batch of 8"):
        command._check_shares(tiny(stages=()), 3)
