"""Disks that fill or fail and folders that vanish, at every moment of a job: told, nothing half-written, resumable."""

import errno
import os
import shutil
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from broken_process import ADDS, refused, told_when
from pipeline_fakes import make_source, outcome, stage, tree, writes

from sv3d_engine.ground.kernel_cache import cache_folder, explain_cache
from sv3d_engine.ground.progress import Cancelled
from sv3d_engine.job.run import run_job
from sv3d_engine.shared import protocol
from sv3d_engine.shared.errors import UserError

NAMES = ("frames", "field", "mesh", "material", "asset", "turntable")
STAGES = [stage(name, writes(f"work/{name}.bin", facts={"of": name})) for name in NAMES]
posix_only = pytest.mark.skipif(not hasattr(os, "fork"), reason="Windows has no fork")


def silent(message):
    pass


@pytest.fixture
def request_(tmp_path):
    return protocol.MeshJob("cup", str(make_source(tmp_path / "in")), str(tmp_path / "out"))


@pytest.fixture
def unbroken(request_, tmp_path):
    request = replace(request_, out=str(tmp_path / "unbroken"))
    run_job(request, silent, stages=STAGES)
    return outcome(Path(request.out))


# ---- the disk ---------------------------------------------------------------------------------------------------


@posix_only
@pytest.mark.parametrize(
    ("number", "every", "cause"),
    [
        (errno.ENOSPC, 1, "The disk is full"),
        (errno.EROFS, 9, "The disk is read-only"),
        (errno.EIO, 9, "The disk or network drive"),
        (errno.EACCES, 9, "may not write or read"),
    ],
)
def test_a_disk_that_fails_at_any_moment_is_told_and_the_job_resumed(
    tmp_path, request_, unbroken, number, every, cause
):
    told, operation = [], 0
    while True:
        out = tmp_path / f"out-{operation}"
        job = replace(request_, out=str(out))
        text = told_when(refused(number), operation, lambda job=job: run_job(job, silent, stages=STAGES), ADDS)
        if text is None:
            break
        told.append(text)
        assert not [name for name in tree(out) if name.endswith(".part") or "sv3d-partial" in name]
        run_job(replace(request_, out=str(out), resume=True), silent, stages=STAGES)
        assert outcome(out) == unbroken, f"refused from change {operation} on"
        operation += every
    assert operation > 4 * len(STAGES)
    assert all(cause in text or f"The folder {tmp_path}" in text for text in told), "the folder itself, at the start"


# ---- the folder -------------------------------------------------------------------------------------------------


def vanishing(at: str, folder: Path, after: bool, how) -> list:
    """The stages; in one of them the folder is taken away, before or after its file is written."""

    def takes(inner):
        def run(job, out, progress):
            facts = inner(job, out, progress) if after else {}
            how(folder)
            return facts if after else inner(job, out, progress)

        return run

    return [replace(s, run=takes(s.run)) if s.name == at else s for s in STAGES]


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("at", NAMES)
@posix_only  # Windows lets nobody delete a folder with an open file
def test_a_deleted_folder_is_told_at_every_stage(request_, at, after):
    out = Path(request_.out)
    with pytest.raises(UserError, match=r"out was deleted or moved while the job ran\. Put it back"):
        run_job(request_, silent, stages=vanishing(at, out, after, shutil.rmtree))
    assert not out.exists(), "no remains of a job that nobody can resume"


@pytest.mark.parametrize("at", NAMES[1:])
@posix_only
def test_a_folder_that_was_moved_is_resumed_where_it_is_put_back(request_, unbroken, tmp_path, at):
    out, elsewhere = Path(request_.out), tmp_path / "elsewhere"
    with pytest.raises(UserError, match="deleted or moved"):
        run_job(request_, silent, stages=vanishing(at, out, False, lambda folder: folder.rename(elsewhere)))
    elsewhere.rename(out)
    told = []
    run_job(replace(request_, resume=True), told.append, stages=STAGES)
    kept = [m.stage for m in told if m.note == "Kept from the earlier run"]
    assert kept == list(NAMES[: NAMES.index(at)])
    assert outcome(out) == unbroken


@posix_only
def test_a_folder_deleted_between_two_stages(request_):
    def listen(message):
        if (message.stage, message.fraction) == ("field", 1.0):
            shutil.rmtree(request_.out)

    with pytest.raises(UserError, match="deleted or moved"):
        run_job(request_, listen, stages=STAGES)
    assert not Path(request_.out).exists()


@posix_only
def test_cancel_of_a_job_without_its_folder_is_a_cancel(request_):
    pressed = []

    def delete(folder):
        shutil.rmtree(folder)
        pressed.append(True)

    with pytest.raises(Cancelled):
        run_job(request_, silent, lambda: bool(pressed), vanishing("mesh", Path(request_.out), False, delete))


@pytest.mark.parametrize("lost", ["work/frames.bin", "work/asset.bin"])
def test_a_file_deleted_in_mid_job_is_missed_and_made_again(request_, unbroken, lost):
    victim = Path(request_.out, lost)

    def listen(message):
        if (message.stage, message.fraction) == ("turntable", 0.0):
            victim.unlink()

    with pytest.raises(UserError, match="were deleted or changed") as caught:
        run_job(request_, listen, stages=STAGES)
    assert victim.stem in caught.value.details
    assert not Path(request_.out, "report.json").exists()
    run_job(replace(request_, resume=True), silent, stages=STAGES)
    assert outcome(Path(request_.out)) == unbroken


# ---- files that are not what they were --------------------------------------------------------------------------


def test_a_damaged_file_of_an_earlier_stage_is_made_again(request_, unbroken):
    from sv3d_engine.ground.files import reading

    field = Path(request_.out, "work/field.bin")

    def reads(job, out, progress):
        with reading(field):
            assert field.read_text() == "whole"
        return writes("work/mesh.bin", facts={"of": "mesh"})(job, out, progress)

    def listen(message):
        if (message.stage, message.fraction) == ("field", 1.0):
            field.write_text("wrong")  # as long as it was

    stages = [replace(s, run=reads) if s.name == "mesh" else s for s in STAGES]
    with pytest.raises(UserError, match=r"field\.bin of this job is missing or damaged") as caught:
        run_job(request_, listen, stages=stages)
    assert "AssertionError" in caught.value.details
    run_job(replace(request_, resume=True), silent, stages=stages)
    assert outcome(Path(request_.out)) == unbroken


KERNEL = "import numba\n@numba.njit(cache=True)\ndef increased(x):\n    return x + 1\n"


def test_damaged_compiled_kernels_are_removed_and_told(request_, tmp_path, monkeypatch):
    import importlib

    import numba

    cache = tmp_path / "cache"
    monkeypatch.setattr("sv3d_engine.ground.kernel_cache.cache_folder", lambda: cache)
    monkeypatch.setattr(numba.core.config, "CACHE_DIR", str(cache))
    (tmp_path / "sv3d_kernel.py").write_text(KERNEL)
    monkeypatch.syspath_prepend(tmp_path)

    def computes(job, out, progress):
        sys.modules.pop("sv3d_kernel", None)
        assert importlib.import_module("sv3d_kernel").increased(1) == 2
        return {}

    stages = [stage("frames", computes)]
    run_job(request_, silent, stages=stages)
    for index in cache.rglob("*.nbi"):
        index.write_bytes(index.read_bytes()[:5])
    with pytest.raises(UserError, match=r"compiled kernels in .* were damaged, and have been removed\. Resume"):
        run_job(request_, silent, stages=stages)
    assert not cache.exists()
    run_job(request_, silent, stages=stages)


def test_other_failures_leave_the_compiled_kernels_alone():
    assert explain_cache(ValueError("something else")) is None
    assert cache_folder().name == "kernels"
