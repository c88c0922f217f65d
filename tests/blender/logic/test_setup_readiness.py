"""What is told before the click, and that it is looked up beside Blender."""

import dataclasses
import threading
import time

import pytest
from sv3d.sv3d_blender.setup.facts import Facts, Lookout, Question, look_at
from sv3d.sv3d_blender.setup.readiness import blocking, memory_need, needs
from sv3d.sv3d_blender.setup.state import Stamp, State, write_stamp
from sv3d.sv3d_engine.shared.engine_python import python_in
from sv3d.sv3d_engine.shared.engine_use import engine_changing

from tests.blender.logic.setup_index import Engine

READY = Facts(State.READY, "", Stamp("", "cpu", {}), 100_000_000_000, True)


def changed(**facts) -> Facts:
    return dataclasses.replace(READY, **facts)


def test_nothing_is_lacking_where_all_is_well_or_not_known_yet():
    assert needs(READY, at_work=False) == []
    assert needs(None, at_work=False) == []


@pytest.mark.parametrize(
    ("facts", "blocks", "button", "mode"),
    [
        ({"state": State.MISSING}, True, "sv3d.set_up_engine", "SET_UP"),
        ({"state": State.UNFINISHED}, True, "sv3d.set_up_engine", "SET_UP"),
        ({"state": State.DAMAGED}, True, "sv3d.set_up_engine", "REPAIR"),
        ({"state": State.DAMAGED, "changing": True}, True, "", ""),
        ({"state": State.OUTDATED}, False, "sv3d.set_up_engine", "UPDATE"),
        ({"state": None, "own_problem": "It is gone."}, True, "sv3d.preferences", ""),
        ({"weights_here": False}, True, "sv3d.preferences", ""),
        ({"free": 1_000_000_000}, False, "sv3d.preferences", ""),
        ({"free": 100_000_000}, True, "sv3d.preferences", ""),
    ],
)
def test_what_is_lacking_has_a_button_that_helps(facts, blocks, button, mode):
    (need,) = needs(changed(**facts), at_work=False)
    assert (need.blocks, need.button, need.mode) == (blocks, button, mode)
    assert bool(need.label) == bool(button)
    assert bool(blocking(changed(**facts), at_work=False)) == blocks


def test_while_a_set_up_runs_generate_waits():
    assert blocking(changed(state=State.MISSING), at_work=True) == "The engine is being set up"
    assert blocking(changed(state=None), at_work=False) == ""


@pytest.mark.parametrize(
    ("mode", "gigabytes", "said", "fix"),
    [
        ("together", 8.6, "The graphics card has 8.6 GB; the chosen Memory takes 9.7 GB.", "AUTO"),
        ("offload", 4.3, "The graphics card has 4.3 GB; the chosen Memory takes 5.9 GB.", "AUTO"),
        ("together", 1.5, "The graphics card has 1.5 GB; SV3D takes 2.1 GB at the least.", "PROCESSOR"),
        ("auto", 1.5, "The graphics card has 1.5 GB; SV3D takes 2.1 GB at the least.", "PROCESSOR"),
    ],
)
def test_a_card_with_too_little_memory_is_told_with_the_button_that_helps(mode, gigabytes, said, fix):
    need = memory_need(mode, int(gigabytes * 1e9))
    assert (need.text, need.blocks, need.button, need.mode) == (said, False, "sv3d.fit_memory", fix)
    assert need.label


@pytest.mark.parametrize(("mode", "gigabytes"), [("auto", 4.0), ("together", 12.0), ("blocks", 2.2), ("together", 0)])
def test_a_card_that_has_enough_or_is_not_known_is_no_matter(mode, gigabytes):
    assert memory_need(mode, int(gigabytes * 1e9)) is None


def test_the_worst_comes_first():
    found = needs(changed(state=State.OUTDATED, weights_here=False), at_work=False)
    assert [need.blocks for need in found] == [True, False]


@pytest.fixture
def question(tmp_path) -> Question:
    return Question(tmp_path / "home", Engine(tmp_path).locks, "", None, tmp_path)


def test_the_facts_are_those_of_the_disk(question, tmp_path, monkeypatch):
    monkeypatch.setenv("SV3D_HOME", str(question.home))
    assert look_at(question).state is State.MISSING
    assert look_at(question).free > 0
    assert look_at(question).models["u2netp"] == "missing"
    environment = question.home / "engine"
    python_in(environment).parent.mkdir(parents=True)
    python_in(environment).touch()
    write_stamp(environment, Stamp("old", "cpu", {}))
    assert look_at(question).state is State.OUTDATED
    assert not look_at(question).changing
    with engine_changing(question.home):
        assert look_at(question).changing
    own = dataclasses.replace(question, python="/no/such/python", weights=tmp_path / "gone")
    assert look_at(own).state is None
    assert "does not exist" in look_at(own).own_problem
    assert not look_at(own).weights_here


def wait_for(lookout: Lookout, question: Question) -> Facts:
    end = time.monotonic() + 10
    while (facts := lookout.facts(question)) is None:
        assert time.monotonic() < end
        time.sleep(0.005)
    return facts


def test_asking_waits_for_nothing(question):
    go_on = threading.Event()

    def slow(asked, *, files=False):
        assert go_on.wait(10)
        return READY

    lookout = Lookout(slow)
    assert lookout.facts(question) is None
    assert lookout.looking
    go_on.set()
    assert wait_for(lookout, question) == READY


def test_another_question_forgets_the_answer(question, tmp_path):
    answers = {question.home: READY, tmp_path: changed(free=1)}
    lookout = Lookout(lambda asked, *, files=False: answers[asked.home])
    wait_for(lookout, question)
    other = dataclasses.replace(question, home=tmp_path)
    assert lookout.facts(other) != READY
    assert wait_for(lookout, other).free == 1


def test_a_look_that_fails_is_told(question):
    def look(asked, *, files=False):
        raise PermissionError(13, "Permission denied")

    facts = wait_for(Lookout(look), question)
    assert "Permission denied" in blocking(facts, at_work=False)


def test_what_was_seen_before_a_change_is_no_answer_after_it(question):
    """A look that had begun while the environment was under repair would call it damaged for ever."""
    seen = []

    def look(asked, *, files=False):
        seen.append(files)
        if len(seen) == 1:
            lookout.forget()
            return changed(state=State.DAMAGED)
        return READY

    lookout = Lookout(look)
    assert wait_for(lookout, question) == READY
    assert seen == [True, True]


def test_this_blenders_own_work_does_not_look_like_anothers_when_it_has_ended(question):
    lookout = Lookout(lambda asked, *, files=False: changed(changing=True))
    assert wait_for(lookout, question).changing
    lookout.forget()
    assert not lookout.known.changing


def test_damage_seen_in_the_files_is_not_forgotten_at_the_next_quick_look(question):
    def look(asked, *, files=False):
        return changed(state=State.DAMAGED) if files else READY

    lookout = Lookout(look)
    assert wait_for(lookout, question).state is State.DAMAGED
    lookout._at = -10.0
    lookout.facts(question)
    while lookout.looking:
        time.sleep(0.005)
    assert lookout.facts(question).state is State.DAMAGED
    assert lookout.look_now(question).state is State.READY
