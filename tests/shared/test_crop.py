"""What a report says of the picture's crop, and what a stranger's report may say."""

import json
from dataclasses import asdict

import pytest

from sv3d_engine.shared.crop import Crop, read_crop

CROP = Crop(-12.5, 40.25, 300.0, 900, 600)


def test_what_is_written_is_read() -> None:
    assert read_crop(json.loads(json.dumps(asdict(CROP)))) == CROP
    assert read_crop(asdict(CROP) | {"side": 300, "more": "of it"}) == CROP


@pytest.mark.parametrize(
    "change",
    [
        *({key: bad} for key in asdict(CROP) for bad in (None, "300", True, [], float("nan"), float("inf"), 10**400)),
        {"side": 0},
        {"side": -300.0},
        {"side": 0.5},
        {"side": 1e7},
        {"left": -1e9},
        {"width": 0},
        {"height": -600},
        {"width": 900.0},
        {"height": 65537},
    ],
    ids=str,
)
def test_what_could_not_be_one_is_none(change) -> None:
    assert read_crop(asdict(CROP) | change) is None


@pytest.mark.parametrize("told", [None, [], "crop", 5, {}, {"left": 1}])
def test_no_crop_is_none(told) -> None:
    assert read_crop(told) is None


def test_of_a_frame_it_is_the_whole() -> None:
    assert Crop.whole(576, 576) == Crop(0, 0, 576, 576, 576)
    assert Crop.whole(900, 600) == Crop(150, 0, 600, 900, 600)
