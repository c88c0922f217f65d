"""A job's request and the tab's fields, from its folder."""

import json
from dataclasses import asdict, replace
from math import radians

import pytest
from history_folders import make_job
from sv3d.sv3d_blender.generate.choices import BY_QUALITY
from sv3d.sv3d_blender.history.jobs import read_job
from sv3d.sv3d_blender.history.restoring import request_of, settings_of
from sv3d.sv3d_engine.shared import protocol
from sv3d.sv3d_engine.shared.errors import UserError

NAME = "cow-20261128-120000"


def record_of(folder, request):
    return read_job(make_job(folder, done=False, request=request))


def test_a_job_is_asked_for_as_it_was(tmp_path):
    picture = tmp_path / "cow.png"
    picture.touch()
    folder = tmp_path / NAME
    request = protocol.GenerateJob("1", str(picture), str(folder), weights="/w.safetensors", steps=3, preset="high")
    assert request_of(record_of(folder, request)) == request


def test_a_job_that_has_moved_finds_its_own_files(tmp_path):
    old = protocol.OrbitJob("1", f"/old/{NAME}/source.png", f"/old/{NAME}", cameras=f"/old/{NAME}.cameras.json")
    folder = tmp_path / NAME
    record = record_of(folder, old)
    (folder / "source.cameras.json").touch()
    request = request_of(record)
    assert (request.out, request.picture) == (str(folder), str(folder / "source.png"))
    assert request.cameras == str(folder / "source.cameras.json")


def test_a_copy_that_an_older_version_kept_beside_the_folder(tmp_path):
    folder = tmp_path / NAME
    record = record_of(folder, protocol.OrbitJob("1", f"/old/{NAME}.png", f"/old/{NAME}"))
    assert request_of(record).picture == str(folder / "source.png")


def test_frames_that_are_gone_are_told(tmp_path):
    record = record_of(tmp_path / NAME, protocol.MeshJob("1", str(tmp_path / "frames"), "/out"))
    with pytest.raises(UserError, match="no longer where it was"):
        request_of(record)
    (tmp_path / "frames").mkdir()
    assert request_of(record).frames == str(tmp_path / "frames")


def test_a_damaged_request_is_told(tmp_path):
    folder = make_job(tmp_path / NAME)
    (folder / "job.json").write_text("{")
    with pytest.raises(UserError, match="damaged"):
        request_of(read_job(folder))


@pytest.mark.parametrize(
    "picture", ["//evil/share/a.png", "\\\\evil\\share\\a.png", "relative.png", "/etc/passwd", "/dev/zero", "/a\0.png"]
)
def test_a_hostile_request_opens_nothing_elsewhere(tmp_path, picture):
    record = record_of(tmp_path / NAME, protocol.OrbitJob("1", picture, "/etc"))
    with pytest.raises(UserError, match="no picture or orbit of this machine"):
        request_of(record)


def test_where_a_job_writes_is_its_folder_whatever_it_says(tmp_path):
    (tmp_path / "frames").mkdir()
    record = record_of(tmp_path / NAME, protocol.MeshJob("1", str(tmp_path / "frames"), "/etc"))
    assert request_of(record).out == str(tmp_path / NAME)


def test_cameras_have_to_be_a_cameras_file(tmp_path):
    (tmp_path / "frames").mkdir()
    request = protocol.MeshJob("1", str(tmp_path / "frames"), "/out", cameras="/etc/passwd")
    with pytest.raises(UserError):
        request_of(record_of(tmp_path / NAME, request))


def test_cameras_of_frames_may_be_another_tools(tmp_path):
    frames, picture = tmp_path / "frames", tmp_path / "cow.png"
    frames.mkdir()
    picture.touch()
    (tmp_path / "sparse/0").mkdir(parents=True)
    (tmp_path / "sparse.v2").mkdir()
    for name in ("sparse/0/cameras.bin", "images.txt", "transforms.json"):
        (tmp_path / name).touch()
    record = record_of(tmp_path / NAME, protocol.MeshJob("1", str(frames), "/out"))
    for name in ("sparse/0", "sparse.v2", "sparse/0/cameras.bin", "images.txt", "transforms.json"):
        cameras = str(tmp_path / name)
        asked = protocol.MeshJob("1", str(frames), "/out", cameras=cameras)
        assert request_of(replace(record, request=asked)).cameras == cameras
    for name in ("sparse/0", "images.txt"):
        asked = protocol.OrbitJob("1", str(picture), "/out", cameras=str(tmp_path / name))
        with pytest.raises(UserError):
            request_of(replace(record, request=asked))


def test_fields_left_alone_are_left_alone_again():
    fields = settings_of(protocol.GenerateJob("1", "/cow.png", "/out"))
    assert (fields["source"], fields["make"], fields["steps"], fields["guidance_scale"]) == ("PICTURE", "MESH", 0, 0.0)
    assert (fields["faces"], fields["texture"], fields["material"]) == (0, BY_QUALITY, BY_QUALITY)
    assert fields["elevation"] == pytest.approx(radians(10))


def test_every_choice_comes_back():
    request = protocol.GenerateJob(
        *("1", "/cow.png", "/out", None, "p", "file", "/cameras.json", 5.0, 20.0, "ays", 7, "linear", 3.0),
        background_model=False, memory="blocks", seed=9, preset="high", faces=5000, texture=4096, material="lambert",
    )  # fmt: skip
    fields = settings_of(request)
    assert fields["orbit_kind"] == "file"
    assert fields["orbit_file"] == "/cameras.json"
    for name in ("sampler", "steps", "guidance", "guidance_scale", "memory", "seed", "preset", "faces", "material"):
        assert fields[name] == getattr(request, name)
    assert (fields["texture"], fields["background_model"]) == ("4096", False)
    assert (fields["sds"], fields["normals"]) == ("auto", "")
    orbit = protocol.OrbitJob("1", "/cow.png", "/out")
    assert settings_of(orbit)["make"] == "ORBIT"
    assert "preset" not in settings_of(orbit)


def test_an_orbit_comes_back_as_its_folder():
    request = protocol.MeshJob("1", "/frames", "/out", cameras="/cameras.json", elevation=12.0, cameras_as_given=True)
    fields = settings_of(replace(request, light="turns"))
    assert fields["cameras_as_given"]
    assert fields["frame_light"] == "turns"
    assert (fields["source"], fields["folder"], fields["cameras"]) == ("FOLDER", "/frames", "/cameras.json")
    assert list(fields).index("folder") < list(fields).index("cameras"), "the folder's own cameras would win"


def test_a_folder_of_normals_comes_back_and_a_network_does_not(tmp_path):
    network = tmp_path / "normals.onnx"
    network.touch()
    for told, back in ((tmp_path, str(tmp_path)), (network, ""), ("//evil/share", "")):
        assert settings_of(protocol.MeshJob("1", "/frames", "/out", normals=str(told), sds="on"))["normals"] == back


def test_what_is_asked_now_is_what_a_later_version_reads(tmp_path):
    request = protocol.MeshJob("1", str(tmp_path), str(tmp_path / NAME))
    folder = make_job(tmp_path / NAME, request=request)
    (folder / "job.json").write_text(json.dumps({**asdict(request), "of_the_future": 1}))
    assert read_job(folder).request is None
    assert replace(request, resume=True).resume
