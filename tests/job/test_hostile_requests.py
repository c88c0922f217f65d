"""Requests with any text and number in any field: refused in words, or done in their own folder; never more."""

import json
import os
import platform
import random
import subprocess
from dataclasses import asdict, fields
from functools import cache
from pathlib import Path

import pytest
from pipeline_fakes import make_picture, make_source, stage, tree, writes

from sv3d_engine.job.run import run_job
from sv3d_engine.shared import protocol
from sv3d_engine.shared.errors import UserError
from sv3d_engine.shared.readable import readable
from sv3d_engine.sv3d.network import weights as network_weights

HOSTILE = {
    "nothing": "",
    "upwards": "../../../etc",
    "upwards, with backslashes": "..\\..\\Windows\\system32",
    "absolute": "/etc/passwd",
    "a share": "\\\\server\\share\\x",
    "a drive": "C:\\Windows\\notepad.exe",
    "a device": "/dev/zero",
    "a device of Windows": "NUL",
    "another device of Windows": "aux.png",
    "a pipe": "{tmp}/pipe",
    "a null": "a\0b",
    "controls": "a\x1b[2J\x07\r\nb",
    "writing from the right": "\u202egnp.exe",
    "no text": "\ud800",
    "a trailing dot": "folder.",
    "a trailing space": "folder ",
    "very long": "x" * 5000,
    "very deep": "/".join(["d"] * 3000),
    "a home of nobody": "~nobody-like-this/x",
    "a command": "; touch {tmp}/owned #",
    "a substitution": "$(touch {tmp}/owned)",
    "an option": "--help",
    "a loop": "{tmp}/loop",
    "a file in the way": "{tmp}/file/below",
    "a URL": "https://example.invalid/x.png",
    "a format": "%s{0.__class__}{tmp}",
}
TEXTS = {"job", "frames", "picture", "out", "weights", "cameras"}


@pytest.fixture
def place(tmp_path, monkeypatch):
    """Where relative paths begin; with a pipe, a loop of links, a file, and no way to start a program."""
    platform.platform()  # asks "uname", once
    inner = tmp_path / "inner"
    inner.mkdir()
    monkeypatch.chdir(inner)
    if os.name != "nt":
        os.mkfifo(tmp_path / "pipe")
        (tmp_path / "loop").symlink_to(tmp_path / "loop")
    (tmp_path / "file").write_text("precious")

    def refuse(*arguments, **more):
        raise AssertionError(f"a program would be started: {arguments}")

    monkeypatch.setattr(network_weights, "inspect", cache(network_weights.inspect))  # a second each
    for owner, name in ((subprocess, "Popen"), (os, "system"), (os, "execv"), (os, "posix_spawn")):
        monkeypatch.setattr(owner, name, refuse, raising=False)
    return tmp_path


def request_of(kind, place, weights):
    if kind is protocol.MeshJob:
        source = place / "in"
        return protocol.MeshJob("cup", str(source if source.exists() else make_source(source)), str(place / "out"))
    picture = make_picture(place / "cup.png")
    return kind("cup", str(picture), str(place / "out"), str(weights["p"]))


def line_of(kind, values):
    """A request as it comes over the pipe."""
    names = {protocol.MeshJob: "mesh", protocol.OrbitJob: "orbit", protocol.GenerateJob: "generate"}
    return json.dumps({"type": names[kind], **values})


FRAMES = stage("frames", writes("frames/000.png"))
PICTURE = stage("picture", writes("picture.png"))
STAGES = {
    protocol.MeshJob: [FRAMES],
    protocol.OrbitJob: [PICTURE],
    protocol.GenerateJob: [PICTURE, stage("orbit", writes("orbit/frames/000.png")), FRAMES],
}


@pytest.mark.parametrize("kind", [protocol.MeshJob, protocol.OrbitJob, protocol.GenerateJob])
@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_in_any_field(place, weights, kind, text):
    value = HOSTILE[text].replace("{tmp}", str(place))
    asked = asdict(request_of(kind, place, weights))
    for name in TEXTS & asked.keys():
        before = tree(place)
        try:
            request = protocol.decode_request(line_of(kind, asked | {name: value}))
            run_job(request, lambda message: None, stages=STAGES[kind])
        except UserError as error:
            assert error.cause == readable(error.cause)
            assert error.remedy
            assert len(error.cause) <= 1000
            assert "An error inside the engine" not in error.cause
        written = tree(place) - before
        assert all(path.startswith(("out/", "inner/")) for path in written), name
        assert (place / "file").read_text() == "precious"
        assert not (place / "owned").exists()


@pytest.mark.parametrize("kind", [protocol.MeshJob, protocol.OrbitJob, protocol.GenerateJob])
def test_any_value_in_any_field_is_refused_in_words_or_done(place, weights, kind):
    rng = random.Random(1)
    values = [None, True, 0, -1, 2**63, 10**400, 1e-9, -1e300, 400, "", "x", [], {}, [[]], {"a": 1}, 10**9]
    asked = asdict(request_of(kind, place, weights))
    for field in fields(kind):
        for value in [*values, *(rng.uniform(-1e6, 1e6) for _ in range(3))]:
            if field.name == "out" and isinstance(value, str):
                continue  # tried above
            try:
                request = protocol.decode_request(line_of(kind, asked | {field.name: value}))
                run_job(request, lambda message: None, stages=STAGES[kind])
            except protocol.ProtocolError as error:
                assert len(str(error)) < 1000
            except UserError as error:
                assert error.cause
                assert "An error inside the engine" not in error.cause
    assert {path.split("/")[0] for path in tree(place)} <= {"out", "in", "file", "cup.png"}


def test_a_shared_folder_cannot_be_written_over(place, weights):
    """A request whose folder is somebody's own: what is there is not ours, and stays."""
    home = place / "home"
    for name in ("frames/holiday.png", "work/novel.txt", "mesh.glb"):
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_text("precious")
    before = tree(home)
    for kind in (protocol.MeshJob, protocol.GenerateJob):
        asked = asdict(request_of(kind, place, weights)) | {"out": str(home)}
        with pytest.raises(UserError, match="was not made by SV3D"):
            run_job(kind(**asked), lambda message: None, stages=STAGES[kind])
    assert tree(home) == before
    assert {Path(home, name).read_text() for name in before} == {"precious"}
