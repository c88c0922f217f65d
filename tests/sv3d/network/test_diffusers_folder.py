"""A converted SV3D in diffusers' folder format gives the same networks as the single file."""

import json

import pytest
import torch
from safetensors.torch import load_file, save_file

from sv3d_engine.shared.errors import UserError
from sv3d_engine.shared.model_facts import Usage
from sv3d_engine.sv3d.network.weights import inspect, load_sv3d
from tests.golden import write_checkpoint
from tests.sv3d.network.small import manifest, write_zeros

_CLIP = {
    "class_embedding": "vision_model.embeddings.class_embedding",
    "conv1.weight": "vision_model.embeddings.patch_embedding.weight",
    "positional_embedding": "vision_model.embeddings.position_embedding.weight",
    "ln_pre.weight": "vision_model.pre_layrnorm.weight",
    "ln_pre.bias": "vision_model.pre_layrnorm.bias",
    "ln_post.weight": "vision_model.post_layernorm.weight",
    "ln_post.bias": "vision_model.post_layernorm.bias",
}
_LAYER = {"ln_1": "layer_norm1", "ln_2": "layer_norm2", "mlp.c_fc": "mlp.fc1", "mlp.c_proj": "mlp.fc2"}


def as_transformers(tower: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """OpenCLIP's tower under the names of transformers' CLIPVisionModelWithProjection."""
    found = {"visual_projection.weight": tower["proj"].T.contiguous()}
    for name, tensor in tower.items():
        if name in _CLIP:
            found[_CLIP[name]] = tensor
        elif name.startswith("transformer.resblocks."):
            _, _, layer, rest = name.split(".", 3)
            stem, kind = rest.replace("in_proj_", "in_proj.").rsplit(".", 1)
            head = f"vision_model.encoder.layers.{layer}."
            if stem == "attn.in_proj":
                for which, part in zip("qkv", tensor.chunk(3), strict=True):
                    found[f"{head}self_attn.{which}_proj.{kind}"] = part.clone()
            elif stem == "attn.out_proj":
                found[f"{head}self_attn.out_proj.{kind}"] = tensor
            else:
                found[f"{head}{_LAYER[stem]}.{kind}"] = tensor
    return found


@pytest.fixture(scope="module")
def converted(tmp_path_factory):
    """The single file, and a folder made from its networks."""
    root = tmp_path_factory.mktemp("converted")
    single, folder = root / "single.safetensors", root / "folder"
    write_checkpoint(manifest("p"), single)
    model = load_sv3d(single)
    tensors = {
        "unet": model.unet.state_dict(),
        "vae": model.autoencoder.state_dict(),
        "image_encoder": as_transformers(model.clip.state_dict()),
    }
    configs = {
        "unet": {"block_out_channels": [32, 64, 128, 128], "num_attention_heads": [2, 4, 8, 8]},
        "vae": {},
        "image_encoder": {"hidden_size": 64, "num_attention_heads": 4},
    }
    for part, content in tensors.items():
        (folder / part).mkdir(parents=True)
        save_file(content, folder / part / "model.safetensors")
        (folder / part / "config.json").write_text(json.dumps(configs[part]))
    return single, folder


def test_a_folder_gives_the_same_networks(converted):
    single, folder = converted
    one, other = load_sv3d(single), load_sv3d(folder)
    assert one.architecture == other.architecture
    for (_, a), (_, b) in zip(one.parts(), other.parts(), strict=True):
        theirs = dict(b.named_parameters())
        assert all(torch.equal(p, theirs[name]) for name, p in a.named_parameters())
    assert inspect(folder).unread == ()


def with_config(folder, copy, part, told):
    """``folder`` at ``copy`` by links, but for what config.json of ``part`` tells."""
    for other in folder.iterdir():
        if other.name != part:
            (copy / other.name).symlink_to(other)
    (copy / part).mkdir()
    (copy / part / "model.safetensors").symlink_to(folder / part / "model.safetensors")
    (copy / part / "config.json").write_text(json.dumps(told))
    return copy


def test_groups_of_a_folders_autoencoder_are_read(converted, tmp_path):
    _, folder = converted
    assert inspect(with_config(folder, tmp_path, "vae", {"norm_num_groups": 16})).architecture.groups == 16
    assert inspect(folder).architecture.groups == 32


def test_a_folder_may_tell_how_it_is_best_used(converted, tmp_path):
    _, folder = converted
    usage = {"sampler": "ays", "steps": 4, "guidance_scale": 1.25, "camera_guidance": 1.5}
    config = json.loads((folder / "unet" / "config.json").read_text())
    assert inspect(with_config(folder, tmp_path, "unet", {**config, **usage})).usage == Usage(**usage)


def test_a_folder_without_a_part_is_refused(converted, tmp_path):
    _, folder = converted
    (tmp_path / "unet").symlink_to(folder / "unet")
    with pytest.raises(UserError, match=r"it has no vae/\*\.safetensors"):
        inspect(tmp_path)


def test_the_temporal_decoder_of_svd_is_refused(converted, tmp_path):
    _, folder = converted
    for part in ("unet", "image_encoder"):
        (tmp_path / part).symlink_to(folder / part)
    (tmp_path / "vae").mkdir()
    decoder = load_file(folder / "vae" / "model.safetensors") | {"decoder.time_conv_out.weight": torch.zeros(3)}
    save_file(decoder, tmp_path / "vae" / "model.safetensors")
    with pytest.raises(UserError, match="its decoder is that of SVD"):
        inspect(tmp_path)


def test_an_unknown_block_is_refused(converted, tmp_path):
    _, folder = converted
    for part in ("vae", "image_encoder"):
        (tmp_path / part).symlink_to(folder / part)
    (tmp_path / "unet").mkdir()
    unet = load_file(folder / "unet" / "model.safetensors") | {"motion_modules.0.weight": torch.zeros(3)}
    save_file(unet, tmp_path / "unet" / "model.safetensors")
    with pytest.raises(UserError, match="its unet is built otherwise"):
        inspect(tmp_path)


def test_an_empty_folder_is_refused(tmp_path):
    with pytest.raises(UserError, match="not a folder of SV3D's weights"):
        inspect(tmp_path)


def test_a_decoder_with_a_convolution_before_it_keeps_it(tmp_path):
    key = "first_stage_model.post_quant_conv"
    path = write_zeros(tmp_path / "w.safetensors", change={f"{key}.weight": [4, 4, 1, 1], f"{key}.bias": [4]})
    assert load_sv3d(path).autoencoder.post_quant_conv is not None
    assert inspect(path).unread == ()
