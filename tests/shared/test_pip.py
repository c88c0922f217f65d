"""What pip, venv and uv say is put in words, once for engine and add-on."""

import pytest

from sv3d_engine.shared.pip import TAIL, known_failure, pip_failure

AGAIN = "press the button again"


@pytest.mark.parametrize(
    ("said", "cause"),
    [
        ("OSError: [Errno 28] No space left on device", "disk became full"),
        ("OSError: [WinError 112] There is not enough space", "disk became full"),
        ("OSError: [Errno 30] Read-only file system: '/x'", "read-only"),
        ("HINT: This error might have occurred since this system does not have Windows Long Path support", "too long"),
        ("OSError: [Errno 5] Input/output error", "disk of the SV3D folder failed"),
        ("python ended with status 137", "memory ran out"),
        ("Caused by SSLError(SSLCertVerificationError(1, '[SSL: CERTIFICATE_VERIFY_FAILED]", "not secure"),
        ("ProxyError('Cannot connect to proxy.', OSError('Tunnel connection failed: 407'))", "proxy"),
        ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE", "another file"),
        ("ERROR: Wheel 'big' located at /tmp/big-1.0-py3-none-any.whl is invalid.", "cut off"),
        ("ERROR: HTTP error 401 while getting\n401 Client Error: Unauthorized", "refused"),
        ("ERROR: HTTP error 503 while getting x\n503 Server Error: Service Unavailable", "too busy"),
        ("WARNING: Retrying after connection broken by 'NewConnectionError'\nNo matching distribution", "reached"),
        ("error: Request failed\n  dns error: failed to lookup address information", "reached"),
        ("InvalidSchema: No connection adapters were found for 'pypi.org/simple/numpy/'", "pip's settings"),
        ("ERROR: No matching distribution found for numpy==9.9", "the package numpy==9.9."),
        ("ERROR: ResolutionImpossible: for help visit", "go together"),
        ("The virtual environment was not created successfully because ensurepip is not available", "environments"),
        ("ERROR: Could not install packages due to an OSError: [WinError 5] Access is denied", "could not be written"),
        ("python3: error while loading shared libraries: libpython3.11.so: cannot open shared object file", "start"),
    ],
)
def test_what_is_known_has_a_cause_and_a_remedy(said, cause):
    error = known_failure(said, AGAIN)
    assert error
    assert cause in error.cause
    assert error.remedy and "{" not in error.cause + error.remedy
    assert said in error.details


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("Collecting x\nERROR: Something new\nSee the log", "failed: ERROR: Something new"),
        ("  File x\nValueError: odd\n", "failed: ValueError: odd"),
        ("first\nlast", "failed: last"),
        ("\n", "ended without a word"),
    ],
)
def test_what_is_not_known_is_told_in_its_own_last_words(said, told):
    assert known_failure(said, AGAIN) is None
    error = pip_failure(said, AGAIN)
    assert told in error.cause
    assert AGAIN in error.remedy and "Copy Report" in error.remedy


def test_long_words_are_cut():
    error = pip_failure("x" * 9000, AGAIN)
    assert len(error.cause) < 300
    assert len(error.details) == TAIL
