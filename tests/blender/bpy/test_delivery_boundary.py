"""A job folder that is broken or a stranger's: plain words, nothing half there, nothing of the artist's lost."""

import json
import shutil
from pathlib import Path

import pytest
import wedge
from conftest import drawn, part, turn_until

from sv3d_engine.shared.job_files import REPORT, REQUEST


@pytest.fixture
def artists(blender):
    """What the artist has in her file, under the very names that the result would like."""
    mesh = blender.data.meshes.new("wedge")
    mesh.from_pydata([(0, 0, 0), (1, 0, 0), (0, 1, 0)], [], [(0, 1, 2)])
    mesh.materials.append(blender.data.materials.new("wedge"))
    thing = blender.data.objects.new("wedge", mesh)
    collection = blender.data.collections.new("wedge")
    collection.objects.link(thing)
    blender.context.scene.collection.children.link(collection)
    blender.data.images.new("wedge base color", 4, 4).pack()
    return all_there_is(blender)


def all_there_is(blender) -> dict[str, list[tuple[str, int]]]:
    kinds = ("objects", "meshes", "materials", "images", "collections", "cameras", "actions", "scenes")
    return {kind: sorted((d.name, d.users) for d in getattr(blender.data, kind)) for kind in kinds}


@pytest.fixture
def finished(blender, session, artists, orbit_folder, monkeypatch) -> Path:
    """The folder of a job that is done, and whose result is about to come."""
    monkeypatch.setattr(session, "deliver", None)
    settings = blender.context.scene.sv3d
    settings.source, settings.folder = "FOLDER", str(orbit_folder)
    blender.ops.sv3d.generate()
    turn_until(lambda: session.undelivered)
    part("result.live_mesh").take_live_mesh()
    return Path(session.job.request.out)


def deliver(session) -> None:
    session.deliver = part("result.delivery").deliver
    turn_until(lambda: not session.waiting_to_deliver)


def edit_json(file: Path, **change) -> None:
    file.write_text(json.dumps(json.loads(file.read_text()) | change))


def edit_glb(file: Path, before: bytes, after: bytes) -> None:
    data = file.read_bytes()
    assert before in data
    assert len(before) == len(after)
    file.write_bytes(data.replace(before, after))


BREAKS = {
    "no mesh": lambda folder: (folder / "mesh.glb").unlink(),
    "half a mesh": lambda folder: (folder / "mesh.glb").write_bytes((folder / "mesh.glb").read_bytes()[:600]),
    "a folder for a mesh": lambda folder: ((folder / "mesh.glb").unlink(), (folder / "mesh.glb").mkdir()),
    "a mesh beyond all places": lambda folder: (folder / "mesh.glb").write_bytes(wedge.glb(scale=[1e30, 1, 1])),
    "no texture": lambda folder: edit_glb(folder / "mesh.glb", b'"baseColorTexture"', b'"baseColorTexturX"'),
    "a texture that is none": lambda folder: edit_glb(folder / "mesh.glb", b"\x89PNG\r\n", b"\x89PNX\r\n"),
    "a damaged texture": lambda folder: edit_glb(folder / "mesh.glb", b"IDAT", b"IDAX"),
    "no cameras": lambda folder: (folder / "cameras.json").unlink(),
    "cameras without an end": lambda folder: (folder / "cameras.json").write_text("[" * 100_000),
    "cameras that see nothing": lambda folder: edit_json(folder / "cameras.json", fov_deg=float("nan")),
    "a frame elsewhere": lambda folder: edit_json(
        folder / "cameras.json", frames=[{"file": "../../secret.png", "elevation": 0, "azimuth": 0}]
    ),
    "no frames": lambda folder: shutil.rmtree(folder / "frames"),
    "nothing at all": shutil.rmtree,
}


@pytest.mark.parametrize("damage", BREAKS)
def test_a_broken_result_is_told_and_leaves_all_as_it_was(blender, session, artists, finished, damage):
    BREAKS[damage](finished)
    deliver(session)
    assert session.failure.cause and session.failure.remedy
    assert session.failure.cause in drawn(blender)
    assert all_there_is(blender) == artists


def test_a_result_that_was_put_right_can_be_imported_again(blender, session, artists, finished):
    whole = (finished / "mesh.glb").read_bytes()
    (finished / "mesh.glb").write_bytes(whole[:600])
    deliver(session)
    assert session.failure
    (finished / "mesh.glb").write_bytes(whole)
    blender.ops.sv3d.import_result(folder=str(finished), title="wedge")
    assert "wedge.001" in blender.context.scene.objects
    assert len(blender.data.objects["wedge"].data.vertices) == 3, "the artist's own"


@pytest.mark.parametrize("content", ["", "[" * 100_000, '{"stages": 7, "versions": [], "seed": 1e999}', None])
def test_a_report_that_is_none_costs_only_what_it_would_have_told(blender, session, artists, finished, content):
    for name in (REPORT, REQUEST):
        (finished / name).unlink(missing_ok=True)
        if content is not None:
            (finished / name).write_text(content)
    deliver(session)
    assert session.shown_failure is None
    assert "wedge.001" in blender.context.scene.objects


def test_a_strangers_report_is_taken_for_text(blender, session, artists, finished):
    hostile = "import os; os.system('x')" + "\0\ud800" + "a" * 10_000
    edit_json(finished / REPORT, model=hostile, versions={"torch": {"a": 1}, "sv3d_engine": hostile})
    edit_json(finished / REQUEST, picture="/etc/passwd\0", seed=2**70, out="/elsewhere", weights="/evil.ckpt")
    deliver(session)
    assert session.shown_failure is None
    thing = blender.context.scene.objects["wedge.001"]
    assert len(thing["sv3d_model"]) == 4000
    assert thing["sv3d_seed"] == str(2**70)
    assert thing["sv3d_job"] == str(finished)
    assert thing.animation_data is None
    assert not thing.constraints


@pytest.mark.parametrize(
    "step", ["build_mesh", "build_images", "build_material", "load_sequence", "add_orbit_camera", "_present"]
)
def test_a_step_that_fails_takes_back_those_before_it(blender, artists, job_folder, step, monkeypatch):
    importer = part("result.importer")

    def full(*given):
        raise RuntimeError("no memory")

    monkeypatch.setattr(importer, step, full)
    with pytest.raises(RuntimeError, match="no memory"):
        importer.import_result(blender.context, job_folder, "wedge")
    assert all_there_is(blender) == artists


def test_what_the_artist_has_purged_meanwhile_is_no_second_failure(blender, artists, job_folder):
    importer = part("result.importer")
    steps = importer.place_result(importer.read_result(job_folder, "wedge"), importer._place(blender.context))
    next(steps)
    blender.data.meshes.remove(blender.data.meshes["wedge.001"])
    with pytest.raises(ReferenceError):
        importer.finish(steps)
    assert all_there_is(blender) == artists
