import pytest
import torch
from torch.nn.functional import normalize

from sv3d_engine.errors import UserError
from sv3d_engine.field import store
from sv3d_engine.field.radiance import RadianceField
from sv3d_engine.modules import save_tensors


def test_a_field_comes_back_and_answers_the_same(tmp_path):
    torch.manual_seed(0)
    field = RadianceField(0.55, torch.randn(8, 8, 8))
    torch.nn.init.normal_(field.highlight[2].weight)
    store.save(field, tmp_path / "field.safetensors")
    read = store.load(tmp_path / "field.safetensors")
    points, directions = torch.rand(50, 3) - 0.5, normalize(torch.randn(50, 3), dim=-1)
    for before, after in zip(field(points, directions), read(points, directions), strict=True):
        assert torch.equal(before, after)


def test_a_damaged_field_is_told_in_plain_words(tmp_path):
    path = tmp_path / "field.safetensors"
    store.save(RadianceField(0.5, torch.zeros(4, 4, 4)), path)
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(UserError, match="damaged"):
        store.load(path)


def test_another_shape_of_network_counts_as_damaged(tmp_path):
    path = tmp_path / "field.safetensors"
    store.save(RadianceField(0.5, torch.zeros(4, 4, 4), levels=3), path)
    with pytest.raises(UserError, match="damaged"):
        store.load(path)
    save_tensors({"a": torch.ones(1)}, {}, path)
    with pytest.raises(UserError, match="damaged"):
        store.load(path)
