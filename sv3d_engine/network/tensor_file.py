"""A safetensors file from its header alone: which tensors, which shapes, is it whole."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open

from ..errors import UserError

_LONGEST_HEADER = 100 << 20  # bytes, as the format says
_PICKLES = (b"PK\x03\x04", b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05")  # zip of torch.save, bare pickles
_DTYPES = {"F64", "F32", "F16", "BF16"}
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
        size = path.stat().st_size
        with path.open("rb") as stream:
            start = stream.read(8)
            _refuse_others(start, size, path)
            length = int.from_bytes(start, "little")
            if length > _LONGEST_HEADER:
                raise _not_safetensors(path)
            header = stream.read(length)
    except FileNotFoundError:
        raise UserError(f"There is no weights file {path}.", "Check its name and folder.") from None
    except OSError as error:
        raise UserError(
            f"The weights file {path} cannot be read.", "Check that you may open it.", str(error)
        ) from error
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
