"""A picture as the source: which file the engine gets, what is asked of it, and the orbit that comes back."""

from math import radians
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import wedge
from conftest import part, part_of_engine, turn_until

SIZE = (6, 4)


@pytest.fixture
def session(blender):
    return part("engine.session").session


@pytest.fixture
def preferences(blender, tmp_path):
    chosen = part("preferences.property_group").preferences(blender.context)
    chosen.weights = str(wedge.write_weights(tmp_path / "sv3d_p.safetensors"))
    yield chosen
    for name in ("weights", "weights_variant", "weights_problem", "variant", "download", "device"):
        chosen.property_unset(name)


@pytest.fixture
def settings(blender, preferences, picture):
    settings = blender.context.scene.sv3d
    settings.picture = blender.data.images.load(str(picture))
    return settings


@pytest.fixture
def picture(tmp_path) -> Path:
    path = tmp_path / "pictures" / "cow.png"
    wedge.write_picture(path)
    return path


@pytest.fixture
def demonstration(blender, tmp_path, monkeypatch) -> Path:
    """Small weights in the place of the demonstration model."""
    path = wedge.write_weights(tmp_path / "mini.safetensors", frame_size=128)
    yield from _bundle(path, monkeypatch)


@pytest.fixture
def no_demonstration(blender, tmp_path, monkeypatch) -> Path:
    """An extension without the demonstration model."""
    yield from _bundle(tmp_path / "none.safetensors", monkeypatch)


def _bundle(path, monkeypatch):
    monkeypatch.setattr(part_of_engine("network.bundled"), "_FILE", path)
    preflight = part("generate.preflight")
    preflight.demonstration.cache_clear()
    yield path
    preflight.demonstration.cache_clear()


def drawn(blender) -> list[str]:
    """What the tab says: the texts of its labels and of those buttons that have one of their own."""
    paper = Paper()
    wide = SimpleNamespace(width=9999)  # enough for a sentence a line
    addons, scale = blender.context.preferences.addons, SimpleNamespace(ui_scale=1)
    chosen = SimpleNamespace(addons=addons, system=scale)
    part("generate.panel").draw_generate(
        paper, SimpleNamespace(scene=blender.context.scene, preferences=chosen, region=wide)
    )
    return paper.said


class Paper:
    """Stands in for Blender's UILayout, which only a window has."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def __getattr__(self, name: str):
        """Boxes, rows and columns are the same paper; buttons take any property."""

        def put(*args, text: str = "", **kwargs):
            if text:
                self.said.append(text)
            return SimpleNamespace() if name == "operator" else 0 if name == "icon" else self

        return put


def order(blender):
    settings = blender.context.scene.sv3d
    return part("generate.request").order(settings, part("preferences.property_group").preferences(blender.context))


# ---- the file ---------------------------------------------------------------------------------------------------


def test_a_file_that_is_as_shown_is_taken_itself(blender, settings, picture):
    request, title = order(blender)
    assert Path(request.picture) == picture
    assert title == "cow"


def test_what_was_painted_is_seen_by_the_engine_and_the_image_stays_as_it_was(blender, settings, picture):
    image, content = settings.picture, picture.read_bytes()
    image.pixels[:] = painted(*image.size)
    image.update()
    request, _ = order(blender)
    assert Path(request.picture) == Path(request.out).with_suffix(".png")
    assert shown(blender, request.picture) == pytest.approx(painted(*image.size), abs=0.003)
    assert picture.read_bytes() == content
    assert (image.is_dirty, image.source, image.filepath) == (True, "FILE", str(picture))
    assert list(blender.data.images) == [image]


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
    assert blender.ops.sv3d.generate() == {"FINISHED"}
    assert "cannot be read" in session.shown_failure.cause
    assert not session.busy


# ---- the request ------------------------------------------------------------------------------------------------


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
    for name in ("orbit", "sampler", "steps", "guidance", "background_model", "memory", "seed", "preset"):
        assert getattr(request, name) == getattr(plain, name), name
    assert request.guidance_scale == pytest.approx(plain.guidance_scale)
    assert request.elevation == pytest.approx(plain.elevation)
    assert request.amplitude == pytest.approx(plain.amplitude)


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
    assert blender.ops.sv3d.generate.poll()
    settings.orbit_kind = "file"
    assert not blender.ops.sv3d.generate.poll()
    settings.orbit_kind = "auto"
    weights, preferences.weights = preferences.weights, ""
    assert not blender.ops.sv3d.generate.poll()
    preferences.weights = weights + ".gone"
    blender.ops.sv3d.generate()
    assert "not where the preferences say" in session.shown_failure.cause
    preferences.weights = weights
    settings.picture = None
    assert not blender.ops.sv3d.generate.poll()


def test_without_weights_the_demonstration_model_does_it(blender, settings, preferences, session, demonstration):
    preferences.weights, preferences.variant = "", "u"  # a variant is of weights that are chosen
    assert blender.ops.sv3d.generate.poll()
    settings.elevation = radians(70)
    assert not blender.ops.sv3d.generate.poll(), "it takes the orbits that SV3D_p takes"
    settings.elevation = radians(10)
    said = drawn(blender)
    assert "Demonstration model. Set SV3D weights for production." in said
    time = "a few seconds on a good graphics card, 20 s on a processor"
    assert f"Before the mesh, the orbit takes {time}." in said
    assert {"Choose Weights", "Get Weights"} <= set(said)

    blender.ops.sv3d.generate()
    assert (session.job.request.weights, session.job.request.variant) == (None, "auto")
    turn_until(lambda: not session.busy and not session.waiting_to_deliver)
    assert part_of_engine("network.bundled").NOTE in drawn(blender)


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
    assert blender.ops.sv3d.generate.poll()
    assert order(blender).request.elevation == 59.0


def test_an_orbit_that_cannot_be_is_told_before_the_click(blender, settings, preferences, session, tmp_path):
    settings.elevation = radians(70)
    assert not blender.ops.sv3d.generate.poll()
    settings.orbit_kind = "static"
    assert blender.ops.sv3d.generate.poll()
    preferences.weights = str(wedge.write_weights(tmp_path / "sv3d_u.safetensors", "u"))
    assert preferences.weights_variant == "u"
    assert blender.ops.sv3d.generate.poll()
    settings.orbit_kind = "sine"
    assert not blender.ops.sv3d.generate.poll()


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


def test_a_picture_ends_as_a_mesh_in_the_scene(blender, settings, session):
    blender.ops.sv3d.generate()
    turn_until(lambda: not session.busy and not session.waiting_to_deliver)
    assert session.shown_failure is None
    assert blender.context.active_object.name == "cow"
    assert blender.context.active_object.type == "MESH"
    assert session.job.result.notes


def test_the_orbit_is_an_image_sequence_while_it_is_made(blender, settings, session, monkeypatch):
    monkeypatch.setenv("STAND_IN_SECONDS", "2")
    frames = part("result.frames")
    settings.make = "ORBIT"
    blender.ops.sv3d.generate()
    turn_until(frames.live_orbit)
    live = frames.live_orbit()
    assert (live.name, live.source, live["sv3d_frames"]) == ("SV3D Orbit", "SEQUENCE", 21)
    assert Path(live.filepath).parent == Path(session.job.request.out) / "preview"
    assert not part("generate.picture").can_be_source(live)

    player = part("generate.player").player
    assert len(player.frames) == 21
    assert blender.app.timers.is_registered(player.timer)
    edition = session.job.preview.edition
    turn_until(lambda: session.job.preview.edition > edition + 2)
    assert frames.live_orbit() == live
    turn_until(lambda: not session.busy and not session.waiting_to_deliver)
    assert frames.live_orbit() is None
    assert player.timer() is None  # it stops by itself


def test_the_preview_is_not_put_into_another_file(blender, settings, session, monkeypatch):
    monkeypatch.setenv("STAND_IN_SECONDS", "1")
    blender.ops.sv3d.generate()
    turn_until(lambda: session.job.preview)
    blender.ops.wm.read_homefile(use_empty=True)
    turn_until(lambda: not session.busy)
    assert not blender.data.images


def test_an_orbit_ends_with_its_camera_and_frames(blender, settings, session):
    blender.context.scene.cursor.location = (1.0, 2.0, 0.0)
    settings.make = "ORBIT"
    blender.ops.sv3d.generate()
    turn_until(lambda: not session.busy and not session.waiting_to_deliver)
    middle = blender.context.active_object
    assert (middle.name, middle.type, middle.location[:]) == ("cow", "EMPTY", (1.0, 2.0, 0.0))
    camera = part("result.ops").orbit_camera(blender.context)
    assert camera.parent == middle
    (background,) = camera.data.background_images
    assert (background.alpha, background.image.name) == (1.0, "cow orbit")
    assert background.image_user.frame_duration == 21
    blender.context.scene.frame_set(21)
    assert camera.matrix_local.translation.length == pytest.approx(part("result.orbit_path").FREE_DISTANCE)

    blender.ops.sv3d.use_orbit()
    assert (settings.source, settings.frame_count) == ("FOLDER", 21)
    assert Path(settings.cameras) == Path(session.job.result.cameras)


def test_a_cancelled_orbit_is_resumed_under_its_name(blender, settings, session, monkeypatch):
    monkeypatch.setenv("STAND_IN_SECONDS", "30")
    settings.make = "ORBIT"
    blender.ops.sv3d.generate()
    turn_until(lambda: session.job.fraction > 0)
    blender.ops.sv3d.cancel()
    turn_until(lambda: not session.busy)
    monkeypatch.setenv("STAND_IN_SECONDS", "0.2")
    session._drop_engine()
    blender.ops.sv3d.resume()
    assert session.job.request.resume
    turn_until(lambda: not session.busy and not session.waiting_to_deliver)
    assert blender.context.active_object.name == "cow"


def test_a_resumed_job_is_as_asked_for_on_what_is_chosen_now(blender, settings, preferences, tmp_path):
    asked, _ = order(blender)
    settings.memory, settings.preset, settings.seed, preferences.device = "blocks", "draft", 5, "cpu"
    preferences.weights = str(wedge.write_weights(tmp_path / "moved.safetensors"))
    again = part("generate.request").resumed(asked, settings, preferences)
    assert again.resume
    assert again.job != asked.job
    assert (again.memory, again.device, again.weights) == ("blocks", "cpu", preferences.weights)
    assert (again.out, again.picture, again.preset, again.seed) == (asked.out, asked.picture, asked.preset, asked.seed)
    preferences.weights = ""
    assert part("generate.request").resumed(asked, settings, preferences).weights == asked.weights


def test_a_resumed_mesh_takes_the_device_chosen_now(blender, settings, preferences):
    protocol = part("engine.session").protocol
    preferences.device = "cpu"
    again = part("generate.request").resumed(protocol.MeshJob("a", "/frames", "/out"), settings, preferences)
    assert (again.device, again.resume, again.frames) == ("cpu", True, "/frames")


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
