"""Inputs from the field: pictures that stay beside the repository, and are used where they are."""

from pathlib import Path

import pytest

FIELD = Path(__file__).resolve().parents[2] / "shared" / "field"


def case(name: str) -> Path:
    """The folder of a case; the test that asks for it is skipped where it is not there."""
    if not (FIELD / name).is_dir():
        pytest.skip(f"the pictures of {name} are not beside the repository, in shared/field")
    return FIELD / name
