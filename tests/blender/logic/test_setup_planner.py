"""The plan is made beside Blender, once for each wish, and a late answer counts for no other."""

import threading
import time
from pathlib import Path

import pytest
from sv3d.sv3d_blender.setup.plan import Plan
from sv3d.sv3d_blender.setup.planner import Planner, Wish
from sv3d.sv3d_engine.shared.errors import UserError

from tests.blender.logic.setup_index import Engine

WISH = Wish(Path("home"), Path("locks"), "auto", "", ["python"])


def answer(planner: Planner, wish: Wish) -> Plan | UserError:
    end = time.monotonic() + 30
    while (found := planner.plan(wish)) is None:
        assert time.monotonic() < end
        time.sleep(0.005)
    return found


def test_the_plan_is_that_of_the_wish(tmp_path):
    engine = Engine(tmp_path)
    plan = engine.plan()
    assert answer(Planner(), Wish(engine.home, engine.locks, "cpu", "", [engine.base])).lock == plan.lock
    refused = answer(Planner(), Wish(engine.home, engine.locks, "cpu", "/no/such/python", [engine.base]))
    assert isinstance(refused, UserError)
    assert "does not start" in refused.cause


def test_one_wish_is_looked_at_once_until_it_is_forgotten():
    asked = []
    planner = Planner(lambda *wish: asked.append(wish) or len(asked))
    assert [answer(planner, WISH) for _ in range(3)] == [1, 1, 1]
    assert planner.known == 1
    planner.forget()
    assert planner.known is None
    assert answer(planner, WISH) == 2
    assert asked == [tuple(WISH)] * 2


def test_asking_waits_for_nothing_and_a_late_answer_counts_for_no_other_wish():
    late, ended = threading.Event(), threading.Event()

    def make(home, locks, choice, own, blender):
        if choice == "auto":
            assert late.wait(30)
            ended.set()
        return choice

    planner = Planner(make)
    assert planner.plan(WISH) is None
    planner.forget()
    assert planner.making, "what is still being made is new enough"
    other = WISH._replace(choice="cpu")
    assert answer(planner, other) == "cpu"
    late.set()
    assert ended.wait(30)
    assert planner.plan(other) == "cpu"


@pytest.mark.parametrize("error", [PermissionError(13, "Permission denied"), KeyError("x")])
def test_a_look_that_fails_is_told(error):
    def make(*wish):
        raise error

    refused = answer(Planner(make), WISH)
    assert isinstance(refused, UserError)
    assert "could not be looked at" in refused.cause
    assert type(error).__name__ in refused.details
