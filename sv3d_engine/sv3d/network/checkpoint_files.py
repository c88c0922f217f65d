"""Checkpoints on disk by their headers alone: which tensors, which shapes, whether they are whole."""

import json
import re
import stat
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open

from ...shared.architecture import not_sv3d
from ...shared.errors import UserError, explain
from ...shared.model_facts import Usage
from .checkpoint_keys import autoencoder_key, clip_key, unet_key

_LONGEST_HEADER = 100 << 20  # bytes, as the format says
_PICKLES = (b"PK\x03\x04", b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05")  # zip of torch.save, bare pickles
_DTYPES = {"F64", "F32", "F16", "BF16"}
WEIGHTS_AGAIN = (
    "Put it back, or choose the weights anew in the SV3D preferences (on the command line: --weights); then resume the "
    "job."
)
_AGAIN = "Download it again, and wait until the download has ended."


@dataclass(frozen=True)
class TensorFile:
    """A whole safetensors file: shapes by key, and the text its maker put in."""

    path: Path
    shapes: dict[str, tuple[int, ...]]
    metadata: dict[str, str]


def open_tensor_file(path: Path) -> TensorFile:
    """Read and check a file's header; no tensor is read.  Raises UserError that says what the file is instead."""
    try:
        status = path.stat()
        size = status.st_size
        if not stat.S_ISREG(status.st_mode):  # to open a pipe would wait for ever
            raise _not_safetensors(path)
        with path.open("rb") as stream:
            start = stream.read(8)
            _refuse_others(start, size, path)
            length = int.from_bytes(start, "little")
            if length > _LONGEST_HEADER:
                raise _not_safetensors(path)
            header = stream.read(length)
    except FileNotFoundError:
        raise UserError(f"There is no weights file {path}.", WEIGHTS_AGAIN) from None
    except OSError as error:
        raise explain(error) from error
    if len(header) < length:
        raise _truncated(path, f"{size} bytes; the header alone has {length}")
    return _parse(header, size, path)


def _parse(header: bytes, size: int, path: Path) -> TensorFile:
    try:
        entries: dict[str, Any] = json.loads(header)
        metadata = dict(entries.pop("__metadata__", {}))
        shapes = {key: tuple(int(n) for n in entry["shape"]) for key, entry in entries.items()}
        ends = [int(entry["data_offsets"][1]) for entry in entries.values()]
        odd = [key for key, entry in entries.items() if entry["dtype"] not in _DTYPES]
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError) as error:
        raise _not_safetensors(path, str(error)) from error
    expected = 8 + len(header) + max(ends, default=0)
    if size < expected:
        raise _truncated(path, f"{size} of {expected} bytes are there")
    if odd:
        raise UserError(
            f"{path.name} holds numbers of a kind that SV3D cannot use ({entries[odd[0]]['dtype']}).",
            "Choose weights stored as 16-bit or 32-bit floating point.",
            "\n".join(odd),
        )
    _check_layout(path)
    return TensorFile(path, shapes, metadata)


def _check_layout(path: Path) -> None:
    """Let the library that will read the tensors check that they fill the file without gaps; it reads none of them."""
    try:
        with safe_open(path, framework="numpy"):
            pass
    except (SafetensorError, OSError) as error:
        raise UserError(f"{path.name} is damaged: its parts do not fit together.", _AGAIN, str(error)) from error


def _refuse_others(start: bytes, size: int, path: Path) -> None:
    """Say what the file is, where its first bytes tell."""
    if start.startswith(_PICKLES):
        raise UserError(
            f"{path.name} is a pickle file, which could run any program on your computer.",
            "Choose the .safetensors file of the same weights.",
        )
    if start.startswith(b"version "):
        raise UserError(
            f"{path.name} is only a pointer of Git LFS, not the weights.", "Download the file itself, about 9 GB."
        )
    if start.lstrip().lower().startswith((b"<!doct", b"<html")):
        raise UserError(
            f"{path.name} is a web page, not the weights.",
            "Accept the licence on the model's page, then download the file itself.",
        )
    if start.startswith(b"GGUF"):
        raise UserError(f"{path.name} is a GGUF file.", "Choose the .safetensors file of the same weights.")
    if size < 8:
        raise _truncated(path, f"{size} bytes")


def _not_safetensors(path: Path, details: str = "") -> UserError:
    return UserError(
        f"{path.name} is not a safetensors file.", "Choose sv3d_p.safetensors or sv3d_u.safetensors.", details
    )


def _truncated(path: Path, details: str) -> UserError:
    return UserError(f"{path.name} is cut short: its end is missing.", _AGAIN, details)


_PARTS = ("unet", "vae", "image_encoder")
_CLIP_LAYER = {
    "layer_norm1": "ln_1",
    "layer_norm2": "ln_2",
    "mlp.fc1": "mlp.c_fc",
    "mlp.fc2": "mlp.c_proj",
    "self_attn.out_proj": "attn.out_proj",
}
_CLIP_ENDS = {
    "vision_model.embeddings.class_embedding": "class_embedding",
    "vision_model.embeddings.patch_embedding.weight": "conv1.weight",
    "vision_model.embeddings.position_embedding.weight": "positional_embedding",
    "vision_model.pre_layrnorm.weight": "ln_pre.weight",  # sic
    "vision_model.pre_layrnorm.bias": "ln_pre.bias",
    "vision_model.post_layernorm.weight": "ln_post.weight",
    "vision_model.post_layernorm.bias": "ln_post.bias",
}
_PROJECTION = "visual_projection.weight"


@dataclass(frozen=True)
class Place:
    """Where a tensor of the official checkpoint lies: several names are joined along their first dimension."""

    file: Path
    names: tuple[str, ...]
    transposed: bool = False


@dataclass(frozen=True)
class _Layout:
    blocks: int
    attention: tuple[bool, ...]
    vae_channels: tuple[int, ...]


def read(folder: Path) -> tuple[dict[str, tuple[int, ...]], dict[str, Place], dict[str, Any]]:
    """Shapes and places by the official keys, and facts for ``read_architecture``.  Raises UserError."""
    files = {part: _tensors(folder, part) for part in _PARTS}
    shapes = {part: {name: shape for name, (_, shape) in found.items()} for part, found in files.items()}
    if "decoder.time_conv_out.weight" in shapes["vae"]:
        raise not_sv3d(folder.name, "its decoder is that of SVD")
    layout = _layout(shapes["unet"], shapes["vae"])
    official: dict[str, tuple[int, ...]] = {}
    places: dict[str, Place] = {}
    for part, key_of in (("unet", unet_key), ("vae", autoencoder_key)):
        for name, (file, shape) in files[part].items():
            try:
                key = key_of(name, layout)
            except (ValueError, KeyError) as error:
                raise not_sv3d(folder.name, f"its {part} is built otherwise", name) from error
            official[key], places[key] = shape, Place(file, (name,))
    for key, names in _clip_names(shapes["image_encoder"]):
        file, shape = files["image_encoder"][names[0]]
        transposed = names == (_PROJECTION,)
        official[key] = shape[::-1] if transposed else (shape[0] * len(names), *shape[1:])
        places[key] = Place(file, names, transposed)
    return official, places, _facts(folder)


def _tensors(folder: Path, part: str) -> dict[str, tuple[Path, tuple[int, ...]]]:
    """File and shape of each tensor in a part's safetensors files; full precision is preferred to fp16."""
    found = sorted((folder / part).glob("*.safetensors"))
    plain = [f for f in found if ".fp16" not in f.name]
    if not found:
        raise UserError(
            f"{folder} is not a folder of SV3D's weights: it has no {part}/*.safetensors.",
            "Choose the folder that holds unet, vae and image_encoder, or the single file sv3d_p.safetensors.",
        )
    return {name: (file, shape) for file in plain or found for name, shape in open_tensor_file(file).shapes.items()}


def _layout(unet: dict[str, tuple[int, ...]], vae: dict[str, tuple[int, ...]]) -> _Layout:
    levels = 1 + _most(unet, r"down_blocks\.(\d+)\.")
    return _Layout(
        blocks=1 + _most(unet, r"down_blocks\.0\.resnets\.(\d+)\."),
        attention=tuple(any(k.startswith(f"down_blocks.{i}.attentions.") for k in unet) for i in range(levels)),
        vae_channels=(0,) * (1 + _most(vae, r"encoder\.down_blocks\.(\d+)\.")),
    )


def _most(shapes: dict[str, tuple[int, ...]], pattern: str) -> int:
    return max((int(m[1]) for name in shapes if (m := re.match(pattern, name))), default=0)


def _clip_names(names: dict[str, tuple[int, ...]]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Official key, and the tensors of transformers' CLIPVisionModelWithProjection that make it up."""
    for name in names:
        if name in _CLIP_ENDS:
            yield clip_key(_CLIP_ENDS[name]), (name,)
        elif name == _PROJECTION:
            yield clip_key("proj"), (name,)
        elif m := re.fullmatch(r"vision_model\.encoder\.layers\.(\d+)\.(.+)\.(weight|bias)", name):
            block = f"transformer.resblocks.{m[1]}."
            if m[2] in _CLIP_LAYER:
                yield clip_key(f"{block}{_CLIP_LAYER[m[2]]}.{m[3]}"), (name,)
            elif m[2] == "self_attn.q_proj":
                yield (
                    clip_key(f"{block}attn.in_proj_{m[3]}"),
                    tuple(name.replace(".q_proj.", f".{which}_proj.") for which in "qkv"),
                )


def _facts(folder: Path) -> dict[str, Any]:
    """Head widths, groups and what suits the model from the parts' config.json, where there are any."""
    facts: dict[str, Any] = {}
    unet, clip = _config(folder / "unet"), _config(folder / "image_encoder")
    with suppress(KeyError, TypeError, IndexError, ZeroDivisionError):
        heads = unet["num_attention_heads"]
        facts["head_width"] = unet["block_out_channels"][0] // (heads if isinstance(heads, int) else heads[0])
    with suppress(KeyError, TypeError, ZeroDivisionError):
        facts["clip_head_width"] = clip["hidden_size"] // clip["num_attention_heads"]
    facts |= {name: unet[name] for name in ("frame_size", *(f.name for f in fields(Usage))) if name in unet}
    if "norm_num_groups" in (vae := _config(folder / "vae")):
        facts["groups"] = vae["norm_num_groups"]
    return facts


def _config(folder: Path) -> dict[str, Any]:
    try:
        data = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return data if isinstance(data, dict) else {}
