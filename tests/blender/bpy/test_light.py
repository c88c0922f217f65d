"""The picture's light as a World: right way round, and the scene's own World never lost."""

from math import pi
from pathlib import Path

import numpy as np
import pytest
from conftest import part

HEIGHT = 16
HEAD = f"#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n\n-Y {HEIGHT} +X {2 * HEIGHT}\n".encode()


def write_light(path: Path, column: int) -> None:
    """A light from the horizon, 1 at this column of the panorama and black elsewhere."""
    pixels = np.zeros((HEIGHT, 2 * HEIGHT, 4), np.uint8)
    for near in (-1, 0, 1):
        pixels[HEIGHT // 2 - 2 : HEIGHT // 2 + 2, (column + near) % (2 * HEIGHT)] = (128, 128, 128, 133)
    path.write_bytes(HEAD + pixels.tobytes())


@pytest.fixture
def job(job_folder):
    write_light(job_folder / "light.hdr", HEIGHT)  # in the middle: Blender's +X, the front's right side
    return job_folder


@pytest.fixture
def result(blender, job):
    return part("result.importer").import_result(blender.context, job, "cup")


@pytest.fixture
def own(blender):
    """The scene's own World."""
    world = blender.data.worlds.new("studio")
    blender.context.scene.world = world
    return world


def choose(blender, light: str) -> None:
    assert blender.ops.sv3d.set_light(light=light) == {"FINISHED"}


def test_it_comes_packed_with_the_result_and_changes_nothing_by_itself(blender, own, result, job):
    image = result.mesh["sv3d_light"]
    assert image.packed_file and tuple(image.size) == (2 * HEIGHT, HEIGHT) and image.is_float
    assert blender.context.scene.world == own and len(blender.data.worlds) == 1
    assert blender.context.scene.sv3d.light == "SCENE"


def test_the_switch_goes_both_ways(blender, own, result):
    scene = blender.context.scene
    choose(blender, "PICTURE")
    assert scene.sv3d.light == "PICTURE" and scene.world != own
    (environment,) = [n for n in scene.world.node_tree.nodes if n.type == "TEX_ENVIRONMENT"]
    assert environment.image == result.mesh["sv3d_light"]
    choose(blender, "PICTURE")
    assert len(blender.data.worlds) == 2
    choose(blender, "SCENE")
    assert scene.world == own and scene.sv3d.light == "SCENE"
    assert own.users == 1, "nothing but the scene holds it"


def test_the_artists_own_strength_is_there_again(blender, own, result, tmp_path):
    """Also when the file has been saved without the light in use."""
    strength = part("light.world").strength_socket
    assert strength(blender.context.scene) is None
    choose(blender, "PICTURE")
    strength(blender.context.scene).default_value = 2.5
    choose(blender, "SCENE")
    for _ in range(2):
        blender.ops.wm.save_as_mainfile(filepath=str(tmp_path / "scene.blend"))
        blender.ops.wm.open_mainfile(filepath=str(tmp_path / "scene.blend"))
    choose(blender, "PICTURE")
    assert strength(blender.context.scene).default_value == 2.5


def test_a_scene_without_a_world_has_none_again(blender, result):
    blender.context.scene.world = None
    choose(blender, "PICTURE")
    choose(blender, "SCENE")
    assert blender.context.scene.world is None


def test_another_world_that_the_artist_has_chosen_meanwhile_stays(blender, own, result):
    choose(blender, "PICTURE")
    other = blender.context.scene.world = blender.data.worlds.new("other")
    assert blender.context.scene.sv3d.light == "SCENE"
    choose(blender, "SCENE")
    assert blender.context.scene.world == other
    choose(blender, "PICTURE")
    choose(blender, "SCENE")
    assert blender.context.scene.world == other


def test_the_own_world_outlives_saving_and_opening(blender, own, result, tmp_path):
    """Twice, as what nothing uses is gone after the second time."""
    choose(blender, "PICTURE")
    own_name = own.name
    for _ in range(2):
        blender.ops.wm.save_as_mainfile(filepath=str(tmp_path / "scene.blend"))
        blender.ops.wm.open_mainfile(filepath=str(tmp_path / "scene.blend"))
    scene = blender.context.scene
    assert scene.sv3d.light == "PICTURE" and own_name in blender.data.worlds
    (environment,) = [n for n in scene.world.node_tree.nodes if n.type == "TEX_ENVIRONMENT"]
    assert environment.image.packed_file
    choose(blender, "SCENE")
    assert scene.world.name == own_name


@pytest.mark.parametrize("how", ["as an artist does", "by a script"])
def test_the_own_world_comes_back_when_the_result_is_deleted(blender, own, result, how):
    choose(blender, "PICTURE")
    mesh = result.mesh
    if how == "by a script":
        blender.data.objects.remove(mesh)
    else:
        with blender.context.temp_override(selected_objects=[mesh]):
            blender.ops.object.delete()
    blender.context.view_layer.update()
    assert blender.context.scene.world == own
    assert blender.context.scene.sv3d.light == "SCENE"


def test_a_result_of_an_earlier_version_finds_its_light_in_its_folder(blender, own, result, job):
    image = result.mesh["sv3d_light"]
    del result.mesh["sv3d_light"]
    blender.data.images.remove(image)
    choose(blender, "PICTURE")
    assert result.mesh["sv3d_light"].packed_file
    choose(blender, "SCENE")
    del result.mesh["sv3d_light"]
    (job / "light.hdr").unlink()
    assert blender.ops.sv3d.set_light(light="PICTURE") == {"CANCELLED"}
    assert blender.context.scene.world == own


def test_a_file_that_is_no_light_is_left_out(blender, job_folder):
    mesh = part("result.importer").import_result(blender.context, job_folder).mesh
    assert (job_folder / "light.hdr").read_text() == "{}"
    assert "sv3d_light" not in mesh


def test_without_a_result_there_is_no_switch(blender):
    assert not blender.ops.sv3d.set_light.poll()


@pytest.mark.parametrize("turned", [0.0, pi / 2])
def test_it_shines_from_where_it_shone_in_the_picture(blender, result, turned, tmp_path):
    """Seen from the front, the light is on the right; when the object is turned, it turns with it."""
    scene = blender.context.scene
    result.mesh.rotation_euler.z = turned
    blender.context.view_layer.update()
    choose(blender, "PICTURE")
    blender.ops.mesh.primitive_uv_sphere_add(radius=0.4, location=(0, 0, 5))
    eye = blender.data.objects.new("eye", blender.data.cameras.new("eye"))
    eye.data.type, eye.data.ortho_scale = "ORTHO", 1.0
    eye.location, eye.rotation_euler = (0, 0, 10), (0, 0, 0)  # from above: +X is right, +Y up
    scene.collection.objects.link(eye)
    scene.camera, scene.render.engine, scene.cycles.samples = eye, "CYCLES", 16
    scene.render.resolution_x = scene.render.resolution_y = 24
    scene.render.film_transparent = True
    scene.render.filepath = str(tmp_path / "ball.png")
    blender.ops.render.render(write_still=True)
    picture = blender.data.images.load(scene.render.filepath)
    light = np.array(picture.pixels).reshape(24, 24, 4)[..., :3].sum(2)
    rows, columns = np.mgrid[:24, :24] - 11.5
    across, up = (light * columns).sum() / light.sum(), (light * rows).sum() / light.sum()
    far, near = (up, across) if turned else (across, up)
    assert far > 2 and abs(near) < 1, (across, up)
