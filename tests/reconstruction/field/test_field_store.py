import pytest
import torch
from torch.nn.functional import normalize

from sv3d_engine.ground.tensor_store import save_tensors
from sv3d_engine.reconstruction.field import radiance_field
from sv3d_engine.reconstruction.field.radiance_field import RadianceField
from sv3d_engine.shared.errors import UserError


def test_a_field_comes_back_and_answers_the_same(tmp_path):
    torch.manual_seed(0)
    field = RadianceField(0.55, torch.randn(8, 8, 8))
    torch.nn.init.normal_(field.highlight[2].weight)
    radiance_field.save_field(field, 0.75, tmp_path / "field.safetensors")
    read, trust = radiance_field.load_field(tmp_path / "field.safetensors")
    assert trust == 0.75
    points, directions = torch.rand(50, 3) - 0.5, normalize(torch.randn(50, 3), dim=-1)
    for before, after in zip(field(points, directions), read(points, directions), strict=True):
        assert torch.equal(before, after)


def test_a_damaged_field_is_told_in_plain_words(tmp_path):
    path = tmp_path / "field.safetensors"
    radiance_field.save_field(RadianceField(0.5, torch.zeros(4, 4, 4)), 1.0, path)
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(UserError, match="damaged"):
        radiance_field.load_field(path)


def test_another_shape_of_network_counts_as_damaged(tmp_path):
    path = tmp_path / "field.safetensors"
    radiance_field.save_field(RadianceField(0.5, torch.zeros(4, 4, 4), levels=3), 1.0, path)
    with pytest.raises(UserError, match="damaged"):
        radiance_field.load_field(path)
    save_tensors({"a": torch.ones(1)}, {}, path)
    with pytest.raises(UserError, match="damaged"):
        radiance_field.load_field(path)
