"""Whatever ends a job has a cause and a remedy in plain words."""

import errno
import importlib
import json
import os
import sys

import pytest
from safetensors import SafetensorError

from sv3d_engine.shared.errors import UserError, card_lost, ended_by_itself, explain, out_of_memory

UNFORESEEN = "An error inside the engine"


def system(name: str, file: str | None = "/out/mesh.glb") -> OSError:
    number = getattr(errno, name)
    return OSError(number, os.strerror(number), file)


@pytest.mark.parametrize(
    ("error", "cause"),
    [
        (MemoryError(), "not enough memory"),
        (system("ENOMEM"), "not enough memory"),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory"), "not enough memory"),
        (RuntimeError("[enforce fail at alloc_cpu.cpp:121] DefaultCPUAllocator: not enough memory"), "enough memory"),
        (RuntimeError("std::bad_alloc"), "not enough memory"),
        (RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate`"), "not enough memory"),
        (RuntimeError("CUDA error: out of memory"), "not enough memory"),
        (RuntimeError("Failed to allocate 4194304 bytes on device 'cuda:0'"), "not enough memory"),
        (RuntimeError("CUDA error: unspecified launch failure"), "graphics card stopped"),
        (RuntimeError("CUDA error: device-side assert triggered"), "graphics card stopped"),
        (RuntimeError("cuDNN error: CUDNN_STATUS_EXECUTION_FAILED"), "graphics card stopped"),
        (RuntimeError("command buffer exited with error status"), "graphics card stopped"),
        (type("AcceleratorError", (RuntimeError,), {})("it is gone"), "graphics card stopped"),
        (system("ENOSPC"), "The disk is full, or your share of it: /out/mesh.glb could not be written"),
        (system("ENOSPC", None), "The disk is full"),
        (system("EDQUOT"), "The disk is full"),
        (SafetensorError("Error while serializing: I/O error: No space left on device (os error 28)"), "disk is full"),
        (SafetensorError("IoError(Os { code: 28, kind: StorageFull })"), "disk is full"),
        (system("EACCES"), "may not write or read /out/mesh.glb"),
        (system("EPERM"), "may not write or read"),
        (system("EROFS"), "The disk is read-only"),
        (system("ENOENT"), "/out/mesh.glb is no longer there"),
        (system("ENOENT", None), "A file of the job is no longer there"),
        (system("ENOTDIR"), "no longer there"),
        (system("EIO"), "The disk or network drive of /out/mesh.glb failed"),
        (system("ESTALE"), "The disk or network drive"),
        (system("EMFILE"), "Too many files"),
        (system("ENAMETOOLONG"), "is too long for this disk"),
        (system("EFBIG"), "larger than this disk takes"),
        (system("EBUSY"), "Another program holds /out/mesh.glb"),
        (system("EXDEV"), "The system could not read or write /out/mesh.glb"),
        (ModuleNotFoundError("No module named 'xatlas'", name="xatlas"), "lacks the package xatlas"),
        (ModuleNotFoundError("No module named 'skimage.io'", name="skimage.io"), "lacks the package skimage"),
        (ImportError("DLL load failed while importing onnxruntime", name="onnxruntime.capi"), "onnxruntime of the"),
        (ModuleNotFoundError("No module named 'sv3d_engine.x'", name="sv3d_engine.x"), "engine's own files"),
        (ZeroDivisionError("division by zero"), f"{UNFORESEEN} ended the job (ZeroDivisionError: division by zero)"),
        (AssertionError(), f"{UNFORESEEN} ended the job (AssertionError)"),
    ],
)
def test_every_failure_has_a_cause_and_a_remedy(error, cause):
    explained = explain(error)
    assert cause in explained.cause
    assert "{" not in explained.cause.replace("Os {", "") + explained.remedy, "a text is filled in"
    assert "resume" in explained.remedy.lower() or "generate again" in explained.remedy
    assert type(error).__name__ in explained.details


def test_the_reason_is_found_behind_what_a_package_makes_of_it():
    try:
        try:
            raise system("ENOSPC")
        except OSError as error:
            raise ValueError("Can't close the ZIP file while there is an open writing handle on it.") from error
    except ValueError as error:
        assert "disk is full" in explain(error).cause
    try:
        try:
            raise system("EIO")
        finally:
            json.loads("{")
    except ValueError as error:
        assert "failed" in explain(error).cause


def test_a_users_error_stays_as_it_is():
    error = UserError("a", "b")
    assert explain(error) is error


def test_what_a_user_reads_can_be_read_whatever_a_file_is_called():
    error = UserError("There is no \x1b[2J\u202efolder\ud800.", "Choose\nanother.", "\udc80")
    assert error.cause == "There is no \\x1b[2J\\u202efolder\\ud800."
    assert error.remedy == "Choose another."
    error.details.encode()


def test_memory_and_cards_are_told_apart():
    lost, full = RuntimeError("CUDA error: an illegal memory access"), RuntimeError("CUDA error: out of memory")
    assert (card_lost(lost), out_of_memory(lost)) == (True, False)
    assert (card_lost(full), out_of_memory(full)) == (False, True)
    assert not card_lost(RuntimeError("shape mismatch"))


# ---- damaged environments ---------------------------------------------------------------------------------------

CUT = "def half(:\n"
DAMAGES = {
    "cut short": {"__init__.py": CUT},
    "zeroed by a power cut": {"__init__.py": "\0" * 100},
    "a part cut short": {"__init__.py": "from . import part", "part.py": CUT},
    "a part missing": {"__init__.py": "from . import part"},
    "built for another version": {"__init__.py": "raise ValueError('numpy.dtype size changed')"},
    "a library missing": {"__init__.py": "raise OSError('libgomp.so.1: cannot open shared object file')"},
    "a file missing": {"__init__.py": "open('/nowhere/at/all')"},
    "a library cut short": {"__init__.py": "from . import fast", "fast.abi3.so": "\x7fELF"},
    "empty": {"readme.txt": ""},
}


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.skipif(os.name == "nt", reason="its libraries end otherwise")
def test_a_damaged_package_is_named(tmp_path, monkeypatch, damage):
    package = tmp_path / "site-packages" / "weak"
    package.mkdir(parents=True)
    for name, text in DAMAGES[damage].items():
        package.joinpath(name).write_text(text)
    monkeypatch.syspath_prepend(package.parent)
    with pytest.raises(Exception) as caught:
        importlib.import_module("weak").needed()
    for name in [name for name in sys.modules if name.split(".")[0] == "weak"]:
        del sys.modules[name]
    explained = explain(caught.value)
    assert explained.cause in (
        "The package weak of the engine's Python is damaged: it does not load.",
        "The engine's Python lacks the package weak.",
        "The package that a stage needs of the engine's Python is damaged: it does not load.",  # Python tells no name
    )
    assert ("weak" in explained.cause) != (damage == "zeroed by a power cut" and sys.version_info < (3, 12))
    assert "Repair" in explained.remedy


def test_a_full_disk_is_no_damaged_package(tmp_path, monkeypatch):
    package = tmp_path / "greedy.py"
    package.write_text("import errno; raise OSError(errno.ENOSPC, 'No space left on device')")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(OSError) as caught:
        importlib.import_module("greedy")
    assert "disk is full" in explain(caught.value).cause


# ---- workers that end -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "cause"),
    [
        (-9, "memory is full"),
        (0xC0000017, "memory is full"),
        (-7 if sys.platform == "linux" else -10, "was cut short"),
        (-15, "Something ended the engine"),
        (-11, "crashed"),
        (-6, "crashed"),
        (0xC0000005, "crashed"),
        (1, "crashed"),
        (-999, "crashed"),
    ],
)
@pytest.mark.skipif(os.name == "nt", reason="signals have other numbers")
def test_a_worker_that_ends_in_a_job_has_a_cause(code, cause):
    told = ended_by_itself(code)
    assert cause in told.cause
    assert "esume the job" in told.remedy
    assert str(code) in told.details
