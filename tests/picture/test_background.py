"""How an object is told from its background, what is used when, and what is said about it."""

import numpy as np
import pytest

from sv3d_engine.ground.progress import Progress
from sv3d_engine.picture import background
from sv3d_engine.picture.background import cut_out
from sv3d_engine.picture.background_model import BEST_FIRST
from sv3d_engine.picture.read import Picture
from sv3d_engine.shared.errors import UserError

SIZE = 200
RED = (0.7, 0.1, 0.1)


def disc(radius=0.3, x=0.5, y=0.5):
    axis = (np.arange(SIZE) + 0.5) / SIZE
    return np.clip((radius - np.hypot(axis - x, axis[:, None] - y)) * SIZE + 0.5, 0, 1).astype(np.float32)


def over(colour, alpha, paper=(1.0, 1.0, 1.0)):
    rgb = np.asarray(colour) * alpha[..., None] + np.asarray(paper) * (1 - alpha[..., None])
    return rgb.astype(np.float32)


def clutter():
    return np.random.default_rng(0).random((SIZE, SIZE, 3)).astype(np.float32)


def cut(rgb, alpha=None, *, use_model=False, download=False):
    return cut_out(Picture(rgb, alpha), "a.png", use_model=use_model, download=download, progress=Progress())


FINE, _, COARSE = BEST_FIRST


def put(model):
    """Lay a file of the model's size where it belongs."""
    path = model.entry.path
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as stream:
        stream.truncate(model.entry.bytes)
    return path


def take_away(model):
    model.entry.path.unlink()


@pytest.fixture
def asked(monkeypatch):
    """Which models were asked; they find the disc whatever the picture."""
    asked = []

    def answer(rgb, model, path):
        assert path == model.entry.path
        asked.append(model.name)
        return rgb, disc()

    monkeypatch.setattr(background, "cut_with_model", answer)
    return asked


@pytest.fixture
def model(asked):
    """The best model is on the disk; returns how often it was asked."""
    put(FINE)
    return asked


def test_its_own_alpha_comes_first(model):
    done = cut(clutter(), disc(0.2), use_model=True)
    assert done.how == "alpha" and not model and not done.notes
    np.testing.assert_array_equal(done.alpha, disc(0.2))


def test_the_best_model_comes_before_a_plain_background(model):
    put(COARSE)
    done = cut(over(RED, disc()), use_model=True)
    assert done.how == "model" and done.model == "isnet" and model == ["isnet"] and not done.notes


def test_a_coarse_model_comes_after_a_background_that_is_plain_beyond_doubt(asked):
    put(COARSE)
    assert cut(over(RED, disc()), use_model=True).how == "plain" and not asked
    pale_on_blue = cut(over((1.0, 1.0, 1.0), disc(), (0.1, 0.2, 0.7)), use_model=True)
    assert pale_on_blue.how == "plain" and "white along" in pale_on_blue.notes[0] and not asked
    faint = cut(over((0.93, 0.93, 0.94), disc()), use_model=True)
    assert faint.how == "model" and faint.model == "u2netp"
    busy = cut(clutter(), use_model=True)
    assert busy.how == "model" and asked == ["u2netp", "u2netp"]


def test_the_better_model_is_taken(asked):
    for model in reversed(BEST_FIRST):
        put(model)
        cut(clutter(), use_model=True)
    assert asked == ["u2netp", "u2net", "isnet"]


def test_without_leave_or_a_file_the_model_is_not_used(model):
    assert cut(over(RED, disc())).how == "plain" and not model
    take_away(FINE)
    done = cut(over(RED, disc()), use_model=True)
    assert done.how == "plain" and done.model is None and not model and not done.notes


def test_downloaded_only_with_leave_and_where_there_is_none(asked, monkeypatch):
    fetched = []
    monkeypatch.setattr(background, "download_model", lambda progress: fetched.append(1) or (FINE, put(FINE)))
    assert cut(over(RED, disc()), download=True).how == "plain" and not fetched
    put(COARSE)
    assert cut(clutter(), use_model=True, download=True).model == "u2netp" and not fetched
    take_away(COARSE)
    assert cut(over(RED, disc()), use_model=True, download=True).how == "model" and fetched


def test_a_failed_download_is_told_and_done_without(monkeypatch):
    def fail(progress):
        raise UserError("There is no route to host.", "Go there.")

    monkeypatch.setattr(background, "download_model", fail)
    done = cut(over(RED, disc()), use_model=True, download=True)
    assert done.how == "plain" and "no route to host" in done.notes[0]
    with pytest.raises(UserError) as error:
        cut(clutter(), use_model=True, download=True)
    assert "no route to host" in error.value.details


@pytest.mark.parametrize("error", [ImportError("no onnxruntime"), RuntimeError("bad protobuf")])
def test_a_model_that_does_not_work_is_told_and_done_without(model, monkeypatch, error):
    def fail(rgb, model, path):
        raise error

    monkeypatch.setattr(background, "cut_with_model", fail)
    done = cut(over(RED, disc()), use_model=True)
    assert done.how == "plain" and str(error) in done.notes[0]


@pytest.mark.parametrize("everywhere", [0.0, 1.0])
def test_a_model_that_finds_nothing_is_not_believed(model, monkeypatch, everywhere):
    monkeypatch.setattr(
        background, "cut_with_model", lambda rgb, model, path: (rgb, np.full_like(rgb[..., 0], everywhere))
    )
    done = cut(over(RED, disc()), use_model=True)
    assert done.how == "plain" and "found no object" in done.notes[0]


def test_a_model_that_is_not_sure_is_told(model, monkeypatch):
    monkeypatch.setattr(background, "cut_with_model", lambda rgb, model, path: (rgb, disc() * 0.6))
    done = cut(over(RED, disc()), use_model=True)
    assert done.how == "model" and "not sure" in done.notes[0] and "better one" not in done.notes[0]


def test_a_better_model_is_offered_where_a_coarse_one_is_not_sure(asked, monkeypatch):
    put(COARSE)
    monkeypatch.setattr(background, "cut_with_model", lambda rgb, model, path: (rgb, disc() * 0.6))
    done = cut(clutter(), use_model=True)
    assert "A better one may help: u2net (176 MB) or isnet (179 MB)." in done.notes[0]


def test_a_busy_background_says_what_helps(model, monkeypatch):
    with pytest.raises(UserError, match=r"background of a\.png is not plain.*or let the background model be used"):
        cut(clutter())
    monkeypatch.setattr(background, "cut_with_model", lambda rgb, model, path: (rgb, np.zeros_like(rgb[..., 0])))
    with pytest.raises(UserError, match=r"Use a PNG with a transparent background\.$") as error:
        cut(clutter(), use_model=True)
    assert "found no object" in error.value.details
    take_away(FINE)
    with pytest.raises(UserError, match=r"transparent background, or get .* u2netp \(4\.6 MB\).*models get u2netp"):
        cut(clutter(), use_model=True)


@pytest.mark.parametrize("alpha", [np.zeros((SIZE, SIZE), np.float32), np.full((SIZE, SIZE), 0.01, np.float32)])
def test_an_empty_alpha_is_no_object(alpha):
    with pytest.raises(UserError, match=r"no object in a\.png"):
        cut(clutter(), alpha)


def test_an_empty_page_is_no_object():
    with pytest.raises(UserError, match="no object"):
        cut(np.ones((SIZE, SIZE, 3), np.float32))


def test_an_alpha_that_cuts_nothing_out_is_laid_on_white():
    dusty = np.ones((SIZE, SIZE), np.float32)
    dusty[0, 0] = 0
    done = cut(over(RED, disc()), dusty)
    assert done.how == "plain" and np.abs(done.alpha - disc()).mean() < 0.01


def half_pale():
    """A red disc whose top is as its paper is."""
    rows = np.arange(SIZE)[:, None, None] < 0.28 * SIZE
    return np.where(rows, over((0.93, 0.93, 0.94), disc()), over(RED, disc())).astype(np.float32)


def test_white_on_white_is_refused_before_work_starts():
    with pytest.raises(UserError, match=r"like its background along .* let the background model be used"):
        cut(over((0.93, 0.93, 0.94), disc()))
    with pytest.raises(UserError, match="models get u2netp"):
        cut(over((0.93, 0.93, 0.94), disc()), use_model=True)


def test_what_is_white_on_white_in_part_is_doubted():
    pale = cut(half_pale())
    assert "can hardly be told from its background" in pale.notes[0]
    assert "let the background model be used" in pale.notes[0]
    assert "models get u2netp" in cut(half_pale(), use_model=True).notes[0]
    assert not cut(over(RED, disc())).notes


@pytest.mark.parametrize("strength", [0.2, 0.4, 0.6])
def test_a_shadow_on_the_ground_is_taken_off(strength):
    axis = np.arange(SIZE) / SIZE
    shadow = strength * np.exp(-(((axis - 0.5) / 0.2) ** 2 + ((axis[:, None] - 0.75) / 0.08) ** 2))
    shaded = cut(over(RED, disc(), (1 - shadow)[..., None]))
    assert shaded.notes == ("The object's shadow on the ground was taken off.",)
    assert (np.abs(shaded.alpha - disc()) > 0.3).mean() < 0.01


def bordered(rgb, width=30, colour=0.0):
    page = np.full((SIZE + 2 * width, SIZE + 2 * width, 3), colour, np.float32)
    page[width:-width, width:-width] = rgb
    return page


def test_bars_are_cut_off_with_a_note_and_the_object_stays_in_its_place():
    done = cut(bordered(over(RED, disc())))
    assert done.notes == ("Bars or a border round the picture were cut off: 200 × 200 pixels of it are used.",)
    assert np.abs(done.alpha[30:-30, 30:-30] - disc()).mean() < 0.01 and done.alpha.sum() < 1.02 * disc().sum()


def test_what_fills_the_frame_within_bars_is_no_object():
    with pytest.raises(UserError, match="not plain"):
        cut(bordered(clutter()))
    pasted = np.zeros((SIZE, SIZE), np.float32)
    pasted[50:150, 40:160] = 1
    assert "exact rectangle" in cut(clutter(), pasted).notes[-1]


def test_a_picture_on_a_transparent_page_is_cut_out():
    page = np.zeros((SIZE + 60, SIZE + 60), np.float32)
    page[30:-30, 30:-30] = 1
    done = cut(bordered(over(RED, disc())), page)
    assert done.how == "plain" and np.abs(done.alpha[30:-30, 30:-30] - disc()).mean() < 0.01


def test_specks_far_from_the_object_are_left_out_of_any_cut(model, monkeypatch):
    specked = np.maximum(disc(), disc(0.01, 0.05, 0.06))
    assert cut(over(RED, specked)).alpha[:30, :30].max() == 0
    done = cut(clutter(), specked)
    assert done.alpha[:30, :30].max() == 0 and "left out" in done.notes[-1]
    monkeypatch.setattr(background, "cut_with_model", lambda rgb, model, path: (rgb, specked))
    assert cut(clutter(), use_model=True).alpha[:30, :30].max() == 0


def test_white_parts_that_are_cut_out_well_are_told():
    done = cut(np.ones((SIZE, SIZE, 3), np.float32), disc())
    assert "white along 100%" in done.notes[0]
    assert not cut(over((0.9, 0.9, 0.9), disc()), disc()).notes


def test_an_object_that_is_cut_off_is_told():
    done = cut(over(RED, disc(0.3, x=0.9)))
    assert "reaches the picture's edge" in done.notes[-1]


def test_what_is_cut_off_on_three_sides_is_called_so():
    with pytest.raises(UserError, match=r"object in a\.png is cut off on several sides.* shows the whole object"):
        cut(over(RED, disc(0.6, y=0.75)))


def test_noise_and_compression_leave_no_dirt():
    rng = np.random.default_rng(0)
    noisy = np.clip(over(RED, disc()) + rng.normal(0, 5 / 255, (SIZE, SIZE, 3)), 0, 1).astype(np.float32)
    done = cut(noisy)
    assert done.alpha[disc(0.34) == 0].max() == 0 and np.abs(done.alpha - disc()).mean() < 0.01


def test_a_fading_backdrop_is_no_reason_for_doubt():
    shade = np.linspace(1, 0.75, SIZE)[:, None, None]
    done = cut(over(RED, disc(), shade))
    assert not done.notes and np.abs(done.alpha - disc()).mean() < 0.002


def test_a_wall_and_a_floor_are_called_so():
    room = np.ones((SIZE, SIZE, 3), np.float32) * 0.8
    room[SIZE * 3 // 5 :] = (0.5, 0.35, 0.2)
    with pytest.raises(UserError, match="There is a wall and a floor, or the object"):
        cut(room * (1 - disc(0.2)[..., None]) + np.float32(RED) * disc(0.2)[..., None])


def test_a_drawing_of_which_only_the_lines_are_there_is_told():
    ring = np.clip(disc(0.35) - disc(0.33), 0, 1)
    lines = np.maximum(ring, np.clip(disc(0.12) - disc(0.1), 0, 1))
    drawn = cut(np.zeros((SIZE, SIZE, 3), np.float32), lines)
    assert any(note.startswith("The picture is a line drawing") for note in drawn.notes)
    assert not any("drawing" in note for note in cut(over(RED, disc()), disc()).notes)


def test_a_layer_at_half_its_opacity_is_used_at_full_with_a_note():
    faint = cut(over(RED, disc()), 0.5 * disc())
    assert "made opaque" in faint.notes[0] and np.abs(faint.alpha - disc()).mean() < 0.005
    whole = cut(over(RED, disc()), np.full_like(disc(), 0.5))
    assert whole.how == "plain" and np.abs(whole.rgb[disc() == 1] - RED).max() < 0.02


def test_another_thing_in_the_picture_is_told():
    other = cut(over(RED, np.maximum(disc(0.22, x=0.35), disc(0.08, x=0.85, y=0.5))))
    assert "another thing apart from the object" in other.notes[-1]
