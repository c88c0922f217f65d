"""Compare the small network with the reference's outputs.

    python tests/golden.py NPZ MANIFEST VARIANT [--salt TEXT]

The network is built through the public loading path from a checkpoint whose tensors follow the fixed rule below, and
one JSON line tells the largest absolute error of every stage.  The arrays of NPZ are those of the reference network
with the same tensors, in float32 on the CPU.
"""

import argparse
import json
import math
import sys
import tempfile
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # started as a script from anywhere

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.numpy import save_file

from sv3d_engine.ground.torch_setup import prepare_torch
from sv3d_engine.shared.architecture import FACTS
from sv3d_engine.shared.trajectory import Pose
from sv3d_engine.sv3d.diffusion.guidance import Guidance, constant, triangle
from sv3d_engine.sv3d.diffusion.schedule import edm_sigmas
from sv3d_engine.sv3d.generation.make_orbit import condition, decode_latents, sample_latents
from sv3d_engine.sv3d.generation.placement import Placement
from sv3d_engine.sv3d.network.clip import preprocess
from sv3d_engine.sv3d.network.weights import inspect, load_sv3d

Array = NDArray[np.float32]

# What shapes do not tell: widths of the heads in the small network.
FACTS_OF_SMALL = {"head_width": 16, "clip_head_width": 16}


def tensor(key: str, shape: Sequence[int], salt: str = "") -> Array:
    """The rule's tensor for a key: normal numbers seeded by it, scaled to keep features of order one."""
    n = np.random.RandomState(zlib.crc32((salt + key).encode())).standard_normal(shape)
    if not shape or key.endswith("mix_factor"):
        value = n
    elif len(shape) == 1:
        value = 1 + 0.1 * n if key.endswith(".weight") else 0.1 * n
    else:
        value = n * 0.7 / math.sqrt(math.prod(shape[1:]))
    return np.asarray(value, dtype=np.float32)


def write_checkpoint(manifest: Mapping[str, Sequence[int]], path: Path, salt: str = "", **facts: object) -> None:
    """A checkpoint of the rule's tensors, with the head widths (and other ``facts``) beside them."""
    tensors = {key: tensor(key, shape, salt) for key, shape in manifest.items()}
    save_file(tensors, path, metadata={FACTS: json.dumps({**FACTS_OF_SMALL, **facts})})


def compare(golden: Mapping[str, Array], weights: Path, variant: str) -> dict[str, float]:
    """Largest absolute error of each array that NPZ holds."""
    inspect(weights, variant)
    model = load_sv3d(weights)
    placement = Placement(torch.device("cpu"))
    poses = [Pose(float(e), float(a)) for e, a in zip(golden["elevations_deg"], golden["azimuths_deg"], strict=True)]
    picture = torch.from_numpy(golden["image_u8"]).permute(2, 0, 1)[None].float() / 127.5 - 1
    known = condition(model, picture, poses, torch.from_numpy(golden["aug_noise"]), placement)
    sigmas = edm_sigmas(len(golden["sigmas"]) - 1)
    guidance = Guidance(triangle(len(poses)), constant(len(poses), 1.0))
    start = torch.from_numpy(golden["init_noise"])[None]
    latents = sample_latents(model, known, start, sigmas, guidance, "euler", placement)[0]
    net_in, told = torch.from_numpy(golden["net_in"])[None], torch.from_numpy(golden["net_timestep"])[:1]
    with torch.no_grad():
        answer = model.unet(net_in, told, known.token, known.vector)[0]
    ours = {
        "clip_preprocessed": preprocess(picture, model.architecture.clip_size),
        "crossattn": known.token,
        "concat": known.latents,
        "vector": known.vector[0],
        "net_out": answer,
        "sigmas": sigmas,
        "guidance": guidance.picture[None],
        "latents": latents,
        "frames": decode_latents(model, latents, placement),
    }
    return {name: _error(value.numpy(), golden[name]) for name, value in ours.items()}


def _error(ours: Array, golden: Array) -> float:
    if ours.shape != golden.shape:
        raise SystemExit(f"shapes differ: {ours.shape} and {golden.shape}")
    return float(np.abs(ours.astype(np.float64) - golden.astype(np.float64)).max())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("npz", type=Path)
    parser.add_argument("manifest", type=Path)
    parser.add_argument("variant", choices=("u", "p", "c"))
    parser.add_argument("--salt", default="", metavar="TEXT", help="put before every key when its tensor is made")
    arguments = parser.parse_args()
    prepare_torch()
    with tempfile.TemporaryDirectory() as folder:
        weights = Path(folder) / "small.safetensors"
        write_checkpoint(json.loads(arguments.manifest.read_text()), weights, arguments.salt)
        with np.load(arguments.npz) as golden:
            print(json.dumps(compare(golden, weights, arguments.variant)))


if __name__ == "__main__":
    main()
