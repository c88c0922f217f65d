"""Everything that can be pointed at explains itself."""

import pytest
import told


@pytest.mark.parametrize("kind", [told.classes, told.properties])
def test_every_operator_property_and_choice_has_a_tooltip_that_says_more_than_its_name(blender, kind):
    found = list(kind(blender))
    assert len(found) > 30
    for what in found:
        if what.tip_wanted:
            assert what.tip.strip(), f"{what.path} has no description"
            assert what.tip.casefold() != what.label.casefold(), f"the description of {what.path} is its name again"
            assert not what.tip.endswith("."), f"Blender ends the description of {what.path} itself"


def test_the_list_of_what_is_registered_is_whole(blender):
    operators = {name for name in dir(blender.ops.sv3d) if not name.startswith("_")}
    assert {what.path.removeprefix("SV3D_OT_") for what in told.classes(blender) if what.tip_wanted} == operators
    paths = {what.path for what in told.properties(blender)}
    settings = blender.context.scene.sv3d.bl_rna.properties.keys()
    assert {f"SV3DSettings.{name}" for name in settings if name not in {"rna_type", "name"}} <= paths
    assert {"SV3D_OT_export_game.format:GLB", "SV3DPreferences.weights", "Scene.sv3d_light"} <= paths
