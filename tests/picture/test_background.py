"""How an object is told from its background, what is used when, and what is said about it."""

import numpy as np
import pytest

from sv3d_engine.ground.progress import Progress
from sv3d_engine.picture import background, background_model
from sv3d_engine.picture.background import cut_out
from sv3d_engine.picture.background_model import FILE, DownloadFailed
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


@pytest.fixture
def model(monkeypatch):
    """A model on the disk that finds the disc whatever the picture; returns how often it was asked."""
    (folder := background_model.model_folder()).mkdir(parents=True)
    (folder / FILE).touch()
    asked = []

    def answer(rgb, path):
        asked.append(path)
        return rgb, disc()

    monkeypatch.setattr(background, "cut_with_model", answer)
    return asked


def test_its_own_alpha_comes_first(model):
    done = cut(clutter(), disc(0.2), use_model=True)
    assert done.how == "alpha" and not model and not done.notes
    np.testing.assert_array_equal(done.alpha, disc(0.2))


def test_the_model_comes_before_a_plain_background(model):
    done = cut(over(RED, disc()), use_model=True)
    assert done.how == "model" and len(model) == 1 and not done.notes


def test_without_leave_or_a_file_the_model_is_not_used(model):
    assert cut(over(RED, disc())).how == "plain" and not model
    model_file = background_model.model_folder() / FILE
    model_file.unlink()
    done = cut(over(RED, disc()), use_model=True)
    assert done.how == "plain" and not model and not done.notes


def test_downloaded_only_with_leave(model, monkeypatch):
    path = background_model.model_folder() / FILE
    path.unlink()
    fetched = []
    monkeypatch.setattr(background, "download_model", lambda progress: fetched.append(path) or path)
    assert cut(over(RED, disc()), download=True).how == "plain" and not fetched
    assert cut(over(RED, disc()), use_model=True, download=True).how == "model" and fetched


def test_a_failed_download_is_told_and_done_without(monkeypatch):
    def fail(progress):
        raise DownloadFailed("no route to host")

    monkeypatch.setattr(background, "download_model", fail)
    done = cut(over(RED, disc()), use_model=True, download=True)
    assert done.how == "plain" and "no route to host" in done.notes[0]
    with pytest.raises(UserError) as error:
        cut(clutter(), use_model=True, download=True)
    assert "no route to host" in error.value.details


@pytest.mark.parametrize("error", [ImportError("no onnxruntime"), RuntimeError("bad protobuf")])
def test_a_model_that_does_not_work_is_told_and_done_without(model, monkeypatch, error):
    def fail(rgb, path):
        raise error

    monkeypatch.setattr(background, "cut_with_model", fail)
    done = cut(over(RED, disc()), use_model=True)
    assert done.how == "plain" and str(error) in done.notes[0]


@pytest.mark.parametrize("everywhere", [0.0, 1.0])
def test_a_model_that_finds_nothing_is_not_believed(model, monkeypatch, everywhere):
    monkeypatch.setattr(background, "cut_with_model", lambda rgb, path: (rgb, np.full_like(rgb[..., 0], everywhere)))
    done = cut(over(RED, disc()), use_model=True)
    assert done.how == "plain" and "found no object" in done.notes[0]


def test_a_model_that_is_not_sure_is_told(model, monkeypatch):
    monkeypatch.setattr(background, "cut_with_model", lambda rgb, path: (rgb, disc() * 0.6))
    done = cut(over(RED, disc()), use_model=True)
    assert done.how == "model" and "not sure" in done.notes[0]


def test_a_busy_background_without_the_model_says_what_helps():
    with pytest.raises(UserError, match=r"background of a\.png is not plain.*transparent background.*downloaded"):
        cut(clutter())


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


def test_white_on_white_and_shadows_are_doubted():
    pale = cut(over((0.93, 0.93, 0.94), disc()))
    assert "can hardly be told from its background" in pale.notes[0]
    axis = np.arange(SIZE) / SIZE
    shadow = 0.4 * np.exp(-(((axis - 0.5) / 0.2) ** 2 + ((axis[:, None] - 0.75) / 0.08) ** 2))
    shaded = cut(over(RED, disc(), (1 - shadow)[..., None]))
    assert "shadow" in shaded.notes[0]
    assert not cut(over(RED, disc())).notes


def test_white_parts_that_are_cut_out_well_are_told():
    done = cut(np.ones((SIZE, SIZE, 3), np.float32), disc())
    assert "white along 100%" in done.notes[0]
    assert not cut(over((0.9, 0.9, 0.9), disc()), disc()).notes


def test_an_object_that_is_cut_off_is_told():
    done = cut(over(RED, disc(0.3, x=0.9)))
    assert "reaches the picture's edge" in done.notes[-1]


def test_noise_and_compression_leave_no_dirt():
    rng = np.random.default_rng(0)
    noisy = np.clip(over(RED, disc()) + rng.normal(0, 5 / 255, (SIZE, SIZE, 3)), 0, 1).astype(np.float32)
    done = cut(noisy)
    assert done.alpha[disc(0.34) == 0].max() == 0 and np.abs(done.alpha - disc()).mean() < 0.01


def test_a_fading_backdrop_is_no_reason_for_doubt():
    shade = np.linspace(1, 0.75, SIZE)[:, None, None]
    done = cut(over(RED, disc(), shade))
    assert not done.notes and np.abs(done.alpha - disc()).mean() < 0.002
