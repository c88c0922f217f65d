import torch

from sv3d_engine.reconstruction.render.rasterize import look_up_texture

TEXTURE = torch.arange(12.0).reshape(2, 3, 2)


def test_texel_centres_give_their_texels():
    uv = torch.tensor([[0.5 / 3, 0.25], [2.5 / 3, 0.25], [1.5 / 3, 0.75]])
    torch.testing.assert_close(look_up_texture(TEXTURE, uv), torch.stack([TEXTURE[0, 0], TEXTURE[0, 2], TEXTURE[1, 1]]))


def test_between_texels_it_is_their_mean_and_beyond_the_rim_the_nearest():
    middle, outside = look_up_texture(TEXTURE, torch.tensor([[1 / 3, 0.5], [-2.0, 3.0]]))
    torch.testing.assert_close(middle, TEXTURE[:, :2].mean((0, 1)))
    torch.testing.assert_close(outside, TEXTURE[1, 0])


def test_gradients_are_those_of_finite_differences():
    torch.manual_seed(0)
    texture = torch.randn(4, 5, 2, dtype=torch.float64, requires_grad=True)
    uv = (torch.rand(6, 2, dtype=torch.float64) * 0.7 + 0.15).requires_grad_()
    assert torch.autograd.gradcheck(look_up_texture, (texture, uv))
