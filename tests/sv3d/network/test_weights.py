"""Loading: what is read, what is refused and how it is said, and how much memory it takes."""

import json
import pickle
import struct
import zipfile

import numpy as np
import pytest
import torch
from safetensors.numpy import save_file

from sv3d_engine.shared.errors import UserError
from sv3d_engine.shared.model_facts import Usage
from sv3d_engine.sv3d.network import weights
from sv3d_engine.sv3d.network.weights import inspect, load_sv3d
from tests.golden import write_checkpoint
from tests.sv3d.network.small import manifest, write_zeros

LABEL = "model.diffusion_model.label_emb.0.0.weight"


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    return write_zeros(tmp_path_factory.mktemp("weights") / "small.safetensors")


def refusal(path, wanted="auto") -> UserError:
    with pytest.raises(UserError) as caught:
        inspect(path, wanted)
    return caught.value


@pytest.mark.parametrize("variant", ["u", "p"])
def test_the_variant_is_recognised_from_the_shapes(variant, tmp_path):
    info = inspect(write_zeros(tmp_path / "w.safetensors", variant))
    assert info.variant == variant
    assert info.frame_size == 576
    assert info.unread == ()


def test_facts_in_the_file_are_read(tmp_path):
    info = inspect(write_zeros(tmp_path / "w.safetensors", name="SV3D-mini", frame_size=128))
    assert (info.name, info.frame_size) == ("SV3D-mini", 128)
    assert info.architecture.head_width == 16


def test_weights_may_tell_how_they_are_best_used(tmp_path):
    usage = {"sampler": "ays", "steps": 4, "guidance_scale": 1.25, "camera_guidance": 1.5}
    assert inspect(write_zeros(tmp_path / "w.safetensors", **usage)).usage == Usage(**usage)


def test_tensors_that_nothing_reads_are_told(tmp_path):
    path = write_zeros(tmp_path / "w.safetensors", change={"model_ema.decay": [1]})
    assert inspect(path).unread == ("model_ema.decay",)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16])
def test_all_parameters_are_loaded_in_the_wanted_type(small, dtype):
    model = load_sv3d(small, dtype)
    for name, part in model.parts():
        wanted = torch.float32 if name == "autoencoder" else dtype  # as in the reference
        assert {(p.dtype, p.device.type, p.requires_grad) for p in part.parameters()} == {(wanted, "cpu", False)}
        assert not part.training


def test_a_file_opened_anew_while_it_is_read_gives_the_same(tmp_path, monkeypatch):
    path = tmp_path / "w.safetensors"
    write_checkpoint(manifest("u"), path)
    whole = load_sv3d(path, torch.float16)
    monkeypatch.setattr(weights, "_MOST_MAPPED", 1 << 20)
    for (_, part), (_, again) in zip(whole.parts(), load_sv3d(path, torch.float16).parts(), strict=True):
        assert all(torch.equal(a, b) for a, b in zip(part.parameters(), again.parameters(), strict=True))


def test_loading_tells_how_far_it_is_and_can_be_stopped(small):
    shares = []
    load_sv3d(small, tell=shares.append)
    assert shares == sorted(shares)
    assert shares[-1] == 1.0

    class Stop(Exception):
        pass

    def stop(_share):
        raise Stop

    with pytest.raises(Stop):
        load_sv3d(small, tell=stop)


# ---- what is not SV3D ---------------------------------------------------------------------------------------------


def test_a_missing_file_is_named(tmp_path):
    assert "There is no weights file" in refusal(tmp_path / "sv3d_p.safetensors").cause


def test_a_missing_tensor_is_named(tmp_path):
    key = "model.diffusion_model.middle_block.1.proj_in.weight"
    error = refusal(write_zeros(tmp_path / "w.safetensors", change={key: None}))
    assert f"it lacks {key}" in error.cause


def test_every_missing_tensor_stands_in_the_details(tmp_path):
    keys = [k for k in manifest("p") if k.startswith("first_stage_model.decoder.mid.")]
    error = refusal(write_zeros(tmp_path / "w.safetensors", change=dict.fromkeys(keys)))
    assert f"{len(keys) - 1} more" in error.cause
    assert set(error.details.splitlines()) == set(keys)


def test_a_wrong_shape_is_named_with_both_shapes(tmp_path):
    key = "model.diffusion_model.time_embed.2.bias"
    error = refusal(write_zeros(tmp_path / "w.safetensors", change={key: [96]}))
    assert key in error.cause
    assert "(96,)" in error.cause
    assert "(128,)" in error.cause


def test_svd_is_recognised(tmp_path):
    error = refusal(write_zeros(tmp_path / "svd_xt.safetensors", change={LABEL: [128, 768]}))
    assert error.cause == "svd_xt.safetensors is not SV3D: it is SVD, the video model that SV3D was made from."


def test_another_camera_vector_is_refused(tmp_path):
    assert "1024 numbers" in refusal(write_zeros(tmp_path / "w.safetensors", change={LABEL: [128, 1024]})).cause


def test_an_image_model_is_recognised(tmp_path):
    gone = [k for k in manifest("p") if ".time_stack." in k]
    error = refusal(write_zeros(tmp_path / "sd.safetensors", change=dict.fromkeys(gone)))
    assert "it makes single pictures, not orbits" in error.cause


def test_some_other_safetensors_file_is_refused(tmp_path):
    save_file({"bert.weight": np.zeros(3, np.float32)}, tmp_path / "bert.safetensors")
    assert "it holds no diffusion network" in refusal(tmp_path / "bert.safetensors").cause


def test_u_takes_no_camera_orbit(tmp_path):
    error = refusal(write_zeros(tmp_path / "w.safetensors", "u"), "p")
    assert "is SV3D_u: it takes no camera orbit" in error.cause


def test_p_needs_a_camera_orbit(small):
    assert "needs a camera orbit" in refusal(small, "u").cause
    assert inspect(small, "c").variant == "p"


# ---- what is not a whole safetensors file -------------------------------------------------------------------------


@pytest.mark.parametrize("share", [0.0, 0.001, 0.01, 0.5, 0.999])
def test_a_truncated_file_is_told(small, tmp_path, share):
    data = small.read_bytes()
    path = tmp_path / "cut.safetensors"
    path.write_bytes(data[: int(len(data) * share)])
    assert "is cut short" in refusal(path).cause


@pytest.mark.parametrize(
    ("start", "told"),
    [
        (b"version https://git-lfs.github.com/spec/v1\n", "pointer of Git LFS"),
        (b"<!DOCTYPE html><html>Sign in</html>", "web page"),
        (b"GGUF\x03\x00\x00\x00rest", "GGUF"),
        (b"\x89PNG\r\n\x1a\n" + bytes(200), "not a safetensors file"),
        (struct.pack("<Q", 10) + b"not JSON!!", "not a safetensors file"),
        (struct.pack("<Q", 2) + b"[]", "not a safetensors file"),
        (struct.pack("<Q", 20) + b'{"a": {"dtype": 1} }', "not a safetensors file"),
    ],
)
def test_other_files_are_told_by_what_they_are(tmp_path, start, told):
    path = tmp_path / "weights.safetensors"
    path.write_bytes(start)
    assert told in refusal(path).cause


@pytest.mark.parametrize("damage", ["shape", "data_offsets", "more"])
def test_a_file_whose_parts_do_not_fit_together_is_told(small, tmp_path, damage):
    data = small.read_bytes()
    length = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8 : 8 + length])
    if damage != "more":
        header[LABEL][damage] = [4, 8]
    text = json.dumps(header).encode()
    path = tmp_path / "w.safetensors"
    path.write_bytes(struct.pack("<Q", len(text)) + text + data[8 + length :] + b"more" * (damage == "more"))
    assert "is damaged" in refusal(path).cause


def test_pickles_are_refused_without_being_opened(tmp_path):
    class Bomb:
        def __reduce__(self):
            return (exec, ("raise SystemExit('it ran')",))

    bare, zipped = tmp_path / "bare.ckpt", tmp_path / "zipped.safetensors"
    bare.write_bytes(pickle.dumps({"state_dict": Bomb()}))
    with zipfile.ZipFile(zipped, "w") as archive:
        archive.writestr("archive/data.pkl", pickle.dumps(Bomb()))
    for path in (bare, zipped):
        assert "pickle" in refusal(path).cause


def test_integers_are_refused(tmp_path):
    path = write_zeros(tmp_path / "w.safetensors")
    header_length = struct.unpack("<Q", path.read_bytes()[:8])[0]
    data = bytearray(path.read_bytes())
    header = bytes(data[8 : 8 + header_length]).replace(b'"F16"', b'"I16"')
    data[8 : 8 + header_length] = header
    path.write_bytes(data)
    assert "I16" in refusal(path).cause


def test_broken_facts_are_ignored(tmp_path):
    path = tmp_path / "w.safetensors"
    tensors = {key: np.zeros(shape, np.float16) for key, shape in manifest("p").items()}
    save_file(tensors, path, metadata={"sv3d": "{broken"})
    assert inspect(path).architecture.head_width == 64


@pytest.mark.parametrize("fact", [{"head_width": "wide"}, {"clip_head_width": 0}, {"frame_size": 100}, {"groups": 12}])
def test_facts_that_cannot_be_are_refused(tmp_path, fact):
    error = refusal(write_zeros(tmp_path / "w.safetensors", **fact))
    assert "not SV3D" in error.cause
    assert next(iter(fact)) in error.details
