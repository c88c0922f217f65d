"""From frames and a mesh that stands still to its material and light, and what the texture asks of them."""

from dataclasses import replace

import pytest
import torch
from lit_scenes import LAMP, ball, ball_frames, decibels, paints
from recorder import Recorder
from torch.nn.functional import normalize

from sv3d_engine.ground.progress import Progress
from sv3d_engine.reconstruction.light import MEAN_RADIANCE, fibonacci_sphere, radiance, shading
from sv3d_engine.reconstruction.material.material import load_material, recover_material, save_material
from sv3d_engine.reconstruction.material.painter import Painter
from sv3d_engine.shared.errors import UserError


@pytest.fixture(scope="module")
def matt():
    return recover_material(ball_frames(), *ball(), glossy=False, seed=3, progress=Progress())


def test_the_paints_come_back_without_light(matt):
    vertices, _ = ball()
    seen = matt.evidence > 0.2
    assert decibels(matt.base_colour[seen], paints(vertices)[seen]) > 26
    assert matt.base_colour.min() >= 0
    assert matt.base_colour.max() <= 1


def test_what_no_frame_sees_has_the_colours_beside_it(matt):
    vertices, _ = ball()
    hidden = (matt.evidence == 0) & (vertices[:, 1].abs() > 0.1)
    assert hidden.any()
    assert decibels(matt.base_colour[hidden], paints(vertices)[hidden]) > 20


def test_the_light_comes_from_the_lamp_and_has_the_stated_mean(matt):
    directions = fibonacci_sphere(500)
    found = radiance(directions, *matt.light)
    assert found.mean() == pytest.approx(MEAN_RADIANCE, rel=0.02)
    assert normalize((found[:, None] * directions).sum(0), dim=0) @ LAMP > 0.95


def test_without_gloss_everything_is_matt_and_nothing_shines(matt):
    assert matt.highlight.abs().max() == 0
    assert matt.metallic.max() == 0
    assert matt.roughness.min() == matt.roughness.max() > 0.7


def test_baked_colours_are_those_of_the_frames_in_even_light(matt):
    vertices, faces = ball()
    baked = recover_material(ball_frames(), vertices, faces, glossy=False, seed=3, progress=Progress(), lit=False)
    seen = baked.evidence > 0.2
    relit = matt.base_colour[seen] * matt.shading[seen]
    assert decibels(baked.base_colour[seen], relit) > decibels(baked.base_colour[seen], matt.base_colour[seen]) + 5
    assert (baked.shading == 1).all()
    assert shading(fibonacci_sphere(50), *baked.light) == pytest.approx(1, abs=2e-3)


@pytest.fixture(scope="module")
def glossy():
    return recover_material(ball_frames(roughness=0.45), *ball(), glossy=True, seed=3, progress=Progress())


def test_gloss_does_not_end_in_the_base_colour(glossy):
    vertices, _ = ball()
    lambert = recover_material(ball_frames(roughness=0.45), *ball(), glossy=False, seed=3, progress=Progress())
    seen = glossy.evidence > 0.2
    truth = paints(vertices)[seen]
    assert decibels(glossy.base_colour[seen], truth) > decibels(lambert.base_colour[seen], truth) + 1
    assert glossy.roughness[0] == pytest.approx(0.45)
    assert glossy.highlight.max() > 0.02
    assert glossy.highlight.min() >= 0


def test_each_paint_has_a_roughness_of_its_own():
    vertices, _ = ball()
    frames = ball_frames(roughness=0.3, count=16, matt_sky=True)
    found = recover_material(frames, *ball(), glossy=True, seed=3, progress=Progress())
    clear = (found.evidence > 0.5) & (vertices[:, 1].abs() > 0.05)
    earth, sky = clear & (vertices[:, 1] > 0), clear & (vertices[:, 1] < 0)
    assert (found.roughness[earth] == 0.3).float().mean() > 0.95
    assert (found.roughness[sky] > 0.7).float().mean() > 0.95
    assert found.highlight[sky].mean() < 0.05 * found.highlight[earth].mean()


def test_nor_in_the_texels(glossy):
    vertices, faces = ball()
    normals = normalize(vertices[(glossy.evidence > 0.5) & (vertices[:, 1].abs() > 0.05)], dim=-1)
    matt = replace(glossy, highlight=0 * glossy.highlight)
    kept, taken = (
        Painter(ball_frames(roughness=0.45), vertices, faces, material)(normals * vertices.norm(dim=-1).max(), normals)
        for material in (matt, glossy)
    )
    assert decibels(taken[:, :3], paints(normals)) > decibels(kept[:, :3], paints(normals)) + 1


def test_a_warm_lamp_and_a_cool_sky_do_not_tint_the_paint():
    vertices, _ = ball()
    tinted = recover_material(
        ball_frames(warmth=(0.15, 0.0, -0.15)), *ball(), glossy=False, seed=3, progress=Progress()
    )
    seen = (tinted.evidence > 0.2) & (vertices[:, 1].abs() > 0.03)
    ratio = tinted.base_colour[seen] / paints(vertices)[seen]
    ratio = ratio / ratio.mean(-1, keepdim=True)
    assert ratio.std(0).max() < 0.05  # it is 0.1 by the frames' own tint


def test_one_seed_gives_one_material(matt):
    again = recover_material(ball_frames(), *ball(), glossy=False, seed=3, progress=Progress())
    assert torch.equal(again.base_colour, matt.base_colour)


def test_a_material_is_loaded_as_it_was_saved(matt, tmp_path):
    save_material(matt, tmp_path / "material.safetensors")
    again = load_material(tmp_path / "material.safetensors")
    assert all(torch.equal(a, b) for a, b in zip(again.light, matt.light, strict=True))
    assert torch.equal(again.highlight, matt.highlight)
    with pytest.raises(UserError, match="missing or damaged"):
        load_material(tmp_path / "other.safetensors")


def test_a_texel_is_sharper_than_the_vertices(matt):
    """Close to the border of the two paints, where the vertices' colours run into each other."""
    vertices, faces = ball()
    painter = Painter(ball_frames(size=192), vertices, faces, matt)
    angle = torch.linspace(0.3, 1.2, 40)
    near = [torch.stack([angle.cos(), torch.full((40,), y), angle.sin()], 1) for y in (-0.03, 0.03)]
    normals = normalize(torch.cat(near), dim=-1)
    painted = painter(normals * vertices.norm(dim=-1).max(), normals)
    assert painted.shape == (80, 6)
    assert painted.min() >= 0
    assert painted.max() < 1 + 1e-6
    assert decibels(painted[:, :3], paints(normals)) > 25


def test_texels_that_no_frame_sees_are_as_the_vertices_have_them(matt):
    vertices, faces = ball()
    blind = replace(matt, evidence=torch.zeros(len(vertices)), base_colour=torch.full((len(vertices), 3), 0.25))
    painter = Painter(ball_frames(count=1), vertices, faces, blind)
    behind = torch.tensor([[-1.0, 0.0, 0.0]])
    colour = painter(behind * vertices.norm(dim=-1).max(), behind)[0]
    torch.testing.assert_close(colour[:3], torch.full((3,), 0.25))
    assert colour[5] == 0


def test_one_frame_alone_has_no_highlights_to_compare():
    frames = ball_frames(count=8)
    frames = replace(frames, alpha=frames.alpha * (torch.arange(8) == 0)[:, None, None])
    material = recover_material(frames, *ball(), glossy=True, seed=3, progress=Progress())
    assert material.highlight.abs().max() == 0
    assert material.base_colour.isfinite().all() and material.base_colour.max() > 0.05


def test_cancel_is_heard_all_along():
    frames, told = ball_frames(count=8), Recorder()
    recover_material(frames, *ball(), glossy=True, seed=3, progress=told)
    assert told.told == sorted(told.told)
    assert len(told.told) > 100
