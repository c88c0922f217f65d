from dataclasses import dataclass

import pytest

from sv3d_engine.ground.settings import PRESETS
from sv3d_engine.laboratory.evaluate.given_settings import known_settings, parse_settings, with_settings
from sv3d_engine.shared.errors import UserError


@dataclass(frozen=True)
class Weights:
    mask: float = 1.0
    depth: float = 5.0


@dataclass(frozen=True)
class Some:
    preset: str = "draft"
    steps: int = 3
    losses: Weights = Weights()


def test_settings_have_the_type_of_the_presets() -> None:
    assert parse_settings(["coarse_steps=5", "fine_size=64"], "draft") == {"coarse_steps": 5, "fine_size": 64}
    assert parse_settings(["material=baked"], "draft") == {"material": "baked"}
    for wrong in ("coarse_steps=many", "coarse_steps=1.5", "coarse_steps", "no_such=1", "preset=high", "material=bakd"):
        with pytest.raises(UserError):
            parse_settings([wrong], "draft")


def test_groups_of_settings_are_reached_by_a_dot(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(PRESETS, "draft", Some())
    assert dict(known_settings(Some())) == {"steps": 3, "losses.mask": 1.0, "losses.depth": 5.0}
    values = parse_settings(["losses.depth=0", "steps=7"], "draft")
    assert values == {"losses.depth": 0.0, "steps": 7}
    assert with_settings(Some(), values) == Some(steps=7, losses=Weights(depth=0.0))
    with pytest.raises(UserError):
        parse_settings(["losses=0"], "draft")
