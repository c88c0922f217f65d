"""The file at the end is an SV3D like any other."""

import json
from pathlib import Path

import torch
from safetensors import safe_open

from sv3d_engine.laboratory.training.checkpoints import export, official_tensors
from sv3d_engine.laboratory.training.networks import fresh, from_weights
from sv3d_engine.sv3d.network.weights import inspect, load_sv3d
from tests.laboratory.training.runs import tiny

OFFICIAL = Path(__file__).resolve().parents[2] / "data" / "sv3d_p_checkpoint_manifest.json"


def test_what_was_trained_is_loaded_again(tmp_path):
    model = fresh(tiny().architecture, 0)
    torch.nn.init.normal_(model.unet.conv_out.weight)
    path = tmp_path / "tiny.safetensors"
    export(model, path, "SV3D-tiny", seed=3)
    info = inspect(path)
    assert (info.name, info.variant, info.frame_size, info.unread) == ("SV3D-tiny", "p", 64, ())
    assert info.architecture == model.architecture
    loaded = load_sv3d(path)
    for (_, wanted), (_, made) in zip(model.parts(), loaded.parts(), strict=True):
        for a, b in zip(wanted.parameters(), made.parameters(), strict=True):
            assert torch.equal(a.half().float(), b)
    norms = [m for _, part in loaded.parts() for m in part.modules() if isinstance(m, torch.nn.GroupNorm)]
    assert {norm.num_groups for norm in norms} == {tiny().architecture.groups} == {8}
    with safe_open(path, framework="pt") as file:
        assert json.loads(file.metadata()["sv3d"])["seed"] == 3


def test_tensors_have_as_many_dimensions_as_the_official_ones():
    official = json.loads(OFFICIAL.read_text())
    tensors = official_tensors(fresh(tiny().architecture, 0))
    shared = [key for key in tensors if key in official]
    assert len(shared) > 300
    for key in shared:
        if ".skip_connection" not in key:
            assert tensors[key].dim() == len(official[key]), key


def test_training_can_start_from_weights(tmp_path):
    path = tmp_path / "tiny.safetensors"
    export(fresh(tiny().architecture, 0), path, "SV3D-tiny")
    model = from_weights(path)
    assert all(p.requires_grad for _, part in model.parts() for p in part.parameters())
