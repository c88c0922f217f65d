"""An orbit from cameras of the scene, from the rig to what the engine is asked for."""

import json
from math import radians
from pathlib import Path

import pytest
from conftest import drawn, lacking, order, part, part_of_engine


@pytest.fixture
def cameras(blender, settings):
    """The tab's fields for cameras of the scene, which are its source now."""
    settings.orbit_source = "CAMERAS"
    return settings.scene_cameras


@pytest.fixture
def rig(blender, cameras):
    """A rig as the button makes it, round the 3D cursor."""
    blender.context.scene.cursor.location = (1, 2, 3)
    assert blender.ops.sv3d.add_orbit_cameras(preset="sine", count=21, radius=5) == {"FINISHED"}
    return cameras.rig


def poses(request):
    assert request.orbit == "file"
    assert Path(request.cameras).parent == Path(request.out)
    return [(f["elevation"], f["azimuth"]) for f in json.loads(Path(request.cameras).read_text())["frames"]]


def flat(pairs):
    return [number for pair in pairs for number in pair]


def add_camera(blender, name, location, look_at=(0, 0, 0), select=True):
    from mathutils import Vector

    camera = blender.data.objects.new(name, blender.data.cameras.new(name))
    blender.context.scene.collection.objects.link(camera)
    camera.location = location
    camera.rotation_euler = (Vector(look_at) - Vector(location)).to_track_quat("-Z", "Y").to_euler()
    camera.data.sensor_width = camera.data.sensor_height = 36
    camera.data.sensor_fit, camera.data.angle = "VERTICAL", radians(33.8)
    camera.select_set(select)
    return camera


@pytest.mark.parametrize("kind", ["CURVE", "FREE"])
@pytest.mark.parametrize("preset", ["static", "sine", "dynamic"])
def test_a_rig_is_the_preset_orbit(blender, cameras, kind, preset):
    blender.context.scene.cursor.location = (1, 2, 3)
    blender.ops.sv3d.add_orbit_cameras(preset=preset, kind=kind, seed=3, elevation=radians(12))
    told = poses(order(blender).request)
    expected = part("orbit.rig_plan").rig_poses(preset, 12, 30, 3, 21)
    assert flat(told) == pytest.approx(flat(expected), abs=0.02 if kind == "FREE" else 0.5)
    orbit = part("orbit.watching").watch.orbit(blender.context.scene)
    assert orbit.target == pytest.approx((1, 2, 3))
    assert [departure.text for departure in orbit.departures] == []
    assert orbit.front.name == cameras.front.name == "Orbit 21"


def test_the_job_is_asked_for_with_the_rigs_orbit(blender, settings, rig):
    request, _ = order(blender)
    told = poses(request)
    assert len(told) == 21
    assert told[-1][1] == 0
    assert request.elevation == pytest.approx(told[-1][0]) == pytest.approx(10)


def test_a_rig_can_be_moved_edited_and_keyed(blender, settings, rig, cameras):
    before = poses(order(blender).request)
    cameras.target.location = (-4, 0, 1)
    assert flat(poses(order(blender).request)) == pytest.approx(flat(before), abs=1e-3)
    curve = next(thing for thing in rig.objects if thing.type == "CURVE")
    curve.scale.z = 0.01
    level = poses(order(blender).request)
    assert max(abs(elevation) for elevation, _ in level) < 1
    curve.scale.z = 1
    rig.objects["Orbit 01"].location = (0, 0, 1.5)
    moved = poses(order(blender).request)
    assert moved[0][0] > before[0][0] + 10
    (told,) = [line for line in drawn(blender) if "nearer or farther" in line]
    assert told.startswith("Orbit 01 stands nearer")


def test_adding_a_rig_can_be_undone(blender, settings):
    blender.ops.ed.undo_push(message="before")
    blender.ops.sv3d.add_orbit_cameras()
    blender.ops.ed.undo_push(message="Add Orbit Cameras")
    assert blender.context.scene.sv3d.orbit_source == "CAMERAS"
    blender.ops.ed.undo()
    assert blender.context.scene.sv3d.orbit_source == "PRESET"
    assert not [thing for thing in blender.data.objects if thing.type == "CAMERA"]
    assert "UNDO" in part("orbit.ops").SV3D_OT_add_orbit_cameras.bl_options


def test_a_rig_fits_the_active_object_and_goes_with_it(blender, settings, cameras):
    blender.ops.mesh.primitive_cube_add(size=2, location=(5, 0, 1))
    cube = blender.context.active_object
    cube.scale = (1, 1, 2)
    blender.context.view_layer.update()
    blender.ops.sv3d.add_orbit_cameras()
    orbit = part("orbit.gathering").orbit_now(blender.context.scene)
    assert orbit.target == pytest.approx((5, 0, 1), abs=1e-5)
    assert orbit.distance == pytest.approx(part("orbit.rig_plan").fitting_radius(6**0.5), rel=1e-3)
    cube.location.x = 9
    assert part("orbit.gathering").orbit_now(blender.context.scene).target == pytest.approx((9, 0, 1), abs=1e-5)


def test_a_rig_round_an_empty_takes_it_for_its_target(blender, cameras):
    blender.ops.object.empty_add(location=(0, 7, 0))
    empty = blender.context.active_object
    blender.ops.sv3d.add_orbit_cameras(count=9)
    assert cameras.target == empty
    assert len([thing for thing in cameras.rig.objects if thing.type == "CAMERA"]) == 9
    with pytest.raises(RuntimeError, match="Select an empty first"):
        blender.context.view_layer.objects.active = None
        blender.ops.sv3d.add_orbit_cameras(around="EMPTY")


def test_selected_cameras_and_the_one_nearest_to_the_active_camera(blender, settings, cameras):
    places = [(4, 0, 0.5), (0, 4, 0.5), (-4, 0, 0.5), (0, -4, 0.5), (3, 3, 0.5)]
    for i, place in enumerate(places):
        add_camera(blender, f"Cam {i}", place)
    add_camera(blender, "Other", (9, 9, 9), select=False)
    blender.context.scene.camera = add_camera(blender, "Scene", (0.3, -6, 3), select=False)
    told = poses(order(blender).request)
    orbit = part("orbit.watching").watch.orbit(blender.context.scene)
    assert orbit.front.name == "Cam 3"
    assert len(orbit.order) == 5
    assert told[-1][1] == 0
    said = drawn(blender)
    assert "5 cameras tell the orbit. Cam 3 sees what the picture shows." in said
    assert [line for line in said if line.startswith("Between Cam")]
    cameras.front = blender.data.objects["Cam 1"]
    assert part("orbit.watching").watch.orbit(blender.context.scene).front.name == "Cam 1"


def test_a_lens_of_its_own_is_told(blender, settings, cameras):
    for i, place in enumerate([(4, 0, 0), (0, 4, 0), (-4, 0, 0), (0, -4, 0)]):
        add_camera(blender, f"Cam {i}", place)
    blender.data.objects["Cam 2"].data.angle = radians(60)
    blender.context.view_layer.update()
    said = drawn(blender)
    assert [line for line in said if line.startswith("Cam 2 has another lens.")], said


def animate(blender, keyed_to=43):
    """A camera that an empty turns once in 42 frames."""
    scene = blender.context.scene
    camera = add_camera(blender, "Flying", (0, -5, 1), select=False)
    arm = blender.data.objects.new("Arm", None)
    scene.collection.objects.link(arm)
    camera.parent = arm
    for frame, turn in ((1, 0), (keyed_to, 360)):
        arm.rotation_euler.z = radians(turn)
        arm.keyframe_insert("rotation_euler", index=2, frame=frame)
    for curve in part("compat").action_fcurves(arm):
        for key in curve.keyframe_points:
            key.interpolation = "LINEAR"
    scene.frame_start, scene.frame_end = 1, 43
    return camera, arm


def test_an_animated_camera_is_an_orbit(blender, settings, cameras):
    cameras.which = "ANIMATED"
    assert "animated camera" in lacking(blender)
    cameras.camera, arm = animate(blender)
    scene = blender.context.scene
    scene.camera = cameras.camera
    scene.frame_set(1)
    told = poses(order(blender).request)
    assert flat(told) == pytest.approx(flat(part_of_engine("shared.trajectory").static(told[-1][0])), abs=0.1)
    scene.frame_set(22)
    arm.rotation_euler.z += radians(5)  # not keyed yet
    before = len(blender.data.scenes), arm.rotation_euler.z
    order(blender)
    assert (len(blender.data.scenes), arm.rotation_euler.z, scene.frame_current) == (*before, 22)


def test_an_animation_is_looked_at_again_when_it_has_changed(blender, settings, cameras):
    watching = part("orbit.watching")
    cameras.which = "ANIMATED"
    cameras.camera, arm = animate(blender)
    assert watching.watch.orbit(blender.context.scene) is None
    assert blender.app.timers.is_registered(watching.watch.timer)

    def rest():
        watching.watch._changed = 0.0
        assert watching.watch.timer() is None

    rest()
    first = watching.watch.orbit(blender.context.scene)
    assert [departure.kind for departure in first.departures] == []
    blender.context.scene.frame_set(9)
    watching.watch.want(blender.context.scene)
    rest()
    assert watching.watch.orbit(blender.context.scene).poses == first.poses
    arm.keyframe_insert("rotation_euler", index=2, frame=60)
    for curve in part("compat").action_fcurves(arm):
        curve.keyframe_points[1].co.y = radians(180)
        curve.keyframe_points[2].co.y = radians(180)
    blender.context.view_layer.update()
    watching.on_change(blender.context.scene)
    rest()
    later = watching.watch.orbit(blender.context.scene)
    assert [departure.kind for departure in later.departures] == ["open"]
    assert "Flying at frame" in later.departures[0].text


def test_what_is_missing_is_told_before_the_click(blender, settings, cameras, session):
    assert lacking(blender) == "Select the orbit's cameras first"
    cameras.which = "RIG"
    assert lacking(blender) == "Choose the collection of the orbit's cameras first"
    cameras.rig = blender.data.collections.new("Empty")
    assert lacking(blender) == "The collection holds no cameras"
    cameras.which = "SELECTED"
    add_camera(blender, "One", (4, 0, 0))
    assert not lacking(blender)
    assert any(line.startswith("An orbit needs 3 cameras") for line in drawn(blender))
    blender.ops.sv3d.generate()
    assert "An orbit needs 3 cameras" in session.shown_failure.cause
    assert not session.busy


def test_a_script_generates_from_scene_cameras(blender, settings, session, rig, tmp_path):
    settings.make = "ORBIT"
    settings.orbit_source = "PRESET"
    assert blender.ops.sv3d.generate(orbit="cameras", out=str(tmp_path / "job"), wait=True) == {"FINISHED"}
    assert session.job.request.cameras == str(tmp_path / "job" / "source.cameras.json")


def test_cameras_are_nothing_for_sv3d_u(blender, settings, preferences, rig, tmp_path):
    import wedge

    assert not lacking(blender)
    preferences.weights = str(wedge.write_weights(tmp_path / "sv3d_u.safetensors", "u"))
    assert "SV3D_u" in lacking(blender)


def test_kinds_of_before_lead_to_their_source(blender, settings):
    settings.orbit_kind = "file"
    assert (settings.orbit_source, settings.orbit_word) == ("FILE", "file")
    settings.orbit_source = "PRESET"
    assert settings.orbit_word == "auto"
    settings.orbit_source = "CAMERAS"
    assert settings.orbit_word == "cameras"
    settings.orbit_kind = "sine"
    assert (settings.orbit_source, settings.orbit_word) == ("PRESET", "sine")


def test_the_operator_is_in_the_menus(blender):
    groups = part("generate.menus")._GROUPS
    assert any("sv3d.add_orbit_cameras" in group for group in groups)
    assert "VIEW3D_MT_camera_add" in dict(part("generate.menus")._ENTRIES)
