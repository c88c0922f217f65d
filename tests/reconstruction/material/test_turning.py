"""Before lamps that stand still an object's light turns: it is told from light that stands still, and taken out."""

from pathlib import Path

import pytest
import torch
from lit_scenes import LAMP, ball, ball_frames, decibels, lamp_light, paints
from scenes import wavy_orbit
from torch import Tensor
from torch.nn.functional import normalize

from sv3d_engine.ground.progress import Progress
from sv3d_engine.reconstruction.light import fibonacci_sphere, radiance
from sv3d_engine.reconstruction.material.material import Material, load_material, recover_material, save_material
from sv3d_engine.reconstruction.material.painter import Painter
from sv3d_engine.reconstruction.material.turning import turned_lights


def recovered(turning: bool, light: str, roughness: float | None = None, seed: int = 3) -> Material:
    frames = ball_frames(roughness, turning=turning)
    return recover_material(frames, *ball(), roughness is not None, seed, Progress(), light)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def turntable() -> Material:
    return recovered(turning=True, light="auto")


def quality(material: Material) -> float:
    vertices, _ = ball()
    seen = material.evidence > 0.2
    return decibels(material.base_colour[seen], paints(vertices)[seen])


def test_light_that_turns_is_told_and_taken_out(turntable: Material) -> None:
    assert turntable.turning is not None
    as_if_fixed = recovered(turning=True, light="fixed")
    assert quality(turntable) > max(30, quality(as_if_fixed) + 1.5)


def test_the_light_is_that_of_the_front_view(turntable: Material) -> None:
    directions = fibonacci_sphere(500)
    found = radiance(directions, *turntable.light)
    assert normalize((found[:, None] * directions).sum(0), dim=0) @ LAMP > 0.9


@pytest.mark.parametrize("roughness", [None, 0.45])
def test_light_that_stands_still_is_told_and_changes_nothing(roughness: float | None) -> None:
    told, fixed = (recovered(turning=False, light=light, roughness=roughness) for light in ("auto", "fixed"))
    assert told.turning is None and told.differ is not None and fixed.differ is None
    assert torch.equal(told.base_colour, fixed.base_colour)


def test_gloss_before_lamps_that_stand_still() -> None:
    glossy = recovered(turning=True, light="auto", roughness=0.45)
    assert glossy.turning is not None and quality(glossy) > 27


def test_the_texture_is_without_the_light_too(turntable: Material, tmp_path: Path) -> None:
    """From the frames themselves, each in its own light; a material comes back from its file as it was."""
    save_material(turntable, tmp_path / "material.safetensors")
    kept = load_material(tmp_path / "material.safetensors")
    assert turntable.turning is not None and kept.turning is not None and torch.equal(kept.turning, turntable.turning)
    vertices, faces = ball()
    asked = torch.arange(0, len(vertices), 3)
    painted = Painter(ball_frames(turning=True), vertices, faces, kept)(
        vertices[asked], normalize(vertices[asked], dim=-1)
    )
    sure = painted[:, 5] > 0.5
    assert decibels(painted[sure, :3], paints(vertices[asked][sure])) > 24


def test_a_turned_light_is_the_same_light_elsewhere() -> None:
    orbit = wavy_orbit(8)
    directions, light = fibonacci_sphere(192), lamp_light(192)

    def middle(radiances: Tensor) -> Tensor:
        return normalize((radiances[:, None] * directions).sum(0), dim=0)

    for view, matrix in zip(orbit.views, turned_lights(orbit, 192), strict=True):
        turned = matrix @ light
        angle = torch.deg2rad(torch.tensor(view.azimuth))
        x, y, z = LAMP
        expected = torch.stack([angle.cos() * x - angle.sin() * y, angle.sin() * x + angle.cos() * y, z])
        assert middle(turned) @ expected > 0.99
        assert turned.mean() == pytest.approx(float(light.mean()), rel=0.05)
