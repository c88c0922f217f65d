"""Configs: those that come with SV3D, and what is wrong with others."""

import json

import pytest
import torch

from sv3d_engine.laboratory.training.config import CONFIGS, parse_config, read_config
from sv3d_engine.shared.errors import UserError
from sv3d_engine.sv3d.network.sv3d import checkpoint_keys, empty_sv3d
from sv3d_engine.sv3d.network.weights import read_architecture

ARCHITECTURE = {
    "channels": [32],
    "attention": [True],
    "blocks": 1,
    "head_width": 32,
    "context_width": 32,
    "vae_channels": [32],
    "vae_blocks": 1,
    "post_quant": True,
    "clip_width": 32,
    "clip_layers": 1,
    "clip_head_width": 16,
    "clip_patch": 8,
    "clip_size": 32,
    "frame_size": 32,
}
SMALL = {
    "name": "x",
    "start": "w.safetensors",
    "architecture": ARCHITECTURE,
    "data": {"orbits": 4},
    "optimiser": {"batch": 8, "rate": 1e-4},
    "stages": [{"name": "u", "variant": "u", "steps": 3, "rate": 2e-4}],
}


@pytest.mark.parametrize("name", sorted(p.stem for p in CONFIGS.glob("*.toml")))
def test_configs_that_come_with_sv3d_can_be_read(name):
    config = read_config(name)
    assert config.architecture.variant == "p"
    assert config.stages[-1].variant == "p"


def test_a_stage_has_its_own_values_over_the_shared_ones():
    optimiser = parse_config(SMALL).stages[0].optimiser
    assert (optimiser.steps, optimiser.batch, optimiser.rate) == (3, 8, 2e-4)


def test_json_will_do_as_well(tmp_path):
    path = tmp_path / "c.json"
    path.write_text(json.dumps(SMALL))
    assert read_config(str(path)) == parse_config(SMALL)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"presicion": "float32"}, "presicion"),
        ({"data": {"orbits": 4, "folder_share": 1.5}}, "folder_share is 1.5, not a share"),
        ({"data": {"orbits": 4, "fill": [0.9, 0.8]}}, "the smaller first"),
        ({"data": {"orbits": 4, "views": 1}}, "views is 1"),
        ({"data": {"orbits": 4, "views": 20}}, "views is 20"),  # the stage hears no poses
        ({"data": {}}, "orbits"),
        ({"precision": "float8"}, "float8"),
        ({"stages": []}, "stages"),
        ({"start": None}, "autoencoder"),
        ({"stages": [{"name": "q", "variant": "q", "steps": 1}]}, "“q”"),
        ({"stages": [{"name": n, "variant": n, "steps": 1} for n in "pu"]}, "comes after"),
        ({"stages": [{"name": "u", "variant": "u", "steps": 1}] * 2}, "different names"),
        ({"stages": [{"name": "checkpoint", "variant": "u", "steps": 1}]}, "checkpoint"),
        ({"data": {"orbits": 4, "held_out": 0}}, "held out"),
        ({"usage": {"guidance_scale": 30}}, "guidance_scale and"),
        ({"usage": {"camera_guidance": 30}}, "camera_guidance from 0"),
        ({"usage": {"sampler": "magic"}}, "euler, ays"),
        ({"usage": {"steps": 0}}, "steps from 1"),
        ({"stages": [{"name": "u", "variant": "u", "steps": 1, "frames": 22}]}, "22 frames"),
        ({"stages": [{"name": "u", "variant": "u", "steps": 1, "frames": 7}]}, "needs all frames"),
        ({"looks": {"guidance": -1}}, "guidance is -1"),
        ({"stages": [{"name": "u", "variant": "u", "steps": 1, "method": "sgd"}]}, "method is “sgd”"),
        *(({"architecture": {**ARCHITECTURE, "groups": g}}, "groups is") for g in (0, -8, 12, "8", True, 8.0)),
        ({"architecture": {**ARCHITECTURE, "channels": [48]}}, "no multiple of 32"),
        ({"autoencoder": {"steps": 1, "batch": 1, "rate": 1e-3}}, "lose colour"),
        ({"data": {"orbits": 4, "first_seed": 10, "held_out_seed": 13}}, "held out as well"),
    ],
)
def test_what_is_wrong_is_named(change, said, tmp_path):
    with pytest.raises(ValueError, match=said):
        parse_config({**SMALL, **change})


def test_an_unknown_config_is_told_with_the_known_ones():
    with pytest.raises(UserError, match="mini_cpu"):
        read_config("nonsense")


@pytest.mark.parametrize("name", ["mini", "mini_cpu"])
def test_the_demonstration_model_is_small_enough(name):
    model = empty_sv3d(read_config(name).architecture)
    halves = 2 * sum(p.numel() for _, part in model.parts() for p in part.parameters())
    assert halves < 30e6, f"{halves / 1e6:.1f} MB"


def test_the_full_config_is_the_official_architecture():
    official = json.loads((CONFIGS.parents[3] / "tests/data/sv3d_p_checkpoint_manifest.json").read_text())
    model = empty_sv3d(read_config("full").architecture)
    for key, (module, name) in checkpoint_keys(model).items():
        assert torch.Size(official[key]).numel() == module.get_parameter(name).numel(), key
    shapes = {key: tuple(shape) for key, shape in official.items()}
    assert read_architecture(shapes, {}, "official") == read_config("full").architecture
