"""Mesh and frame compared through the orbit camera: a line dragged with the mouse, and the heat map."""

import wedge
from conftest import STAND_IN
from gui import Rect

DRAWN = "from bl_ext.user_default.sv3d.sv3d_blender.compare"
CAMERA = "D.cameras['wedge camera']"
COMPARE = f"{CAMERA}.sv3d_compare"
OVERLAY = "next(a for a in C.window.screen.areas if a.type == 'VIEW_3D').spaces.active.overlay"
WATCH = f"""
{DRAWN} import drawing, preparing
from bl_ext.user_default.sv3d.sv3d_blender.overlay import drawing as orbit
from bl_ext.user_default.sv3d.sv3d_blender.compare.sight import sight
squares = []
def look():
    seen = sight(bpy.context)
    squares[:] = [(seen.square.left, seen.square.bottom, seen.square.right, seen.square.top)] if seen else []
watching = bpy.types.SpaceView3D.draw_handler_add(look, (), "WINDOW", "POST_PIXEL")
"""
BLUE = (70, 110, 220)  # of the side that the fourth frame shows and the fifteenth does not


def square(window) -> Rect:
    """Where the frame is on the screen."""
    view = window.region("VIEW_3D", "WINDOW")
    left, bottom, right, top = window.wait("squares and squares[0]")
    return Rect(int(view.x + left), int(view.y + view.h - top), int(right - left), int(top - bottom))


def near(colour, wanted) -> bool:
    """Mesa's sRGB is coarse where it is dark."""
    return all(abs(a - b) <= 9 for a, b in zip(colour, wanted, strict=True))


def share(window, part: Rect, wanted) -> float:
    """How much of a part of the screen has a colour."""
    colours = window.image(rect=part).colors()
    return sum(count for colour, count in colours.items() if near(colour, wanted)) / (part.w * part.h)


def test_a_line_parts_frame_and_mesh_and_is_dragged(open_window, tmp_path):
    job = tmp_path / "job"
    wedge.write_job(job)
    window = open_window(STAND_IN)
    window.exec("[D.objects.remove(D.objects[name]) for name in ('Cube', 'Light')]")
    window.exec(f"bpy.ops.sv3d.import_result(folder={str(job)!r}, title='wedge')")
    window.exec(WATCH)
    window.open_sidebar("SV3D")
    window.settle(10)
    next_orbit = "orbit.wanted(C) is not None"
    assert window.eval(next_orbit, "VIEW_3D", "WINDOW")
    window.click_button("sv3d.look_through")
    assert not window.eval(next_orbit, "VIEW_3D", "WINDOW")  # it would lie across what is compared
    window.exec("C.scene.frame_set(4)")
    window.exec(f"{COMPARE}.how = 'WIPE'")
    window.settle(60)
    frame = square(window)
    window.keep("wipe")
    middle = frame.x + frame.w // 2
    left, right = frame._replace(w=frame.w // 2 - 4), frame._replace(x=middle + 4, w=frame.w // 2 - 4)
    assert share(window, left, BLUE) > 0.1  # as the frame's file has it, whatever the view's colour management
    assert share(window, right, BLUE) == 0  # the mesh, grey as Solid shows it
    assert not window.eval(f"{CAMERA}.show_background_images")

    window.exec("bpy.ops.ed.undo_push(message='until here')")
    row = frame.y + frame.h // 3
    window.drag(middle, row, frame.x + frame.w // 4, row)
    assert abs(window.eval(f"{COMPARE}.wipe") - 0.25) < 0.02
    window.settle(20)
    window.keep("wipe-dragged")
    assert share(window, left._replace(x=frame.x + frame.w // 4 + 4, w=frame.w // 4 - 4), BLUE) == 0
    window.key("ctrl+z")
    window.wait(f"{COMPARE}.wipe == 0.5")

    window.exec(f"{COMPARE}.wipe = 1.0; C.scene.frame_set(15)")
    window.settle(30)
    assert share(window, frame, BLUE) == 0  # another frame, as the timeline has it
    window.exec(f"C.scene.frame_set(4); {OVERLAY}.show_overlays = False")
    window.settle(20)
    assert share(window, frame, BLUE) == 0
    window.exec(f"{OVERLAY}.show_overlays = True; {COMPARE}.how = 'BLEND'")
    window.settle(20)
    assert window.eval(f"{CAMERA}.show_background_images")
    window.keep("wipe-ended")


def test_the_heat_map_and_its_figures(open_window, tmp_path):
    job = tmp_path / "job"
    wedge.write_job(job)
    window = open_window(STAND_IN)
    window.exec("[D.objects.remove(D.objects[name]) for name in ('Cube', 'Light')]")
    window.exec(f"bpy.ops.sv3d.import_result(folder={str(job)!r}, title='wedge')")
    window.exec(WATCH)
    window.open_sidebar("SV3D")
    window.settle(10)
    window.click_button("sv3d.look_through")
    window.exec(f"C.scene.frame_set(4); {COMPARE}.how = 'DIFFERENCE'")
    frame = square(window)
    window.wait("len(preparing.preparing._measured) == 21", timeout=60)
    window.settle(20)
    window.keep("difference")
    alike, other = window.eval("[[int(255 * c + 0.5) for c in drawing.HEAT.colours[i]] for i in (0, -1)]")
    assert share(window, frame, alike) > 0.1
    assert 0 < share(window, frame, other) < 0.02

    window.exec("mesh = D.objects['wedge'].data")
    window.exec("[setattr(v, 'co', v.co * 0.8) for v in mesh.vertices]; mesh.update()")
    window.wait("len(preparing.preparing._measured) == 21", timeout=60)
    window.settle(20)
    window.keep("difference-smaller")
    assert share(window, frame, other) > 0.03  # the frame's object, where the mesh is no more
