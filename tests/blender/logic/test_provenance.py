"""What is known of a job beside its files."""

import json
from dataclasses import asdict

import pytest
from sv3d.sv3d_blender.history.own_files import foreign_files
from sv3d.sv3d_blender.result import provenance
from sv3d.sv3d_blender.result.provenance import Destination
from sv3d.sv3d_engine.job.folder import JobFolder
from sv3d.sv3d_engine.shared import protocol

HERE = Destination("cow", "/shop.blend", "run", 2, "Shop", 5, "Shelf", 7, True, False)


def test_a_destination_is_read_as_it_was_written(tmp_path):
    provenance.write_delivery(tmp_path / "job", HERE)
    assert provenance.read_delivery(tmp_path / "job") == HERE
    assert [p.name for p in (tmp_path / "job").iterdir()] == ["delivery.json"]


@pytest.mark.parametrize("text", ["", "[]", "{", '{"scene": "Shop"}', '{"title": 5}', '{"title": "a", "file": "x"}'])
def test_nonsense_tells_nothing(tmp_path, text):
    (tmp_path / "delivery.json").write_text(text)
    assert provenance.read_delivery(tmp_path) is None


def test_a_note_is_taken_back_with_its_folder_only_if_nothing_else_is_there(tmp_path):
    job = tmp_path / "job"
    provenance.write_delivery(job, HERE)
    (job / "job.json").write_text("{}")
    provenance.forget_delivery(job)
    assert len(list(job.iterdir())) == 2
    (job / "job.json").unlink()
    provenance.forget_delivery(job)
    assert not job.exists()
    provenance.forget_delivery(job)


def facts(folder, request: protocol.Job, report: object) -> dict:
    (folder / "job.json").write_text(json.dumps(asdict(request)))
    (folder / "report.json").write_text(json.dumps(report))
    return provenance.read_facts(folder)


def test_a_job_can_be_asked_for_again_from_what_the_object_tells(tmp_path):
    for request in (
        protocol.GenerateJob("a", "/cow.png", "/out", seed=3),
        protocol.OrbitJob("a", "/cow.png", "/out", steps=5),
        protocol.MeshJob("a", "/frames", "/out", faces=1000),
    ):
        assert provenance.request_of(facts(tmp_path, request, {})) == request


def test_a_job_from_another_s_frames_keeps_their_picture_and_licence(tmp_path):
    first, second, third = (tmp_path / name for name in ("first", "second", "third"))
    for folder in (first, second, third):
        folder.mkdir()
    crop = {"left": 10.0, "top": 5.0, "side": 40.0, "width": 900, "height": 600}
    report = {"model": "SV3D_p", "stages": {"picture": {"picture_sha256": "ab", "crop": crop}}}
    (first / "orbit").mkdir()
    (first / "orbit" / "original.png").write_bytes(b"the whole picture")
    facts(first, protocol.GenerateJob("a", "/cow.png", "/out", weights="/w"), report)
    provenance.write_origin(second, first)
    again = facts(second, protocol.MeshJob("b", "/frames", "/out", seed=4), {"versions": {"torch": "2.13.0"}})
    provenance.write_origin(third, second)
    for told in (again, facts(third, protocol.MeshJob("c", "/frames", "/out", seed=4), {})):
        names = ("picture", "picture_sha256", "model", "licence", "seed")
        wanted = ["/cow.png", "ab", "SV3D_p", "Stability AI Community License", 4]
        assert [told[f"sv3d_{name}"] for name in names] == wanted
    folder = JobFolder(second)
    folder.opened(0, {})  # the engine takes it for a job's folder, not for one with files of the artist's own
    assert not foreign_files(second)
    for job in (second, third):  # the last frame still shows that part of the picture
        part, picture = provenance.picture_of(job)
        assert part is not None and asdict(part) == crop
        assert picture is not None and picture.read_bytes() == b"the whole picture"
    assert again["sv3d_job"] == str(second)
    (second / provenance.ORIGIN).write_text('{"licence": ["x"], "job": "/elsewhere"}')
    assert "sv3d_licence" not in provenance.read_facts(second)
    assert provenance.read_facts(second)["sv3d_job"] == str(second)


def test_licence_and_versions_are_told(tmp_path):
    report = {"model": "SV3D_p", "versions": {"torch": "2.13.0"}, "stages": {"picture": {"picture_sha256": "ab"}}}
    told = facts(tmp_path, protocol.GenerateJob("a", "/cow.png", "/out", weights="/w"), report)
    assert told["sv3d_licence"] == "Stability AI Community License"
    assert told["sv3d_picture_sha256"] == "ab"
    assert "torch 2.13.0" in told["sv3d_versions"]
    assert "sv3d_licence" not in facts(tmp_path, protocol.MeshJob("a", "/frames", "/out"), {})
    mini = facts(tmp_path, protocol.GenerateJob("a", "/cow.png", "/out"), {"model": "SV3D-mini"})
    assert mini["sv3d_licence"] == "GPL-3.0-or-later"


def test_a_seed_too_large_for_a_custom_property_is_told_as_text(tmp_path):
    assert facts(tmp_path, protocol.MeshJob("a", "/f", "/o", seed=2**40), {})["sv3d_seed"] == str(2**40)


@pytest.mark.parametrize("report", ["text", [1], {"stages": 3, "versions": "x", "model": [2]}])
def test_a_damaged_report_leaves_out_what_it_does_not_tell(tmp_path, report):
    told = facts(tmp_path, protocol.MeshJob("a", "/frames", "/out"), report)
    assert told["sv3d_seed"] == 0
    assert "sv3d_model" not in told
    assert provenance.read_facts(tmp_path / "nowhere")["sv3d_job"].endswith("nowhere")


@pytest.mark.parametrize("note", ["", "{", '{"type": "shutdown"}', '{"type": "mesh"}', 7])
def test_a_note_that_is_no_job_is_none(note):
    assert provenance.request_of({"sv3d_request": note}) is None


def test_a_title_that_blender_could_not_keep_is_mended(tmp_path):
    (tmp_path / provenance.DELIVERY).write_text('{"title": "co\\ud800w\\u0000s"}')
    assert provenance.read_delivery(tmp_path).title == "co?ws"
