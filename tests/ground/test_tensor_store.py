import pytest
import torch
from safetensors.torch import save_file

from sv3d_engine.ground.tensor_store import load_tensors, save_tensors
from sv3d_engine.shared.errors import UserError


def test_tensors_and_facts_come_back(tmp_path):
    path = tmp_path / "some.safetensors"
    tensors = {"a": torch.randn(3, 2).T, "b": torch.arange(4), "c": torch.nn.Parameter(torch.ones(1))}
    save_tensors(tensors, {"side": 0.25, "losses": {"mask": [1.0, 0.5]}}, path)
    read, facts = load_tensors(path)
    assert facts == {"side": 0.25, "losses": {"mask": [1.0, 0.5]}}
    assert read.keys() == tensors.keys()
    for name, tensor in tensors.items():
        assert torch.equal(read[name], tensor)
        assert read[name].dtype == tensor.dtype


def test_a_new_file_takes_the_place_of_the_old_one_alone(tmp_path):
    path = tmp_path / "some.safetensors"
    for value in (1.0, 2.0):
        save_tensors({"a": torch.tensor([value])}, {}, path)
    assert load_tensors(path)[0]["a"] == 2
    assert list(tmp_path.iterdir()) == [path]


def _missing(path):
    path.unlink()


def _cut_short(path):
    path.write_bytes(path.read_bytes()[:-7])


def _overwritten(path):
    path.write_bytes(b"\xff" * 64)


def _empty(path):
    path.write_bytes(b"")


def _without_facts(path):
    save_file({"a": torch.ones(3)}, path)


@pytest.mark.parametrize("damage", [_missing, _cut_short, _overwritten, _empty, _without_facts])
def test_damage_is_told_in_plain_words(tmp_path, damage):
    path = tmp_path / "some.safetensors"
    save_tensors({"a": torch.ones(3)}, {}, path)
    damage(path)
    with pytest.raises(UserError, match=r"some\.safetensors of this job is missing or damaged"):
        load_tensors(path)
