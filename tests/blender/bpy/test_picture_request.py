"""What is asked of the engine for a picture, and what is told before the click."""

from math import radians
from pathlib import Path

import pytest
import wedge
from conftest import drawn, lacking, order, part, part_of_engine, turn_until


def test_fields_reach_the_engine(blender, settings, preferences):
    settings.elevation, settings.amplitude = radians(5), radians(20)
    settings.sampler, settings.steps, settings.guidance, settings.memory = "ays", 10, "linear", "blocks"
    settings.preset, settings.seed = "draft", 7
    preferences.variant = "p"
    request, _ = order(blender)
    assert type(request).__name__ == "GenerateJob"
    assert (request.elevation, request.amplitude) == (pytest.approx(5), pytest.approx(20))
    assert (request.sampler, request.steps, request.guidance, request.memory) == ("ays", 10, "linear", "blocks")
    assert (request.variant, request.weights, request.preset, request.seed) == ("p", preferences.weights, "draft", 7)
    assert (request.orbit, request.cameras) == ("auto", None)


def test_fields_left_alone_are_the_engines_own(blender, settings):
    request, _ = order(blender)
    plain = type(request)("", request.picture, request.out, request.weights)
    sampling = ("sampler", "steps", "guidance", "guidance_scale")
    for name in (*sampling, "orbit", "background_model", "memory", "seed", "preset"):
        assert getattr(request, name) == getattr(plain, name), name
    assert request.elevation == pytest.approx(plain.elevation)
    assert request.amplitude == pytest.approx(plain.amplitude)


def test_what_is_asked_of_the_mesh_reaches_the_engine(blender, settings):
    for name in ("faces", "texture", "material"):
        assert getattr(order(blender)[0], name) is None  # the quality's own
    settings.faces, settings.texture, settings.material = 5000, "4096", "lambert"
    request, _ = order(blender)
    assert (request.faces, request.texture, request.material) == (5000, 4096, "lambert")


def test_the_tip_of_faces_tells_the_engines_own_numbers(blender, settings):
    protocol, presets = part_of_engine("shared.protocol"), part_of_engine("ground.settings").PRESETS
    tip = settings.bl_rna.properties["faces"].description
    assert f"from {protocol.FEWEST_FACES} to {protocol.MOST_FACES}" in tip
    tip = settings.bl_rna.properties["own_faces"].description
    assert ", ".join(f"{preset.face_budget} for {name}" for name, preset in presets.items()) in tip


def test_a_number_is_automatic_until_its_box_is_ticked(blender, settings):
    for own, name, least in (
        ("own_steps", "steps", 1),
        ("own_strength", "guidance_scale", 1),
        ("own_faces", "faces", 500),
    ):
        assert (getattr(settings, own), getattr(settings, name)) == (False, 0)
        setattr(settings, own, True)
        assert getattr(settings, own)
        assert getattr(settings, name) >= least
        setattr(settings, own, False)
        assert getattr(settings, name) == 0


def test_strength_is_the_weights_own_until_it_is_at_least_one(blender, settings):
    told = []
    for strength in (0.0, 0.5, 1.0, 3.0):
        settings.guidance_scale = strength
        told.append(order(blender)[0].guidance_scale)
    assert told == [None, None, 1.0, 3.0]


def test_an_orbit_from_a_file_names_it(blender, settings, tmp_path):
    settings.orbit_kind, settings.orbit_file = "file", str(tmp_path / "cameras.json")
    request, _ = order(blender)
    assert (request.orbit, request.cameras) == ("file", str(tmp_path / "cameras.json"))


def test_nothing_is_downloaded_unless_both_words_are_given(blender, settings, preferences):
    preferences.download = True
    assert not blender.app.online_access
    assert not order(blender).request.download


def test_the_word_for_each_variant_is_the_protocols(blender, preferences):
    words = preferences.bl_rna.properties["variant"].enum_items.keys()
    assert set(words) == set(part("engine.session").protocol.VARIANTS)


def test_generate_waits_for_what_is_lacking(blender, settings, preferences, session, no_demonstration):
    assert not lacking(blender)
    settings.orbit_kind = "file"
    assert lacking(blender)
    settings.orbit_kind = "auto"
    weights, preferences.weights = preferences.weights, ""
    assert lacking(blender)
    preferences.weights = weights + ".gone"
    blender.ops.sv3d.generate()
    assert "not where the preferences say" in session.shown_failure.cause
    preferences.weights = weights
    settings.picture = None
    assert lacking(blender)


def test_without_weights_the_demonstration_model_does_it(blender, settings, preferences, session, demonstration):
    preferences.weights, preferences.variant = "", "u"  # a variant is of weights that are chosen
    assert not lacking(blender)
    settings.elevation = radians(70)
    assert lacking(blender), "it takes the orbits that SV3D_p takes"
    settings.elevation = radians(10)
    said = drawn(blender)
    assert "Demonstration model. Set SV3D weights for production." in said
    time = "a few seconds on a good graphics card, 20 s on a processor"
    assert f"Before the mesh, the orbit takes {time}." in said
    assert {"Choose Weights", "Get Weights"} <= set(said)

    blender.ops.sv3d.generate()
    assert (session.job.request.weights, session.job.request.variant) == (None, "auto")
    turn_until(lambda: not session.busy and not session.waiting_to_deliver)
    assert part_of_engine("shared.model_facts").NOTE in drawn(blender)


def test_the_steps_that_suit_the_chosen_weights_are_known(tmp_path, preferences):
    weights = wedge.write_weights(tmp_path / "weights.safetensors", frame_size=128, sampler="ays", steps=4)
    preferences.weights = str(weights)
    assert preferences.model.steps == 4
    preferences.weights = ""
    assert preferences.weights_steps == 50


def test_chosen_weights_need_no_word(blender, settings, preferences, demonstration):
    said = drawn(blender)
    assert not [line for line in said if "Demonstration" in line or line == "Get Weights"]


def test_without_any_model_weights_are_asked_for(blender, settings, preferences, no_demonstration):
    preferences.weights = ""
    said = drawn(blender)
    assert "To work from a picture, SV3D needs the file of its weights." in said
    assert "Get Weights" in said


def test_angles_are_as_typed(blender, settings):
    settings.orbit_kind, settings.elevation = "static", radians(89)
    assert order(blender).request.elevation == 89.0
    settings.orbit_kind, settings.elevation, settings.amplitude = "sine", radians(59), radians(30)
    assert not lacking(blender)
    assert order(blender).request.elevation == 59.0


def test_an_orbit_that_cannot_be_is_told_before_the_click(blender, settings, preferences, session, tmp_path):
    settings.elevation = radians(70)
    assert lacking(blender)
    settings.orbit_kind = "static"
    assert not lacking(blender)
    preferences.weights = str(wedge.write_weights(tmp_path / "sv3d_u.safetensors", "u"))
    assert preferences.weights_variant == "u"
    assert not lacking(blender)
    settings.orbit_kind = "sine"
    assert lacking(blender)


def test_weights_that_are_something_else_are_told_when_chosen_and_at_the_click(blender, settings, preferences, session):
    weights = Path(preferences.weights)
    weights.write_bytes(b"PK\x03\x04")
    preferences.weights = str(weights)
    assert "not a whole safetensors file" in preferences.weights_problem
    blender.ops.sv3d.generate()
    assert "not a whole safetensors file" in session.shown_failure.cause
    assert not session.busy
    wedge.write_weights(weights)  # the right one, in its place
    assert order(blender).request.weights == str(weights)
    assert (preferences.weights_variant, preferences.weights_problem) == ("p", "")


# ---- choosing ---------------------------------------------------------------------------------------------------
