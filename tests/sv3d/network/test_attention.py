import pytest
import torch
from diffusers.models.attention_processor import Attention, AttnProcessor2_0

from sv3d_engine.sv3d.network import attention
from sv3d_engine.sv3d.network.attention import OrbitAttention, attend


@pytest.fixture
def layer():
    torch.manual_seed(0)
    return Attention(query_dim=16, cross_attention_dim=8, heads=2, dim_head=8).requires_grad_(False)


def test_all_attention_goes_to_the_only_token(layer):
    asked, token = torch.randn(3, 5, 16), torch.randn(3, 1, 8)
    fused = AttnProcessor2_0()(layer, asked, token)
    assert torch.allclose(OrbitAttention()(layer, asked, token).expand_as(fused), fused, atol=1e-6)


def test_a_batch_in_parts_attends_as_a_whole_one(layer, monkeypatch):
    layer.to_k = layer.to_v = torch.nn.Linear(16, 16)
    asked = torch.randn(5, 7, 16)
    whole = OrbitAttention()(layer, asked)
    monkeypatch.setattr(attention, "_part", lambda hidden, heads: 2)
    assert torch.allclose(OrbitAttention()(layer, asked), whole, atol=1e-6)
    assert torch.allclose(whole, AttnProcessor2_0()(layer, asked), atol=1e-6)


def test_learning_in_half_precision_is_as_exact_as_attending_is():
    parts = [torch.randn(3, 2, 21, 8).bfloat16() for _ in range(3)]
    answers, gradients = [], []
    for made in (parts, [p.float() for p in parts]):
        given = [p.clone().requires_grad_() for p in made]
        answer = attend(*given)
        answer.float().square().sum().backward()
        assert answer.dtype == made[0].dtype
        answers.append(answer.float())
        gradients.append([g.grad.float() for g in given])
    assert torch.allclose(*answers, atol=0.02)
    for half, full in zip(*gradients, strict=True):
        assert torch.allclose(half, full, atol=0.02 * float(full.abs().max()))


def test_learning_under_autocast_attends_in_full_precision(layer, monkeypatch):
    layer.to_k = layer.to_v = torch.nn.Linear(16, 16)
    types = []

    def watched(query, key, value):
        types.append((query.dtype, key.dtype, value.dtype))
        return torch.nn.functional.scaled_dot_product_attention(query, key, value)

    monkeypatch.setattr(attention, "scaled_dot_product_attention", watched)
    asked = torch.randn(5, 7, 16, requires_grad=True)
    with torch.autocast("cpu", torch.bfloat16):
        learning = OrbitAttention()(layer, asked)
        with torch.no_grad():
            OrbitAttention()(layer, asked)
    assert learning.dtype == torch.bfloat16
    assert types == [(torch.float32,) * 3, (torch.bfloat16,) * 3]
