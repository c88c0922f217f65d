"""What is left out beside an object, and which parts stay."""

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from sv3d_engine.picture.islands import strays

WIDTH, HEIGHT = 500, 400


def drawn(*boxes: tuple[int, int, int, int], words: str = "", at: tuple[int, int] = (0, 0)) -> np.ndarray:
    image = Image.new("L", (WIDTH, HEIGHT), 0)
    pen = ImageDraw.Draw(image)
    for box in boxes:
        pen.ellipse(box, fill=255)
    pen.text(at, words, fill=255, font=ImageFont.load_default(12))
    return np.asarray(image, np.float32) / 255


BODY = (150, 60, 350, 340)


@pytest.mark.parametrize("at", [(20, 380), (360, 382), (10, 4), (190, 348)])  # the last close under the object
def test_a_line_of_text_is_left_out(at) -> None:
    away, told = strays(drawn(BODY, words="www.example.com  SKU 12345", at=at))
    assert told and not away[60:341, 150:351].any()
    assert ((drawn(BODY, words="www.example.com  SKU 12345", at=at) > 0.1) & ~away).sum() == (drawn(BODY) > 0.1).sum()


def test_specks_and_a_logo_in_the_corner_are_left_out() -> None:
    specks = [(20, 20, 24, 24), (60, 300, 63, 303), (470, 200, 478, 207)]
    logo = (450, 350, 490, 390)
    away, told = strays(drawn(BODY, *specks, logo))
    assert told and ((drawn(BODY, *specks, logo) > 0.1) & ~away).sum() == (drawn(BODY) > 0.1).sum()


def test_a_grain_of_dust_is_not_worth_a_word() -> None:
    away, told = strays(drawn(BODY, (20, 20, 21, 21)))
    assert away.any() and not told


@pytest.mark.parametrize(
    "parts",
    [
        [(20, 150, 220, 260), (280, 150, 480, 260)],  # a pair of shoes
        [BODY, (380, 180, 425, 225)],  # a moon
        [(200, 20, 300, 300), (236, 306, 264, 330)],  # an exclamation mark
        [(100 * i + 20, 120, 100 * i + 80, 280) for i in range(5)],  # a set
    ],
)
def test_parts_of_the_object_stay(parts) -> None:
    away, told = strays(drawn(*parts))
    assert not away.any() and not told
