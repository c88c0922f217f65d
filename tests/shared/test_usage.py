"""How a model says that it wants to be used."""

import pytest

from sv3d_engine.shared.model_facts import Usage, read_usage

MINI = {"sampler": "ays", "steps": 4, "guidance_scale": 1.0}


def test_a_file_tells_what_suits_it() -> None:
    assert read_usage(MINI) == Usage("ays", 4, 1.0)
    assert read_usage({**MINI, "camera_guidance": 2}) == Usage("ays", 4, 1.0, 2.0)
    assert read_usage({}) == Usage("euler", 50, 2.5)


@pytest.mark.parametrize("told", [30, -1, float("nan"), True, None, "strong", 10**400])
def test_a_guidance_that_cannot_be_used_is_not(told: object) -> None:
    assert read_usage({**MINI, "guidance_scale": told}) == Usage("ays", 4, 2.5)
    assert read_usage({**MINI, "camera_guidance": told}) == Usage("ays", 4, 1.0, 1.0)


@pytest.mark.parametrize("told", [{"sampler": "magic"}, {"sampler": []}, {"steps": 0}, {"steps": "4"}, {"steps": True}])
def test_steps_belong_to_a_sampler(told: dict[str, object]) -> None:
    assert read_usage({**MINI, **told}) == Usage("euler", 50, 1.0)


def test_what_is_asked_for_comes_first() -> None:
    suits = Usage("ays", 4, 1.0)
    assert suits.chosen("auto", None, None) == suits
    assert suits.chosen("auto", 7, None) == Usage("ays", 7, 1.0)
    assert suits.chosen("euler", None, 3.0) == Usage("euler", 50, 3.0)
    assert suits.chosen("ays", None, None) == Usage("ays", 10, 1.0)
    assert suits.chosen("auto", None, None, 1.5) == Usage("ays", 4, 1.0, 1.5)
    assert Usage("ays", 4, 1.0, 2.0).chosen("auto", None, 3.0) == Usage("ays", 4, 3.0, 2.0)
