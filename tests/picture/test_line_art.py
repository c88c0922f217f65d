"""Drawings are filled; rings, handles and wires stay open."""

import numpy as np
import pytest
from PIL import Image, ImageDraw
from scipy import ndimage

from sv3d_engine.picture.line_art import enclosed_paper, share_of_drawn_holes

SIZE = 400


def solid_of(rgb: np.ndarray, paper: np.ndarray) -> np.ndarray:
    return np.abs(rgb - paper).max(-1) > 0.1


def cat(width: int, ink=(20, 20, 20), paper=(255, 255, 255)) -> Image.Image:
    image = Image.new("RGB", (3 * SIZE, 3 * SIZE), paper)
    pen = ImageDraw.Draw(image)
    for box in ((300, 200, 900, 700), (380, 640, 820, 1120), (450, 380, 530, 480), (670, 380, 750, 480)):
        pen.ellipse(box, outline=ink, width=3 * width)
    return image.resize((SIZE, SIZE), Image.Resampling.LANCZOS)


def filled(image: Image.Image, paper) -> np.ndarray | None:
    rgb = np.asarray(image, np.float32) / 255
    ground = np.broadcast_to(np.float32(paper) / 255, rgb.shape)
    return enclosed_paper(rgb, ground, solid_of(rgb, ground))


@pytest.mark.parametrize(
    ("width", "ink", "paper"),
    [
        (3, (20, 20, 20), (255, 255, 255)),
        (8, (20, 20, 20), (255, 255, 255)),
        (4, (30, 60, 160), (255, 255, 255)),
        (4, (70, 40, 30), (250, 244, 225)),
        (4, (240, 240, 240), (0, 0, 0)),
    ],
)
def test_what_lines_enclose_is_filled(width, ink, paper) -> None:
    inside = filled(cat(width, ink, paper), paper)
    assert inside is not None
    assert inside[150, 200] and inside[300, 200] and inside[145, 163]  # face, body, eye
    assert not inside[:60].any() and not inside[200, :90].any()


def test_a_small_gap_in_a_line_does_not_matter() -> None:
    image = cat(4)
    ImageDraw.Draw(image).rectangle((198, 60, 200, 75), fill=(255, 255, 255))
    inside = filled(image, (255, 255, 255))
    assert inside is not None and inside[150, 200]


def test_a_wide_gap_is_closed_where_it_would_leave_most_of_the_drawing_open() -> None:
    image = cat(4)
    ImageDraw.Draw(image).rectangle((197, 60, 203, 75), fill=(255, 255, 255))
    inside = filled(image, (255, 255, 255))
    assert inside is not None and inside[150, 200] and not inside[:60].any()


def test_holes_with_a_rim_of_one_ink_are_told_by_their_share() -> None:
    """A head with black hair, whose lines are too few for a drawing; and a frame of shaded wood."""
    image = cat(4)
    ImageDraw.Draw(image).chord((100, 66, 300, 240), 180, 360, fill=(20, 20, 20))
    rgb = np.asarray(image, np.float32) / 255
    paper = np.ones_like(rgb)
    solid = solid_of(rgb, paper)
    assert enclosed_paper(rgb, paper, solid) is None
    open_part = ndimage.binary_fill_holes(solid) & ~solid
    share = share_of_drawn_holes(rgb, paper, solid)
    assert share == pytest.approx(open_part.sum() / (open_part | solid).sum()) and share > 0.3
    shaded = np.where(solid[..., None], np.linspace(0.1, 0.6, SIZE, dtype=np.float32)[:, None, None], paper)
    assert share_of_drawn_holes(shaded, paper, solid) == 0
    assert share_of_drawn_holes(rgb, paper, solid | open_part) == 0


@pytest.mark.parametrize("thickness", [6, 20, 60])
def test_a_shaded_ring_stays_open(thickness) -> None:
    across, down = np.meshgrid(*[np.arange(SIZE) - SIZE / 2 + 0.5] * 2)
    radius, angle = np.hypot(across, down), np.arctan2(down, across)
    place = (radius - 150) / (thickness / 2)
    cover = np.clip((1 - np.abs(place)) * thickness / 2 + 0.5, 0, 1)[..., None]
    round_off = np.sqrt(np.clip(1 - place**2, 0, 1))
    glint = 0.5 * np.exp(-(((place - 0.3) / 0.3) ** 2))
    light = np.clip(0.2 + 0.6 * round_off * (0.5 + 0.5 * np.cos(angle + 2)) + glint, 0, 1)[..., None]
    rgb = (1 - cover * (1 - light * np.array([0.9, 0.75, 0.35]))).astype(np.float32)
    assert enclosed_paper(rgb, np.ones_like(rgb), solid_of(rgb, np.ones_like(rgb))) is None


def test_a_thing_of_one_colour_with_a_handle_stays_open() -> None:
    image = Image.new("RGB", (SIZE, SIZE), (255, 255, 255))
    pen = ImageDraw.Draw(image)
    pen.ellipse((220, 140, 340, 270), outline=(60, 90, 150), width=16)
    pen.rounded_rectangle((80, 100, 260, 310), 20, fill=(60, 90, 150))
    assert filled(image, (255, 255, 255)) is None


def coloured_cat(ink=(20, 20, 20), white=(255, 255, 255)) -> Image.Image:
    """Its face and body are coloured in; its eyes and ears are ``white``."""
    image = Image.new("RGB", (3 * SIZE, 3 * SIZE), (255, 255, 255))
    pen = ImageDraw.Draw(image)
    for ear in ((330, 390, 300, 90, 520, 230), (680, 230, 900, 90, 870, 390)):
        pen.polygon(ear, fill=white)
        pen.line(ear, fill=ink, width=12, joint="curve")
    for box in ((380, 640, 820, 1120), (300, 200, 900, 700)):
        pen.ellipse(box, outline=ink, width=12, fill=(240, 190, 120))
    for eye in ((450, 380, 530, 480), (670, 380, 750, 480)):
        pen.ellipse(eye, outline=ink, width=12, fill=white)
    return image.resize((SIZE, SIZE), Image.Resampling.LANCZOS)


def test_what_is_white_in_a_drawing_that_is_coloured_in_is_filled() -> None:
    inside = filled(coloured_cat(), (255, 255, 255))
    assert inside is not None
    assert inside[145, 163] and inside[65, 125] and inside[65, 275]  # eye and ears
    assert not inside[180, 200] and not inside[20].any()


def test_a_thing_without_an_outline_of_ink_keeps_its_holes() -> None:
    assert filled(coloured_cat(ink=(240, 190, 120)), (255, 255, 255)) is None


def test_of_a_coloured_drawing_without_white_in_it_nothing_is_said() -> None:
    assert filled(coloured_cat(white=(200, 220, 240)), (255, 255, 255)) is None


def test_a_dark_frame_with_something_coloured_in_a_part_of_it_keeps_its_holes() -> None:
    image = Image.new("RGB", (SIZE, SIZE), (255, 255, 255))
    pen = ImageDraw.Draw(image)
    pen.rectangle((120, 230, 280, 290), fill=(170, 60, 60), outline=(20, 20, 20), width=6)
    for left in (120, 197, 274):
        pen.rectangle((left, 30, left + 6, 380), fill=(20, 20, 20))
    pen.rectangle((120, 30, 280, 36), fill=(20, 20, 20))
    assert filled(image, (255, 255, 255)) is None


def test_an_outline_with_a_wide_gap_is_closed():
    image = cat(4)
    ImageDraw.Draw(image).rectangle((192, 60, 205, 80), fill="white")
    whole, gap = filled(cat(4), (255, 255, 255)), filled(image, (255, 255, 255))
    assert gap is not None and gap.sum() > 0.97 * whole.sum()
