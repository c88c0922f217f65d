"""A frame of the orbit is painted on with the mouse, another rejected, and the mesh is made again."""

import json
from pathlib import Path

import wedge
from conftest import STAND_IN

EDITOR = "next(a for a in C.window.screen.areas if a.type == 'IMAGE_EDITOR').spaces.active"


def test_repair_a_frame_and_get_the_mesh_again(open_window, tmp_path):
    job = tmp_path / "job"
    wedge.write_job(job)
    window = open_window(STAND_IN, STAND_IN_SECONDS="1")
    window.exec("D.objects.remove(D.objects['Cube'])")
    window.exec("next(a for a in C.window.screen.areas if a.type == 'VIEW_3D').type = 'IMAGE_EDITOR'")
    window.settle(5)
    window.exec(f"bpy.ops.sv3d.import_result(folder={str(job)!r}, title='wedge')")
    window.exec("C.scene.frame_set(5)")
    window.open_sidebar("SV3D", area="IMAGE_EDITOR")
    x, y = window.region("IMAGE_EDITOR", "WINDOW").center
    window.move(x, y)
    window.key("Home")
    window.settle(10)
    window.keep("repair-orbit")

    window.click_button("sv3d.edit_frame", "IMAGE_EDITOR", "UI")
    assert window.eval(f"{EDITOR}.image.name, {EDITOR}.mode") == ["wedge frames 5", "PAINT"]
    before = window.eval(f"list({EDITOR}.image.pixels)")
    window.drag(x - 60, y - 40, x + 40, y + 40)
    window.wait(f"{EDITOR}.image.is_dirty")
    assert window.eval(f"list({EDITOR}.image.pixels)") != before
    window.settle(10)
    window.keep("repair-painted")

    window.click_button("sv3d.back_to_orbit", "IMAGE_EDITOR", "UI")
    window.exec("C.scene.frame_set(9)")
    window.click_button("sv3d.reject_frame", "IMAGE_EDITOR", "UI")
    window.settle(10)
    window.keep("repair-rejected")
    window.click_button("sv3d.mesh_again", "IMAGE_EDITOR", "UI")
    window.wait("session.job and not session.busy and not session.waiting_to_deliver", timeout=60)
    assert window.eval("session.shown_failure") is None
    out = Path(window.eval("session.job.request.out"))
    assert (out / "source.frames/004.png").read_bytes() != (job / "frames/004.png").read_bytes()
    assert (out / "source.frames/005.png").read_bytes() == (job / "frames/005.png").read_bytes()
    cameras = json.loads((out / "source.cameras.json").read_text())
    assert [frame["weight"] for frame in cameras["frames"]] == [float(i != 8) for i in range(21)]
    assert window.eval("sorted(o.name for o in D.objects if o.type == 'MESH')") == ["wedge", "wedge.001"]
    window.settle(10)
    window.keep("repair-done")
