"""What the tab tells of the graphics card's memory before the click, and the one click that helps."""

import dataclasses

import pytest
from conftest import drawn, part, part_of_engine

TOLD = "The graphics card has"


@pytest.fixture
def official(preferences, settings, session):
    """Preferences with weights as large as the official ones, on a machine with an NVIDIA card of 8 GB."""
    protocol = part_of_engine("shared.protocol")
    session.report = protocol.DoctorReport(True, "1", ("cuda", "cpu"), (), 8_000_000_000)
    preferences.weights_step_share = 1.0
    yield preferences
    session.report = None


def told(blender) -> list[str]:
    return [text for text in drawn(blender) if text.startswith(TOLD)]


def test_a_memory_mode_that_the_card_has_too_little_for_is_told_and_put_right(blender, official, settings):
    settings.memory = "together"
    assert told(blender) == ["The graphics card has 8.0 GB; the chosen Memory takes 9.7 GB."]
    assert "Choose Memory by the Card" in drawn(blender)
    assert part("setup.card").why_not(blender.context) == "", "it is a warning"
    assert blender.ops.sv3d.fit_memory(mode="AUTO") == {"FINISHED"}
    assert settings.memory == "auto"
    assert not told(blender)


def test_a_card_that_is_too_small_for_any_mode_leaves_it_to_the_processor(blender, official, session):
    session.report = dataclasses.replace(session.report, card_bytes=1_500_000_000)
    assert told(blender)
    assert blender.ops.sv3d.fit_memory(mode="PROCESSOR") == {"FINISHED"}
    assert official.device == "cpu"
    assert not told(blender)


@pytest.mark.parametrize("case", ["a small model", "no weights", "frames", "the processor", "nothing known"])
def test_nothing_is_told_where_the_memory_does_not_matter(blender, official, settings, session, orbit_folder, case):
    settings.memory = "together"
    assert told(blender)
    match case:
        case "a small model":
            official.weights_step_share = 0.1
        case "no weights":
            official.weights = ""
        case "frames":
            settings.source, settings.folder = "FOLDER", str(orbit_folder)
        case "the processor":
            official.device = "cpu"
        case "nothing known":
            session.report = None
    assert not told(blender)


def test_before_the_engine_is_asked_the_set_up_has_seen_the_card(blender, official, settings, session, monkeypatch):
    state, facts = part("setup.state"), part("setup.facts")
    stamp = state.Stamp("", "cu130", {}, {}, "cuda", "RTX 3060", 8_600_000_000)
    seen = facts.Facts(state.State.READY, "", stamp, 10**11, True)
    monkeypatch.setattr(part("setup.session").engine_setup, "facts", lambda chosen: seen)
    session.report, settings.memory = None, "together"
    assert told(blender) == ["The graphics card has 8.6 GB; the chosen Memory takes 9.7 GB."]
