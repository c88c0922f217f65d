"""The orbit over the 3D View, with the tab open beside it."""

from conftest import STAND_IN

DRAWING = "from bl_ext.user_default.sv3d.sv3d_blender.overlay import drawing"
# Each call's time, in seconds, from now on.
TIMED = f"""
{DRAWING}
import time
def timed(draw):
    def call():
        begun = time.perf_counter()
        draw()
        drawing.times.append(time.perf_counter() - begun)
    return call
drawing.times = []
drawing.unregister()
drawing._draw_lines, drawing._draw_numbers = timed(drawing._draw_lines), timed(drawing._draw_numbers)
drawing.register()
"""


def view3d(window):
    window.exec("[a.tag_redraw() for a in C.window.screen.areas]")
    window.settle(10)
    return window.image(rect=window.region("VIEW_3D", "WINDOW"))


def test_the_orbit_is_seen_before_anything_is_generated(open_window, picture):
    window = open_window(STAND_IN)
    window.exec(f"C.scene.sv3d.picture = D.images.load({str(picture)!r})")
    window.exec("D.objects.remove(D.objects['Camera'])")
    plain = view3d(window)
    window.open_sidebar("SV3D")
    window.settle(20)
    assert len(view3d(window).colors()) > len(plain.colors())
    window.keep("overlay-preset")

    window.exec("bpy.ops.sv3d.add_orbit_cameras(preset='sine', around='ACTIVE')", "VIEW_3D", "WINDOW")
    window.exec("D.objects['Orbit 05'].location.z = 3; D.objects['Orbit 09'].data.lens = 20")
    window.exec("C.space_data.region_3d.view_distance = 24", "VIEW_3D", "WINDOW")
    window.settle(20)
    window.keep("overlay-rig")
    shown = view3d(window)
    window.exec(TIMED)
    for _ in range(12):
        view3d(window)
    window.exec(f"{DRAWING}")
    times = sorted(
        window.eval("__import__('sys').modules['bl_ext.user_default.sv3d.sv3d_blender.overlay.drawing'].times")
    )
    print("a call in ms:", [round(1000 * times[i], 2) for i in (0, len(times) // 2, -1)])
    assert len(times) >= 20
    assert times[len(times) // 2] < 0.002

    window.exec("C.space_data.overlay.show_overlays = False", "VIEW_3D", "WINDOW")
    without = view3d(window)
    window.exec("C.space_data.overlay.show_overlays = True; C.scene.sv3d.show_orbit = False", "VIEW_3D", "WINDOW")
    assert view3d(window).difference(shown)
    assert without.difference(shown)
