"""A result seen through the picture's camera and lit by its light, with the tab's buttons."""

import wedge
from conftest import STAND_IN

HEAD = b"#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n\n-Y 16 +X 32\n"
BLUE = bytes((20, 40, 160, 129))  # a pixel's mantissas and exponent
SPACE = "next(a for a in C.window.screen.areas if a.type == 'VIEW_3D').spaces.active"


def test_look_through_the_picture_and_switch_the_light(open_window, tmp_path):
    job = tmp_path / "job"
    wedge.write_job(job)
    (job / "light.hdr").write_bytes(HEAD + 16 * 32 * BLUE)
    window = open_window(STAND_IN)
    window.exec("[D.objects.remove(D.objects[name]) for name in ('Cube', 'Light')]")
    own, camera = window.eval("C.scene.world.name"), window.eval("C.scene.camera.name")
    window.exec(f"bpy.ops.sv3d.import_result(folder={str(job)!r}, title='wedge')")
    window.open_sidebar("SV3D")
    window.settle(10)
    window.click_button("sv3d.look_through_picture")
    window.wait("C.scene.camera.name == 'wedge picture'")
    assert window.eval(f"{SPACE}.region_3d.view_perspective") == "CAMERA"
    assert window.eval("C.scene.render.resolution_x, C.scene.render.resolution_y") == [wedge.SIZE, wedge.SIZE]
    window.keep("through-picture")

    window.exec(f"{SPACE}.shading.type = 'RENDERED'")
    window.click_button("bpy.ops.sv3d.set_light(light='PICTURE')")
    window.wait("C.scene.sv3d.light == 'PICTURE'")
    assert window.eval("C.scene.world.name") == "wedge light"
    window.settle(20)
    window.keep("pictures-light")
    window.click_button("bpy.ops.sv3d.set_light(light='SCENE')")
    window.wait(f"C.scene.world.name == {own!r}")
    window.click_button("sv3d.leave_picture")
    window.wait(f"C.scene.camera.name == {camera!r}")
    window.keep("own-again")
