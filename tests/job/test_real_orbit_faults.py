"""The real stages of a picture, with a small network: killed in each, and with a disk that is truly full in each."""

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from ball import SIZE
from kill_in_stage import kill_at
from PIL import Image
from pipeline_fakes import make_picture, tree

from sv3d_engine.job.run import run_job
from sv3d_engine.shared import protocol
from sv3d_engine.shared.errors import explain
from tests.golden import write_checkpoint
from tests.sv3d.network.small import manifest

MOMENTS = (
    "picture:Reading",
    "picture:Centring",
    "orbit:Loading SV3D",
    "orbit:Step 1",
    "orbit:Decoding",
    "orbit:Writing the contact sheet",
)


def silent(message):
    pass


@pytest.fixture(scope="module")
def request_(tmp_path_factory):
    folder = tmp_path_factory.mktemp("orbit")
    weights, picture = folder / "sv3d_p.safetensors", make_picture(folder / "cup.png")
    write_checkpoint(manifest("p"), weights, frame_size=SIZE)
    return protocol.OrbitJob("cup", str(picture), str(folder / "out"), str(weights), steps=2, device="cpu", seed=3)


@pytest.fixture(scope="module")
def unbroken(request_):
    run_job(request_, silent)
    return Path(request_.out)


def assert_same(out: Path, expected: Path) -> None:
    """The same files, but for how often the orbit was shown, and the same pictures and cameras in them."""
    left, meant = ({name for name in tree(f) if not name.startswith("work/previews")} for f in (out, expected))
    assert left == meant
    for name in sorted(n for n in meant if n.endswith(".png")):
        pictures = [np.asarray(Image.open(folder / name)).astype(int) for folder in (out, expected)]
        assert np.abs(pictures[0] - pictures[1]).max() <= 2, name
    assert (out / "cameras.json").read_text() == (expected / "cameras.json").read_text()


@pytest.mark.skipif(os.name == "nt", reason="Windows has no signals")
def test_killed_in_every_stage_and_resumed_the_job_comes_to_the_same_end(request_, unbroken, tmp_path):
    request = replace(request_, out=str(tmp_path / "out"), resume=True)
    kill_at(request, *MOMENTS)
    assert_same(Path(request.out), unbroken)


@pytest.mark.parametrize("moment", [moment for moment in MOMENTS if moment != "orbit:Decoding"])
def test_a_full_disk_in_every_stage_is_told_and_resumed(request_, unbroken, small_disk, moment):
    disk, fill = small_disk
    request = replace(request_, out=str(disk / "out"))
    stage, note = moment.split(":")

    def listen(message):
        if isinstance(message, protocol.Stage) and message.stage == stage and message.note.startswith(note):
            fill()

    with pytest.raises(Exception) as caught:
        run_job(request, listen)
    told = explain(caught.value)
    assert "disk is full" in told.cause
    assert "resume the job" in told.remedy
    assert not [name for name in tree(disk / "out") if name.endswith(".part") or "sv3d-partial" in name]
    (disk / "ballast").unlink()
    kept = []
    run_job(replace(request, resume=True), kept.append)
    expected = [] if stage == "picture" else ["picture"]
    assert [m.stage for m in kept if getattr(m, "note", "").startswith("Kept")] == expected
    assert_same(disk / "out", unbroken)
