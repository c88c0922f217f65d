"""The fine stage's phases, and the rates of each step."""

import pytest

from sv3d_engine.ground.settings import LossWeights, Settings
from sv3d_engine.reconstruction.mesh.phases import FINAL_RATE, WARM_UP, Phase, Ramp, phases, steps

PLAIN = LossWeights()


def test_a_ramp_stands_then_goes_geometrically():
    ramp = Ramp(first=2.0, last=0.5, held=0.5)
    assert [ramp.at(done) for done in (0.0, 0.3, 0.5)] == [2.0] * 3
    assert ramp.at(0.75) == pytest.approx(1.0)
    assert ramp.at(1.0) == pytest.approx(0.5)


def test_rates_begin_gently_and_settle():
    plan = list(steps(phases(Settings("x", fine_steps=100))))
    assert len(plan) == 100
    assert plan[0].shape == pytest.approx(1 / WARM_UP)
    assert plan[0].appearance == pytest.approx(1 / WARM_UP)
    assert plan[-1].shape == pytest.approx(FINAL_RATE**0.99)
    assert plan[50].shape == pytest.approx(FINAL_RATE**0.5)
    assert plan[50].appearance == 1
    assert plan[75].appearance == pytest.approx(FINAL_RATE**0.5)


def test_phases_follow_each_other_and_only_the_first_begins_gently():
    other = LossWeights(mask=0.0)
    plan = [Phase(30, PLAIN, Ramp(), Ramp(last=0.1)), Phase(10, other, Ramp(first=0.5, last=0.5), Ramp())]
    told = list(steps(plan))
    assert [step.phase.losses for step in told] == [PLAIN] * 30 + [other] * 10
    assert [step.shape for step in told[WARM_UP:]] == [1.0] * 10 + [0.5] * 10
    assert told[30].appearance == 1.0


def test_with_a_guide_shape_and_colours_move_once_more():
    plain, own = Settings("x", fine_steps=30), Settings("x").distillation
    plan = list(steps(phases(plain, guided_cost=12.0)))
    assert [step.phase.guided for step in plan] == [False] * 30 + [True] * own.steps
    assert plan[29].shape < 0.1
    assert (plan[30].shape, plan[30].appearance) == (own.shape_rate, own.appearance_rate)
    assert plan[-1].shape < 0.1 * own.shape_rate
    assert {step.phase.cost for step in plan[30:]} == {12.0}
    assert plan[:30] == list(steps(phases(plain)))
