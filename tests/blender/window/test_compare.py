"""A result's confidence seen in the 3D View, and its frames in the Video Sequencer, by the tab's buttons."""

import wedge
from conftest import STAND_IN

SHADING = "next(a for a in C.window.screen.areas if a.type == 'VIEW_3D').spaces.active.shading"
SURE = """
mesh = C.object.data
heights = [v.co.z for v in mesh.vertices]
mesh.attributes.new("_CONFIDENCE", "FLOAT", "POINT").data.foreach_set("value", [h / max(heights) for h in heights])
"""


def test_see_the_confidence_and_take_it_away(open_window, tmp_path):
    job = tmp_path / "job"
    wedge.write_job(job)
    window = open_window(STAND_IN)
    window.exec("D.objects.remove(D.objects['Cube'])")
    window.exec(f"bpy.ops.sv3d.import_result(folder={str(job)!r}, title='wedge')")
    window.exec(SURE)
    window.exec(f"{SHADING}.light = 'FLAT'")
    window.open_sidebar("SV3D")
    window.settle(10)
    place = window.region("VIEW_3D", "WINDOW")
    before = window.image(rect=place)
    window.click_button("sv3d.show_confidence")
    window.wait(f"{SHADING}.color_type == 'VERTEX'")
    window.settle(20)
    window.keep("compare-confidence")
    assert len(window.image(rect=place).colors()) > len(before.colors()) + 20  # from violet to yellow
    window.click_button("sv3d.show_confidence")
    window.wait(f"{SHADING}.color_type != 'VERTEX'")
    window.click_button("sv3d.add_strip")
    window.wait("C.scene.sequence_editor")
    assert window.eval("[len(s.elements) for s in C.scene.sequence_editor.strips]") == [21]
    window.keep("compare-strip")
