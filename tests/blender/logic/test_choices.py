"""The tab's menus offer what the engine understands."""

import pytest
from sv3d.sv3d_blender.generate import choices
from sv3d.sv3d_engine.shared import protocol


@pytest.mark.parametrize(
    ("items", "words"),
    [
        (choices.ORBITS, protocol.ORBITS),
        (choices.SAMPLERS, protocol.SAMPLERS),
        (choices.GUIDANCES, protocol.GUIDANCES),
        (choices.MEMORY_MODES, protocol.MEMORY_MODES),
    ],
)
def test_each_word_of_the_protocol_has_a_name_and_an_explanation(items, words):
    assert {word for word, _, _ in items} == set(words)
    assert items[0][0] == words[0]  # the default
    for _, name, explanation in items:
        assert name and explanation
        assert not explanation.endswith(".")  # Blender adds it


def test_choices_of_the_mesh_are_the_protocols_after_one_that_leaves_it_to_the_quality():
    for items, words in (
        (choices.TEXTURE_SIZES, [str(size) for size in protocol.TEXTURE_SIZES]),
        (choices.MATERIALS, list(protocol.MATERIALS)),
    ):
        assert [word for word, _, _ in items] == [choices.BY_QUALITY, *words]
        assert all(name and explanation and not explanation.endswith(".") for _, name, explanation in items)


def test_the_tips_tell_what_each_quality_takes():
    from sv3d.sv3d_engine.ground.settings import PRESETS

    tip = choices.TEXTURE_SIZES[0][2]
    assert tip == ", ".join(f"{preset.texture_size} for {name}" for name, preset in PRESETS.items())


def test_samplers_tell_the_steps_they_take_by_themselves():
    from sv3d.sv3d_engine.sv3d.generation.make_orbit import OrbitSettings, sigmas_for

    for sampler, name, _ in choices.SAMPLERS[1:]:
        steps = len(sigmas_for(OrbitSettings(sampler=sampler))) - 1
        assert f"· {steps}" in name
