"""Results in the asset library."""

import pytest
from conftest import part


@pytest.fixture
def result(blender, job_folder):
    return part("result.importer").import_result(blender.context, job_folder, "cup").mesh


@pytest.fixture
def catalog(extension):
    return part("use.catalog_file")


def test_a_result_becomes_an_asset_with_a_rendered_thumbnail(blender, result, catalog):
    before = [
        len(kind) for kind in (blender.data.scenes, blender.data.objects, blender.data.lights, blender.data.worlds)
    ]
    assert blender.ops.sv3d.mark_asset() == {"FINISHED"}
    assert result.asset_data.catalog_id == catalog.CATALOG
    assert [tag.name for tag in result.asset_data.tags] == ["SV3D"]
    preview = result.preview
    assert preview.image_size[:] == (256, 256)
    pixels = preview.image_pixels_float[:]
    alpha = pixels[3::4]
    covered = sum(a > 0.9 for a in alpha) / len(alpha)
    assert 0.15 < covered < 0.7  # whole, with air around it
    border = [alpha[256 * row + column] for row in range(256) for column in (0, 255)] + list(alpha[:256])
    assert max(border) == 0
    colours = {tuple(round(c, 1) for c in pixels[i : i + 3]) for i in range(0, len(pixels), 4) if pixels[i + 3] > 0.9}
    assert len(colours) > 2  # the wedge's sides, none alike
    assert max(max(c) for c in colours) > 0.5
    after = [
        len(kind) for kind in (blender.data.scenes, blender.data.objects, blender.data.lights, blender.data.worlds)
    ]
    assert after == before


def test_a_render_of_the_artists_own_stays(blender, result, tmp_path):
    scene = blender.context.scene
    scene.render.engine, scene.render.resolution_x, scene.render.resolution_y = "CYCLES", 32, 16
    scene.cycles.samples = 1
    camera = blender.data.objects.new("camera", blender.data.cameras.new("camera"))
    scene.collection.objects.link(camera)
    scene.camera = camera
    blender.ops.render.render()
    blender.ops.sv3d.mark_asset()
    file = tmp_path / "render.png"
    blender.data.images["Render Result"].save_render(str(file), scene=scene)
    assert blender.data.images.load(str(file)).size[:] == (32, 16)
    assert blender.context.scene == scene


def test_the_catalog_comes_with_the_saved_file(blender, result, catalog, tmp_path):
    blender.ops.sv3d.mark_asset()
    blender.ops.wm.save_as_mainfile(filepath=str(tmp_path / "scene.blend"))
    assert catalog.CATALOG in (tmp_path / catalog.FILE).read_text(encoding="utf-8")


def test_a_file_without_such_assets_gets_no_catalog(blender, result, catalog, tmp_path):
    blender.ops.wm.save_as_mainfile(filepath=str(tmp_path / "scene.blend"))
    assert not (tmp_path / catalog.FILE).exists()
    blender.ops.sv3d.mark_asset()
    assert (tmp_path / catalog.FILE).exists()


def test_it_is_in_the_file_that_others_open(blender, result, catalog, tmp_path):
    blender.ops.sv3d.mark_asset()
    file = tmp_path / "scene.blend"
    blender.ops.wm.save_as_mainfile(filepath=str(file))
    blender.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    with blender.data.libraries.load(str(file), assets_only=True) as (there, wanted):
        assert there.objects == ["cup"]
        wanted.objects = ["cup"]
    assert wanted.objects[0].asset_data.catalog_id == catalog.CATALOG
    assert wanted.objects[0].preview.image_size[:] == (256, 256)


def test_what_sv3d_has_not_made_is_refused(blender):
    blender.ops.mesh.primitive_cube_add()
    for button in (
        blender.ops.sv3d.mark_asset, blender.ops.sv3d.decimate, blender.ops.sv3d.make_lods,
        blender.ops.sv3d.export_game, blender.ops.sv3d.export_print,
    ):  # fmt: skip
        assert not button.poll()
        with pytest.raises(RuntimeError, match="Select a mesh that SV3D has made"):
            button()


def test_in_edit_mode_the_buttons_wait(blender, result):
    blender.ops.object.mode_set(mode="EDIT")
    with pytest.raises(RuntimeError, match="Works in Object Mode"):
        blender.ops.sv3d.mark_asset()
