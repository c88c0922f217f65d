"""Which jobs end their fine stage with masked SDS, what they say where they do not, and what is kept of them."""

import weakref
from dataclasses import replace

import numpy as np
import pytest
from ball import SIZE, TINY, ball_frame
from PIL import Image

from sv3d_engine.ground.progress import Progress
from sv3d_engine.ground.settings import PRESETS
from sv3d_engine.job import request as requests
from sv3d_engine.job import shape_stages
from sv3d_engine.job.arguments import parser
from sv3d_engine.job.arguments import request as asked_by
from sv3d_engine.job.fingerprint import fingerprints
from sv3d_engine.job.request import job_from_request
from sv3d_engine.job.stages import MESH_STAGES
from sv3d_engine.reconstruction.mesh.refined_surface import load_surface
from sv3d_engine.shared import protocol
from sv3d_engine.shared.errors import UserError
from sv3d_engine.shared.model_facts import NAME, bundled_weights


@pytest.fixture
def frames(tmp_path):
    folder = tmp_path / "frames"
    folder.mkdir()
    for i in range(8):
        Image.fromarray(ball_frame(SIZE)).save(folder / f"{i:03d}.png")
    return folder


@pytest.fixture
def mesh_job(frames, tmp_path):
    return protocol.MeshJob("ball", str(frames), str(tmp_path / "out"), preset="high", device="cpu")


@pytest.fixture
def official(monkeypatch, weights):
    """A file that is not SV3D-mini."""
    monkeypatch.setattr(requests, "NAME", "another")
    return str(weights["p"])


def resolved(job, **asked):
    return job_from_request(replace(job, **asked))


def test_it_is_on_in_high_where_weights_are_given(mesh_job, official):
    job = resolved(mesh_job, weights=official)
    assert job.guiding is not None
    assert str(job.guiding.weights) == official
    assert (job.guiding.frame_size, job.unguided) == (64, "")
    assert job.settings.sds
    assert job.settings.distillation.steps == 200


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        ({"preset": "standard", "weights": "given"}, "“standard”"),
        ({"preset": "draft"}, "“draft”"),
        ({"sds": "off", "weights": "given"}, "switched off"),
        ({}, "No SV3D weights"),
    ],
)
def test_elsewhere_it_is_off_and_the_job_says_why(mesh_job, official, asked, why):
    given = {name: official if value == "given" else value for name, value in asked.items()}
    job = resolved(mesh_job, **given)
    assert job.guiding is None
    assert not job.settings.sds
    assert why in job.unguided


def test_the_demonstration_model_is_asked_on_the_artists_word_alone(mesh_job):
    job = resolved(mesh_job, weights=str(bundled_weights()))
    assert job.guiding is None
    assert NAME in job.unguided
    job = resolved(mesh_job, sds="on", preset="draft")
    assert job.guiding.weights == bundled_weights()
    assert (job.guiding.model, job.guiding.camera_guidance) == (NAME, 2.0)


def test_weights_that_cannot_be_read_stop_no_job_that_does_not_need_them(mesh_job, tmp_path):
    broken = tmp_path / "sv3d_p.safetensors"
    broken.write_bytes(b"half a download")
    job = resolved(mesh_job, weights=str(broken))
    assert job.guiding is None
    assert "sv3d_p.safetensors" in job.unguided


def test_nobody_waits_for_hours_who_has_not_asked(mesh_job, official, monkeypatch):
    monkeypatch.setattr(requests, "guided_seconds", lambda steps, share, device: 100 * 3600.0)
    job = resolved(mesh_job, weights=official)
    assert job.guiding is None
    assert "100 hours" in job.unguided
    assert resolved(mesh_job, weights=official, sds="on").guiding is not None


def test_who_asks_for_it_without_a_network_is_told(mesh_job, monkeypatch, tmp_path):
    broken = tmp_path / "sv3d_p.safetensors"
    broken.write_bytes(b"nothing of the kind")
    with pytest.raises(UserError, match=r"sv3d_p\.safetensors"):
        resolved(mesh_job, sds="on", weights=str(broken))
    monkeypatch.setattr(requests, "bundled_weights", lambda: None)
    with pytest.raises(UserError, match="No SV3D weights"):
        resolved(mesh_job, sds="on")


def test_a_picture_asks_the_weights_of_its_orbit(orbit_request, official):
    job = job_from_request(replace(orbit_request, weights=official, sds="on", memory="apart", precision="float32"))
    assert job.guiding.weights == job.weights
    assert (job.guiding.memory, job.guiding.precision) == ("apart", "float32")


@pytest.fixture
def orbit_request(tmp_path):
    picture = tmp_path / "ball.png"
    Image.fromarray(ball_frame(SIZE)).save(picture)
    return protocol.GenerateJob("ball", str(picture), str(tmp_path / "out"), device="cpu", preset="draft")


def test_the_command_line_asks_for_it(frames, tmp_path, official):
    out = tmp_path / "out"
    told = parser().parse_args(["mesh", str(frames), "--out", str(out), "--sds", "on", "--weights", official])
    asked = asked_by(told, out)
    assert (asked.sds, asked.weights) == ("on", official)
    told = parser().parse_args(["generate", "a.png", "--out", str(out), "--sds", "off"])
    assert asked_by(told, out).sds == "off"
    plain = asked_by(parser().parse_args(["mesh", str(frames), "--out", str(out)]), out)
    assert (plain.sds, plain.weights) == ("auto", None)


def hashes(job):
    told = fingerprints(job, MESH_STAGES, lambda: None)
    return dict(zip((stage.name for stage in MESH_STAGES), told, strict=True))


def changed(one, other):
    first, second = hashes(one), hashes(other)
    return [name for name in first if first[name] != second[name]]


FROM_MESH_ON = ["mesh", "material", "asset", "turntable"]


def test_frames_and_field_are_kept_when_it_is_asked_for(mesh_job, official):
    on, off = resolved(mesh_job, weights=official), resolved(mesh_job, sds="off")
    assert changed(on, off) == FROM_MESH_ON
    assert changed(off, resolved(mesh_job)) == []  # why it is off changes nothing
    assert changed(on, replace(on, guiding=replace(on.guiding, memory="blocks"))) == []
    assert changed(on, replace(on, guiding=replace(on.guiding, camera_guidance=3.0))) == FROM_MESH_ON
    assert changed(on, replace(on, light="turns")) == FROM_MESH_ON
    assert changed(off, replace(off, light="turns")) == FROM_MESH_ON[1:]
    baked = replace(on, settings=replace(on.settings, material="baked"))
    assert changed(on, baked) == FROM_MESH_ON
    other = replace(on.settings, distillation=replace(on.settings.distillation, weight=3.0))
    assert changed(on, replace(on, settings=other)) == FROM_MESH_ON


@pytest.mark.parametrize("name", ["fine_steps", "sweeps", "grid_resolution"])
def test_frames_and_field_are_kept_when_the_fine_stage_is_another(mesh_job, name):
    job = resolved(mesh_job, sds="off")
    other = replace(job.settings, **{name: getattr(job.settings, name) + 1})
    assert changed(job, replace(job, settings=other)) == FROM_MESH_ON
    assert changed(job, replace(job, settings=replace(job.settings, coarse_steps=7)))[0] == "field"


def test_other_weights_make_another_mesh(mesh_job, official, weights, tmp_path):
    copy = tmp_path / "sv3d_p.safetensors"
    content = bytearray(weights["p"].read_bytes())
    copy.write_bytes(content)
    same = resolved(mesh_job, weights=str(copy))
    before = hashes(same)
    content[-1] ^= 1
    copy.write_bytes(content)
    after = hashes(resolved(mesh_job, weights=str(copy)))
    assert [name for name in before if before[name] != after[name]] == FROM_MESH_ON


def test_it_takes_its_time(mesh_job, official):
    mesh = next(stage for stage in MESH_STAGES if stage.name == "mesh")
    on, off = mesh.seconds(resolved(mesh_job, weights=official)), mesh.seconds(resolved(mesh_job, sds="off"))
    assert on > off + 200


@pytest.fixture
def small(monkeypatch):
    """Two guided steps with SV3D-mini."""
    tiny = replace(TINY, distillation=replace(TINY.distillation, steps=2))
    monkeypatch.setitem(PRESETS, "draft", tiny)


def through_mesh(job):
    """Facts of the mesh stage and its surface, after the stages before it."""
    job.folder.mkdir(parents=True)
    for stage in MESH_STAGES[:3]:
        facts = stage.run(job, job.folder, Progress())
    return facts, load_surface(job.folder / "work" / "surface.safetensors")


def test_the_mesh_stage_keeps_what_was_imagined_and_says_so(small, mesh_job):
    facts, surface = through_mesh(resolved(mesh_job, preset="draft", sds="on"))
    assert facts["sds"]["ran"]
    assert (facts["sds"]["model"], facts["sds"]["orbits"]) == (NAME, 2)
    assert len(facts["losses"]["sds"]) == 2
    share = surface.imagined.share.numpy()
    assert share.shape == (len(surface.vertices),)
    assert np.ptp(share) > 0.5  # a static orbit leaves the underside to the imagination
    assert facts["notes"] == []


def test_without_memory_for_it_the_frames_alone_make_the_mesh(small, mesh_job, monkeypatch):
    from sv3d_engine.reconstruction.guidance import make_guide

    def full(*arguments):
        raise MemoryError("no room")

    monkeypatch.setattr(make_guide, "make_guide", full)
    facts, surface = through_mesh(resolved(mesh_job, preset="draft", sds="on"))
    assert not facts["sds"]["ran"]
    assert "Memory" in facts["sds"]["why"]
    assert facts["notes"] == [facts["sds"]["why"]]
    assert surface.imagined is None


def test_what_was_loaded_is_let_go_before_the_frames_alone_make_the_mesh(small, mesh_job, monkeypatch):
    from sv3d_engine.reconstruction.guidance import make_guide
    from sv3d_engine.reconstruction.guidance.orbit_guide import OrbitGuide

    own, guides, alive = make_guide.make_guide, [], []

    def remembered(*arguments):
        guide = own(*arguments)
        guides.append(weakref.ref(guide))
        return guide

    def full(*arguments):
        raise MemoryError("no room")

    monkeypatch.setattr(make_guide, "make_guide", remembered)
    monkeypatch.setattr(OrbitGuide, "__call__", full)
    monkeypatch.setattr(shape_stages, "release_memory", lambda device: alive.append(guides[0]() is not None))
    facts, _ = through_mesh(resolved(mesh_job, preset="draft", sds="on"))
    assert not facts["sds"]["ran"]
    assert alive == [False]


def test_why_it_did_not_run_is_in_the_report(small, mesh_job):
    facts, surface = through_mesh(resolved(mesh_job, preset="draft"))
    assert facts["sds"] == {"ran": False, "why": "The preset “draft” goes without it."}
    assert surface.imagined is None
    assert shape_stages._guided_seconds(resolved(mesh_job, preset="draft")) == 0
