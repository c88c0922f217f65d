import errno

import pytest

from sv3d_engine.shared.errors import UserError, explain


@pytest.mark.parametrize(
    ("error", "cause"),
    [
        (MemoryError(), "not enough memory"),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory"), "not enough memory"),
        (RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate`"), "not enough memory"),
        (RuntimeError("Failed to allocate 4194304 bytes on device 'cuda:0'"), "not enough memory"),
        (OSError(errno.ENOSPC, "No space left on device"), "disk became full"),
        (PermissionError(errno.EACCES, "Permission denied", "/out/mesh.glb"), "/out/mesh.glb"),
        (ModuleNotFoundError("No module named 'xatlas'", name="xatlas"), "lacks the package xatlas"),
        (ZeroDivisionError("x"), "does not know"),
    ],
)
def test_every_failure_has_a_cause_and_a_remedy(error, cause):
    explained = explain(error)
    assert cause in explained.cause
    assert explained.remedy
    assert type(error).__name__ in explained.details


def test_a_users_error_stays_as_it_is():
    error = UserError("a", "b")
    assert explain(error) is error
