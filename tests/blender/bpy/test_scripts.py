"""What a script or a farm asks for."""

from pathlib import Path
from types import SimpleNamespace
from unittest.mock import MagicMock

import pytest
from conftest import part


def test_a_script_waits_for_its_mesh(blender, session, orbit_folder, tmp_path):
    out = tmp_path / "out"
    answer = blender.ops.sv3d.generate(folder=str(orbit_folder), preset="draft", seed=5, out=str(out), wait=True)
    assert answer == {"FINISHED"}
    assert blender.context.active_object.name == "wedge"
    request = session.job.request
    assert (request.preset, request.seed, request.out) == ("draft", 5, str(out))
    assert request.cameras == str(orbit_folder / "cameras.json")
    assert (out / "mesh.glb").exists()


@pytest.mark.parametrize("light", ["auto", "turns", "fixed"])
def test_a_turntables_light_can_be_told(blender, session, settings, orbit_folder, light):
    settings.frame_light = light
    assert blender.ops.sv3d.generate(folder=str(orbit_folder), preset="draft", wait=True) == {"FINISHED"}
    assert session.job.request.light == light


@pytest.mark.parametrize("unseen", ["auto", "on", "off"])
def test_what_no_frame_shows_may_be_imagined(blender, session, settings, preferences, orbit_folder, unseen):
    settings.sds = unseen
    assert blender.ops.sv3d.generate(folder=str(orbit_folder), preset="draft", wait=True) == {"FINISHED"}
    asked = session.job.request
    assert (asked.sds, asked.weights) == (unseen, None if unseen == "off" else preferences.weights)


def test_normals_are_told_by_a_folder(blender, session, settings, orbit_folder, tmp_path):
    settings.normals = str(tmp_path)
    assert blender.ops.sv3d.generate(folder=str(orbit_folder), preset="draft", wait=True) == {"FINISHED"}
    assert session.job.request.normals == str(tmp_path)


@pytest.mark.parametrize("as_given", [False, True])
def test_cameras_are_found_unless_they_are_to_stay(blender, session, settings, orbit_folder, as_given):
    settings.cameras_as_given = as_given
    assert blender.ops.sv3d.generate(folder=str(orbit_folder), preset="draft", wait=True) == {"FINISHED"}
    assert session.job.request.cameras_as_given == as_given


def test_a_picture_from_a_script(blender, session, preferences, picture, tmp_path):
    answer = blender.ops.sv3d.generate(picture=str(picture), orbit="static", preset="high", wait=True)
    assert answer == {"FINISHED"}
    request = session.job.request
    assert (type(request).__name__, request.picture) == ("GenerateJob", str(picture))
    assert (request.orbit, request.preset, request.seed) == ("static", "high", 0)
    assert blender.context.active_object.name == "cow"


def test_cameras_tell_a_pictures_orbit(blender, session, preferences, picture, orbit_folder):
    blender.ops.sv3d.generate(picture=str(picture), cameras=str(orbit_folder / "cameras.json"), wait=True)
    assert (session.job.request.orbit, session.job.request.cameras) == ("file", str(orbit_folder / "cameras.json"))


@pytest.mark.parametrize(
    ("manner", "cause"), [("fails", "The frames show nothing."), ("crashes", "ended unexpectedly"), ("old", "versions")]
)
def test_a_failure_is_an_answer_with_a_line(blender, session, orbit_folder, monkeypatch, capfd, manner, cause):
    monkeypatch.setenv("STAND_IN", manner)
    assert blender.ops.sv3d.generate(folder=str(orbit_folder), wait=True) == {"CANCELLED"}
    assert cause in capfd.readouterr().out
    assert not blender.data.objects


@pytest.mark.parametrize("wrong", [{"folder": "/nowhere"}, {"picture": "/a.png", "folder": "/b"}, {}])
def test_what_cannot_be_is_an_answer_with_a_line_too(blender, session, preferences, capfd, wrong):
    assert blender.ops.sv3d.generate(**wrong, wait=True) == {"CANCELLED"}
    assert "SV3D: " in capfd.readouterr().out
    assert not session.busy


def test_several_scripts_jobs_wait_for_each_other(blender, session, orbit_folder, tmp_path):
    blender.ops.sv3d.generate(folder=str(orbit_folder), out=str(tmp_path / "a"))
    assert blender.ops.sv3d.generate(folder=str(orbit_folder), out=str(tmp_path / "b"), wait=True) == {"FINISHED"}
    assert all((tmp_path / name / "mesh.glb").exists() for name in "ab")
    assert not session.waiting_to_deliver


def test_every_operator_is_in_a_menu_with_a_name_and_a_tip(blender):
    """Blender's search goes through the menus."""
    menus, layout = part("generate.menus"), MagicMock()
    for menu in menus.CLASSES:
        menu.draw(SimpleNamespace(layout=layout), blender.context)
    assert {call.args[0] for call in layout.menu.call_args_list} == {m.bl_idname for m in menus.CLASSES[1:]}
    listed = {call.args[0] for call in (*layout.operator.call_args_list, *layout.operator_enum.call_args_list)}
    operators = [cls for cls in part("registration").CLASSES if issubclass(cls, blender.types.Operator)]
    assert {cls.bl_idname for cls in operators} == listed
    for cls in operators:
        assert cls.bl_label and cls.bl_description


@pytest.mark.parametrize(
    ("menu", "operator"),
    [
        ("VIEW3D_MT_mesh_add", "sv3d.drop_picture"),
        ("IMAGE_MT_image", "sv3d.use_active_image"),
        ("TOPBAR_MT_file_import", "sv3d.import_result"),
    ],
)
def test_blenders_own_menus_have_an_entry(blender, extension, menu, operator):
    drawn = getattr(blender.types, menu).draw._draw_funcs
    (ours,) = (draw for draw in drawn if draw.__module__.startswith(extension))
    layout = MagicMock()
    ours(SimpleNamespace(layout=layout), blender.context)
    assert [call.args[0] for call in layout.operator.call_args_list] == [operator]


def test_arguments_are_documented(blender):
    properties = blender.ops.sv3d.generate.get_rna_type().properties
    for name in ("picture", "folder", "cameras", "out", "wait"):
        assert properties[name].description
    assert Path(__file__).parents[3].joinpath("README.md").read_text().count("bpy.ops.sv3d.generate(") >= 1


def test_a_batch_whose_engine_does_not_come_up_is_given_up(blender, session, preferences, picture, monkeypatch):
    monkeypatch.setenv("STAND_IN", "old")
    (picture.parent / "dog.png").write_bytes(picture.read_bytes())
    settings = blender.context.scene.sv3d
    settings.source, settings.pictures = "PICTURES", str(picture.parent)
    assert blender.ops.sv3d.generate(wait=True) == {"CANCELLED"}
    assert not session.queue.waiting


def test_a_file_of_ones_own_in_the_output_folder_is_not_written_over(blender, session, preferences, picture, tmp_path):
    own = tmp_path / "mine" / "source.png"
    own.parent.mkdir()
    own.write_text("mine")
    assert blender.ops.sv3d.generate(picture=str(picture), out=str(own.parent), wait=True) == {"CANCELLED"}
    assert "already holds source.png" in session.shown_failure.cause
    assert own.read_text() == "mine"
