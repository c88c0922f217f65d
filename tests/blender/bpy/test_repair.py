"""One frame of an orbit repaired, the rest kept, and the mesh made again from them."""

import json
from pathlib import Path

import numpy as np
import pytest
from conftest import Paper, part, turn_until

RED = (1.0, 0.0, 0.0, 1.0)


@pytest.fixture
def orbit(blender, job_folder):
    """A result's frames, shown at its fifth."""
    made = part("result.importer").import_result(blender.context, job_folder, "cow")
    blender.context.scene.frame_set(5)
    return made.frames


@pytest.fixture
def editor(blender, orbit):
    """An Image Editor that shows the orbit, as the context has it."""
    area = blender.context.window_manager.windows[0].screen.areas[0]
    before, area.type = area.type, "IMAGE_EDITOR"
    area.spaces.active.image = orbit
    with blender.context.temp_override(
        window=blender.context.window_manager.windows[0],
        area=area,
        region=next(region for region in area.regions if region.type == "WINDOW"),
    ):
        yield area.spaces.active
    areas = [there for window in blender.context.window_manager.windows for there in window.screen.areas]
    if area in areas:  # a test that opens a file frees it, and what is written there then crashes a later one
        area.type = before


def painted(image):
    pixels = np.empty((*image.size, 4), np.float32)
    image.pixels.foreach_get(pixels.ravel())
    pixels[40:60, 40:60] = RED
    image.pixels.foreach_set(pixels.ravel())
    image.update()


def decoded(blender, file: Path):
    loaded = blender.data.images.load(str(file))
    pixels = np.empty((*loaded.size, 4), np.float32)
    loaded.pixels.foreach_get(pixels.ravel())
    blender.data.images.remove(loaded)
    return pixels


def frames_of(orbit):
    return part("result.frame_changes").frames_of(orbit)


def said(blender) -> list[str]:
    paper = Paper()
    part("repair.panel").draw_frames(paper, blender.context)
    return paper.said


def test_a_frame_is_edited_as_an_image_of_its_own(blender, orbit, editor, job_folder):
    files = {file: file.read_bytes() for file in (job_folder / "frames").iterdir()}
    assert "Frame 5 of 21" in said(blender)
    assert blender.ops.sv3d.edit_frame() == {"FINISHED"}
    image = editor.image
    assert (image.name, editor.mode, tuple(image.size)) == ("cow frames 5", "PAINT", (96, 96))
    assert (image.filepath, bool(image.packed_file)) == ("", True)  # nothing that Save could write over
    before = np.array(image.pixels[:]).reshape(96, 96, 4)
    assert np.array_equal(before, decoded(blender, job_folder / "frames/004.png"))
    painted(image)
    assert "Frame 5 of 21, edited" in said(blender) and "Edited: 5" in said(blender)

    blender.context.scene.frame_set(9)  # while one is edited the timeline leads nowhere
    assert "Frame 5 of 21, edited" in said(blender)
    blender.ops.sv3d.back_to_orbit()
    assert (editor.image, editor.mode) == (orbit, "VIEW")
    assert "Frame 9 of 21" in said(blender)
    blender.context.scene.frame_set(5)
    blender.ops.sv3d.edit_frame()
    assert editor.image == image
    assert {file: file.read_bytes() for file in (job_folder / "frames").iterdir()} == files


def test_what_was_painted_is_saved_with_the_file(blender, orbit, editor, tmp_path):
    blender.ops.sv3d.edit_frame()
    painted(editor.image)
    assert editor.image.is_dirty
    blender.ops.wm.save_as_mainfile(filepath=str(tmp_path / "scene.blend"))
    blender.ops.wm.open_mainfile(filepath=str(tmp_path / "scene.blend"))
    frame = frames_of(blender.data.images["cow frames"])[4]
    pixels = np.array(frame.image.pixels[:]).reshape(96, 96, 4)
    assert np.allclose(pixels[50, 50], RED)


def test_put_back_takes_the_orbits_own_frame(blender, orbit, editor):
    assert not blender.ops.sv3d.put_back_frame.poll()
    blender.ops.sv3d.edit_frame()
    image = editor.image
    blender.ops.sv3d.put_back_frame()
    assert editor.image == orbit
    assert frames_of(orbit)[4].image is None
    assert image.name in blender.data.images
    assert not blender.ops.sv3d.put_back_frame.poll()


def test_a_picture_takes_a_frames_place_at_its_size(blender, orbit, editor, tmp_path):
    other = blender.data.images.new("other", 192, 192, alpha=True)
    other.generated_color = RED
    other.filepath_raw, other.file_format = str(tmp_path / "other.png"), "PNG"
    other.save()
    assert blender.ops.sv3d.replace_frame(filepath=str(tmp_path / "other.png")) == {"FINISHED"}
    assert editor.image == frames_of(orbit)[4].image
    assert tuple(editor.image.size) == (96, 96)
    assert np.allclose(editor.image.pixels[:4], RED)
    assert "Edited: 5" in said(blender)


@pytest.mark.parametrize("wrong", ["oblong", "text", "missing"])
def test_a_picture_that_does_not_fit_is_refused(blender, orbit, editor, tmp_path, wrong):
    file = tmp_path / "other.png"
    if wrong == "oblong":
        other = blender.data.images.new("other", 64, 96)
        other.filepath_raw, other.file_format = str(file), "PNG"
        other.save()
    elif wrong == "text":
        file.write_text("nothing")
    images = set(blender.data.images.keys())
    assert blender.ops.sv3d.replace_frame(filepath=str(file)) == {"CANCELLED"}
    assert frames_of(orbit)[4].image is None
    assert set(blender.data.images.keys()) == images
    assert editor.image == orbit


def test_rejected_frames_are_told_and_eight_must_stay(blender, orbit, editor, session):
    for frame in range(1, 15):
        blender.context.scene.frame_set(frame)
        blender.ops.sv3d.reject_frame()
    assert "Frame 14 of 21, rejected" in said(blender)
    assert "Rejected: 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14" in said(blender)
    assert "Keep at least 8 frames." in said(blender)
    assert blender.ops.sv3d.mesh_again() == {"CANCELLED"}
    assert session.shown_failure.cause == "Too many frames are rejected."
    blender.ops.sv3d.keep_frame()
    assert frames_of(orbit)[13].weight == 1
    assert "Keep at least 8 frames." not in said(blender)


def test_mesh_again_is_a_new_job_with_the_frames_as_they_are(blender, orbit, editor, session, job_folder):
    (job_folder / "job.json").write_text(
        json.dumps({"job": "1", "frames": "/gone", "out": str(job_folder), "preset": "draft", "seed": 7, "faces": 900})
    )
    files = {file: file.read_bytes() for file in job_folder.rglob("*") if file.is_file()}
    blender.ops.sv3d.edit_frame()
    painted(editor.image)
    blender.ops.sv3d.back_to_orbit()
    blender.context.scene.frame_set(12)
    blender.ops.sv3d.reject_frame()
    frames_of(orbit)[2].weight = 0.5
    first = blender.context.active_object
    assert blender.ops.sv3d.mesh_again() == {"FINISHED"}
    turn_until(lambda: not session.busy and not session.waiting_to_deliver)
    assert session.shown_failure is None

    request = session.job.request
    assert (request.preset, request.seed, request.faces, request.resume) == ("draft", 7, 900, False)
    out = Path(request.out)
    assert out != job_folder and out.is_relative_to(part("storage").own_results_folder())
    assert Path(request.frames) == out / "source.frames"
    cameras = json.loads(Path(request.cameras).read_text())
    own = json.loads((job_folder / "cameras.json").read_text())
    assert [f.pop("weight") for f in cameras["frames"]] == [0 if i == 11 else 0.5 if i == 2 else 1 for i in range(21)]
    assert cameras == own  # the same place and size
    for file in sorted((job_folder / "frames").iterdir()):
        given = out / "source.frames" / file.name
        if file.name == "004.png":
            assert np.allclose(decoded(blender, given)[50, 50], RED)
            assert np.array_equal(decoded(blender, given)[:40], decoded(blender, file)[:40])
        else:
            assert given.read_bytes() == file.read_bytes()
    assert {file: file.read_bytes() for file in job_folder.rglob("*") if file.is_file()} == files
    assert blender.context.active_object != first and first.name in blender.data.objects


def test_what_the_first_job_knew_of_light_and_cameras_stays(blender, orbit, editor, session, job_folder):
    known = lambda: (session.job.request.light, session.job.request.cameras_as_given)  # noqa: E731

    def asked(request: dict, report: dict) -> tuple[str, bool]:
        (job_folder / "job.json").write_text(json.dumps({"job": "1", "out": str(job_folder), **request}))
        (job_folder / "report.json").write_text(json.dumps(report))
        editor.image = orbit
        blender.ops.sv3d.mesh_again()
        turn_until(lambda: not session.busy and not session.waiting_to_deliver)
        return known()

    of_picture = {"picture": "/cow.png", "weights": "/p.safetensors"}
    assert asked({"frames": "/gone", "light": "turns"}, {}) == ("turns", True)
    assert asked({"frames": "/gone"}, {}) == ("auto", True)
    assert asked({**of_picture, "preset": "draft"}, {}) == ("fixed", True)
    assert asked(of_picture, {"variant": "p"}) == ("fixed", True), "its cameras were told to the network"
    assert asked(of_picture, {"variant": "u"}) == ("fixed", False), "its elevation has yet to be found"


def test_the_result_still_tells_its_picture_and_licence(blender, orbit, editor, session, job_folder):
    asked = {"job": "1", "picture": "/cow.png", "weights": "/p.safetensors", "out": str(job_folder), "preset": "draft"}
    (job_folder / "job.json").write_text(json.dumps(asked))
    (job_folder / "report.json").write_text(json.dumps({"model": "SV3D_p"}))
    blender.ops.sv3d.mesh_again()
    turn_until(lambda: not session.busy and not session.waiting_to_deliver)
    again = blender.context.active_object
    assert again["sv3d_job"] == session.job.request.out
    wanted = ["/cow.png", "SV3D_p", "Stability AI Community License"]
    assert [again[f"sv3d_{name}"] for name in ("picture", "model", "licence")] == wanted


def test_the_jobs_copies_go_with_the_job(blender, orbit, editor, session):
    blender.ops.sv3d.mesh_again()
    turn_until(lambda: not session.busy and not session.waiting_to_deliver)
    out = Path(session.job.request.out)
    assert part("history.own_files").foreign_files(out) == []


def test_an_orbit_alone_is_meshed_as_the_tab_says(blender, orbit, editor, session, job_folder):
    (job_folder / "job.json").unlink()
    settings = blender.context.scene.sv3d
    settings.preset, settings.seed = "high", 3
    blender.ops.sv3d.mesh_again()
    assert (session.job.request.preset, session.job.request.seed) == ("high", 3)


def test_a_frame_without_its_file_can_be_replaced_or_rejected(blender, orbit, editor, session, job_folder):
    (job_folder / "frames/004.png").unlink()
    results = part("storage").own_results_folder()
    before = set(results.iterdir()) if results.exists() else set()
    assert blender.ops.sv3d.edit_frame() == {"CANCELLED"}
    assert blender.ops.sv3d.mesh_again() == {"CANCELLED"}
    assert session.shown_failure.cause == "The frame 004.png is gone."
    assert set(results.iterdir()) == before  # nothing of it stays
    blender.ops.sv3d.reject_frame()
    assert blender.ops.sv3d.mesh_again() == {"FINISHED"}


def test_without_its_folder_an_orbit_is_told_to_be_gone(blender, orbit, editor, session, job_folder):
    job_folder.rename(job_folder.with_name("elsewhere"))
    assert blender.ops.sv3d.mesh_again() == {"CANCELLED"}
    assert "gone or damaged" in session.shown_failure.cause


def test_weights_that_a_result_was_made_with_come_along(blender, job_folder):
    data = json.loads((job_folder / "cameras.json").read_text())
    data["frames"][3]["weight"] = 0
    (job_folder / "cameras.json").write_text(json.dumps(data))
    made = part("result.importer").import_result(blender.context, job_folder, "cow")
    assert [frame.weight for frame in frames_of(made.frames)] == [float(i != 3) for i in range(21)]


def test_an_orbit_of_an_earlier_version_can_be_repaired_too(blender, orbit, editor):
    orbit.sv3d_orbit.frames.clear()
    assert "Frame 5 of 21" in said(blender)
    blender.ops.sv3d.reject_frame()
    assert [frame.weight for frame in frames_of(orbit)] == [float(i != 4) for i in range(21)]


def test_other_images_are_no_frames(blender, orbit, editor):
    editor.image = blender.data.images.new("plain", 8, 8)
    assert said(blender) == []
    assert not blender.ops.sv3d.edit_frame.poll()
    assert not blender.ops.sv3d.mesh_again.poll()
