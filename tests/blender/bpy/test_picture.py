"""A picture as the source: which file the engine gets."""

import time
from pathlib import Path

import numpy as np
import pytest
from conftest import lacking, order, part, part_of_engine, press, turn_until

SIZE = (6, 4)


def test_a_file_that_is_as_shown_is_taken_itself(blender, settings, picture):
    request, title = order(blender)
    assert Path(request.picture) == picture
    assert title == "cow"


def test_what_was_painted_is_seen_by_the_engine_and_the_image_stays_as_it_was(blender, settings, picture):
    image, content = settings.picture, picture.read_bytes()
    image.pixels[:] = painted(*image.size)
    image.update()
    request, _ = order(blender)
    assert Path(request.picture) == Path(request.out) / "source.png"
    assert shown(blender, request.picture) == pytest.approx(painted(*image.size), abs=0.003)
    assert picture.read_bytes() == content
    assert (image.is_dirty, image.source, image.filepath) == (True, "FILE", str(picture))
    assert list(blender.data.images) == [image]


def test_what_a_script_paints_after_its_call_is_for_the_next_job(blender, settings, session):
    image = settings.picture
    before = set(session.over)
    image.pixels[:] = painted(*image.size)
    blender.ops.sv3d.generate()
    blender.ops.sv3d.generate()
    image.pixels[:] = [1.0] * len(image.pixels)
    turn_until(lambda: len(set(session.over) - before) == 2)
    for job in (session.over[name] for name in set(session.over) - before):
        assert shown(blender, job.request.picture) == pytest.approx(painted(*image.size), abs=0.003)


def test_a_press_leaves_the_copy_to_the_next_turns(blender, settings, session):
    image = settings.picture
    image.pixels[:] = painted(*image.size)
    request, _ = press(blender)
    copy = part("generate.picture_copy")
    assert not Path(request.picture).exists()
    blender.ops.ed.undo_push(message="painted")
    copy.before_change()  # as undo or another file does
    image.name = "renamed"
    turn_until(lambda: copy.is_written(request))
    assert shown(blender, request.picture) == pytest.approx(painted(*image.size), abs=0.003)


def test_a_picture_that_grows_before_it_is_copied(blender, settings):
    image = settings.picture
    image.pixels[:] = painted(*image.size)
    request, _ = press(blender)
    image.scale(9, 7)
    turn_until(lambda: part("generate.picture_copy").is_written(request))
    assert len(shown(blender, request.picture)) == 4 * 9 * 7


def test_a_picture_that_is_removed_before_it_is_copied_is_told(blender, settings, session):
    image = settings.picture
    image.pixels[:] = painted(*image.size)
    request, _ = press(blender)
    blender.data.images.remove(image)
    with pytest.raises(part_of_engine("shared.errors").UserError, match="closed before"):
        turn_until(lambda: part("generate.picture_copy").is_written(request))


@pytest.mark.parametrize("deep", [False, True])
def test_a_large_painted_picture_holds_no_turn(blender, settings, deep):
    """4096² as painted.  In seconds of the main thread's own work, the best of three: the machine does other things."""
    settings.picture = image = blender.data.images.new("large", 4096, 4096, alpha=True, float_buffer=deep)
    image.pixels.foreach_set(np.full(4 * 4096 * 4096, 0.5, np.float32))
    lacking(blender)  # as the tab does in each drawing: the weights' header has been read
    written, longest = part("generate.picture_copy").is_written, []
    for _ in range(3):
        request, took = timed(lambda: press(blender).request)
        turns, done = [took], False
        while not done:
            time.sleep(0.01)
            done, took = timed(lambda request=request: written(request))
            turns.append(took)
        longest.append(max(turns))
    assert min(longest) < 0.05
    assert image.is_dirty and Path(request.picture).is_file()


def test_an_image_without_a_file_is_written_with_its_alpha(blender, settings):
    image = blender.data.images.new("Texture.001", *SIZE, alpha=True)
    image.pixels[:] = painted(*SIZE)
    settings.picture = image
    request, title = order(blender)
    assert title == "Texture"
    assert shown(blender, request.picture) == pytest.approx(painted(*SIZE), abs=0.003)
    assert (image.source, image.filepath, image.is_dirty) == ("GENERATED", "", True)


def test_linear_premultiplied_light_is_written_as_a_png_wants_it(blender, settings):
    image = blender.data.images.new("render", *SIZE, alpha=True, float_buffer=True)
    light = [0.2140, 0.2140, 0.0, 1.0] * SIZE[0] + [0.1070, 0.1070, 0.0, 0.5] * (SIZE[0] * (SIZE[1] - 1))
    image.pixels[:] = light
    settings.picture = image
    seen = shown(blender, order(blender).request.picture)
    assert seen[:4] == pytest.approx([0.5, 0.5, 0.0, 1.0], abs=0.005)
    assert seen[-4:] == pytest.approx([0.5, 0.5, 0.0, 0.5], abs=0.005)
    assert image.is_dirty


def test_the_job_begins_when_what_was_painted_is_written(blender, settings, session, monkeypatch):
    image, written = settings.picture, []
    image.pixels[:] = painted(*image.size)
    monkeypatch.setattr(session, "ready", lambda request: bool(written))
    blender.ops.sv3d.generate()
    for _ in range(5):
        session.tick()
        time.sleep(0.05)
    assert session.busy and not session.job.stage
    blender.ops.sv3d.cancel()
    assert session.job.phase.name == "CANCELLED"
    session.tick()
    blender.ops.sv3d.generate()
    written.append(True)
    turn_until(lambda: not session.busy)
    assert session.job.phase.name == "DONE"


def test_a_picture_that_cannot_be_written_is_told(blender, settings, session, monkeypatch):
    def full(request):
        raise OSError("no space left")

    monkeypatch.setattr(session, "ready", full)
    blender.ops.sv3d.generate()
    turn_until(lambda: not session.busy)
    assert "could not be written" in session.shown_failure.cause


def test_a_packed_image_is_written_byte_for_byte(blender, settings, picture):
    content = picture.read_bytes()
    settings.picture.pack()
    picture.unlink()
    request, _ = order(blender)
    assert Path(request.picture).read_bytes() == content
    assert settings.picture.packed_file


def test_a_kind_of_file_that_only_blender_reads_is_written_as_png(blender, settings, tmp_path):
    image = blender.data.images.new("deep", *SIZE, float_buffer=True)
    image.pixels[:] = painted(*SIZE)
    image.file_format, image.filepath_raw = "OPEN_EXR", str(tmp_path / "deep.exr")
    image.save()
    settings.picture = blender.data.images.load(str(tmp_path / "deep.exr"))
    request, title = order(blender)
    assert (Path(request.picture).suffix, title) == (".png", "deep")


def test_a_picture_that_is_gone_is_told(blender, settings, picture, session):
    picture.unlink()  # before anybody has looked at it
    assert blender.ops.sv3d.generate() == {"CANCELLED"}
    assert "cannot be read" in session.shown_failure.cause
    assert not session.busy


# ---- the request ------------------------------------------------------------------------------------------------


def test_a_dropped_file_becomes_the_picture(blender, settings, picture):
    settings.source, settings.picture = "FOLDER", None
    assert blender.ops.sv3d.drop_picture(filepath=str(picture)) == {"FINISHED"}
    assert (settings.source, settings.picture.filepath) == ("PICTURE", str(picture))
    assert len(blender.data.images) == 1  # it was open already


def test_a_file_that_is_open_as_a_sequence_can_be_dropped_too(blender, settings, picture):
    settings.picture.source = "SEQUENCE"
    blender.ops.sv3d.drop_picture(filepath=str(picture))
    assert settings.picture.source == "FILE"


def test_a_dropped_file_that_is_no_picture_is_refused(blender, settings, tmp_path):
    before = settings.picture
    with pytest.raises(RuntimeError, match="cannot open this picture"):
        blender.ops.sv3d.drop_picture(filepath=str(tmp_path / "none.png"))
    assert settings.picture == before


# ---- what comes back --------------------------------------------------------------------------------------------


def timed(work):
    """What it gives, and the seconds that this thread worked."""
    begun = time.thread_time()
    return work(), time.thread_time() - begun


def painted(width: int, height: int) -> list[float]:
    """Half-clear red over solid blue-grey, as Blender's numbers."""
    pixels = np.zeros((height, width, 4), np.float32)
    pixels[: height // 2] = (0.2, 0.4, 0.6, 1.0)
    pixels[height // 2 :] = (0.6, 0.2, 0.2, 0.6)
    return pixels.ravel().tolist()


def shown(bpy, file: str) -> list[float]:
    """The numbers Blender shows for a file."""
    image = bpy.data.images.load(file)
    pixels = list(image.pixels)
    bpy.data.images.remove(image)
    return pixels
