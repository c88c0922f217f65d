"""What is left out beside an object, and which parts stay."""

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from sv3d_engine.picture.islands import count_apart, strays

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


def edged(draw, *boxes) -> np.ndarray:
    image = Image.fromarray((drawn(*boxes) * 255).astype(np.uint8))
    draw(ImageDraw.Draw(image))
    return np.asarray(image, np.float32) / 255


@pytest.mark.parametrize(
    "draw",
    [
        lambda pen: pen.rectangle((15, 12, 484, 387), outline=255, width=3),
        lambda pen: pen.rounded_rectangle((15, 12, 484, 387), 30, outline=200, width=2),
        lambda pen: pen.line((0, 390, 499, 390), fill=255, width=2),
        lambda pen: pen.rectangle((0, 352, 499, 399), fill=255),
        lambda pen: [pen.rectangle((0, 352, 499, 399), fill=255), pen.rectangle((60, 360, 300, 380), fill=0)],
    ],
    ids=["line round it", "rounded line", "line below", "banner", "banner with writing"],
)
def test_a_line_round_the_picture_and_a_banner_along_its_side_are_left_out(draw) -> None:
    whole = edged(draw, BODY)
    away, told = strays(whole)
    assert told and (((whole > 0.1) & ~away) == (drawn(BODY) > 0.1)).all()


def test_a_frame_with_nothing_in_it_is_the_object() -> None:
    away, _ = strays(edged(lambda pen: pen.rectangle((15, 12, 484, 387), outline=255, width=3), (240, 200, 243, 203)))
    assert not away[12:15].any()


@pytest.mark.parametrize(
    ("parts", "others"),
    [
        ([BODY], 0),
        ([BODY, (400, 30, 470, 100)], 1),
        ([BODY, (400, 30, 470, 100), (20, 300, 80, 360)], 2),
        ([(20, 150, 220, 260), (280, 150, 480, 260)], 0),  # a pair of shoes
        ([BODY, (356, 180, 400, 225)], 0),  # close by
        ([BODY, (20, 20, 26, 26)], 0),
    ],
)
def test_other_things_in_the_picture_are_counted(parts, others) -> None:
    assert count_apart(drawn(*parts)) == others


def test_what_is_within_an_outline_is_a_part_of_it() -> None:
    ring = edged(lambda pen: pen.ellipse(BODY, outline=255, width=4))
    eye = edged(lambda pen: pen.ellipse((210, 160, 260, 210), fill=255))
    assert count_apart(np.maximum(ring, eye)) == 0
