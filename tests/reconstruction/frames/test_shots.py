"""A folder's frames with their masks and first cameras, and why a folder has none."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from orbits import save_orbit
from PIL import Image

from sv3d_engine.ground.progress import Progress
from sv3d_engine.job.fingerprint import frame_files
from sv3d_engine.reconstruction.frames.reading import frames_in
from sv3d_engine.reconstruction.frames.shots import Shots, read_folder
from sv3d_engine.shared.errors import UserError


@pytest.fixture
def masked(tmp_path: Path) -> Path:
    """Opaque frames, and masks of the same object in a folder beside theirs."""
    save_orbit(tmp_path / "made")
    (tmp_path / "images").mkdir()
    (tmp_path / "masks").mkdir()
    for file in (tmp_path / "made").glob("*.png"):
        image = Image.open(file)
        image.getchannel("A").save(tmp_path / "masks" / file.name)
        image.convert("RGB").save(tmp_path / "images" / file.name)
    return tmp_path / "images"


def read(folder: Path) -> Shots:
    return read_folder(folder, None, 10.0, Progress(), 576)


def silhouettes(folder: Path) -> np.ndarray:
    return np.stack([np.asarray(Image.open(file).getchannel("A")) / 255 for file in sorted(folder.glob("*.png"))])


def test_masks_in_a_folder_beside_the_frames_are_their_alpha(masked: Path) -> None:
    shots = read(masked)
    assert "(../masks/000.png …)" in shots.notes[0]
    np.testing.assert_allclose(np.stack(shots.alpha), silhouettes(masked.parent / "made"), atol=1e-6)


def test_masks_of_half_the_size_and_black_objects_do(masked: Path) -> None:
    for file in (masked.parent / "masks").iterdir():
        Image.open(file).resize((64, 64)).point(lambda value: 255 - value).save(file)
    shots = read(masked)
    assert shots.notes[1] == "The masks are black where the object is, so they are used the other way round."
    assert np.abs(np.stack(shots.alpha) - silhouettes(masked.parent / "made")).mean() < 0.01


def test_a_mask_and_an_alpha_both_count(masked: Path) -> None:
    half = Image.new("L", (96, 96))
    half.paste(255, (0, 0, 96, 48))
    frame = Image.open(masked / "003.png")
    frame.putalpha(half)
    frame.save(masked / "003.png")
    alpha = read(masked).alpha[3]
    assert alpha is not None and alpha[:48].max() == 1 and alpha[48:].max() == 0


def test_a_folder_of_masks_that_is_not_beside_pictures_is_none_of_theirs(masked: Path) -> None:
    masked.rename(masked.parent / "cow")
    assert not any(frames_in(masked.parent / "cow").masks)
    (masked.parent / "masks").rename(masked.parent / "cow_masks")
    assert all(frames_in(masked.parent / "cow").masks)


def test_masks_belong_to_what_a_kept_job_depends_on(masked: Path) -> None:
    files = frame_files(masked, None)
    assert len(files) == 24 and masked / "../masks/000.png" in files


@pytest.mark.parametrize(
    ("names", "cause", "remedy"),
    [
        ([f"{i}.ppm" for i in range(21)], "21 of its files are PPM", "PNG, JPEG, WebP, TIFF, BMP, TGA, GIF, AVIF"),
        (["turn.mp4", "a.png"], "the film turn.mp4", "Choose the film itself"),
        ([f"images/{i}.png" for i in range(21)], "the folder images in it has 21 pictures", "Choose the folder images"),
        ([], "holds no frames", "at least 8"),
        (["notes.txt"], "holds no pictures, but notes.txt", "PNG, JPEG, WebP, TIFF, BMP, TGA, GIF, AVIF"),
        (
            [f"{i}.obj" for i in range(21)],
            "holds no pictures, but 21 files of the kind OBJ",
            "the folder of the frames",
        ),
        (["orbit.zip", "notes.txt"], "holds no pictures, but the archive orbit.zip", "Unpack it"),
        (["one.psd"], "one of its files is PSD", "Save them as PNG"),
        ([f"{i}.png" for i in range(5)], "holds 5 frames", "at least 8"),
    ],
)
def test_a_folder_without_an_orbit_says_why(tmp_path: Path, names: list[str], cause: str, remedy: str) -> None:
    for name in names:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    with pytest.raises(UserError) as error:
        frames_in(tmp_path)
    assert cause in error.value.cause and remedy in error.value.remedy


def test_frames_of_many_kinds_are_one_orbit(tmp_path: Path) -> None:
    pytest.importorskip("pillow_heif").register_heif_opener()
    save_orbit(tmp_path / "made", white=True)
    folder = tmp_path / "mixed"
    folder.mkdir()
    for i, kind in enumerate(("png", "jpg", "webp", "tiff", "bmp", "avif", "heic", "tga", "gif")):
        Image.open(tmp_path / "made" / f"{i:03d}.png").convert("RGB").save(folder / f"{i:03d}.{kind}", quality=95)
    shots = read(folder)
    assert len(shots.rgb) == 9 and shots.notes == ()
    wanted = [np.asarray(Image.open(tmp_path / "made" / f"{i:03d}.png").convert("RGB")) / 255 for i in range(9)]
    assert np.abs(np.stack(shots.rgb) - wanted).mean() < 0.02


def test_a_heic_without_its_decoder_says_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    save_orbit(tmp_path)
    for file in tmp_path.glob("*.png"):
        shutil.move(file, file.with_suffix(".heic"))
        file.with_suffix(".heic").write_bytes(b"\0\0\0\x18ftypheic" + bytes(40))
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    with pytest.raises(UserError, match=r"000\.heic is a HEIC, .* pillow-heif, is not installed") as error:
        read(tmp_path)
    assert "pip install pillow-heif" in error.value.remedy


def test_a_damaged_heic_is_told(tmp_path: Path) -> None:
    pytest.importorskip("pillow_heif")
    save_orbit(tmp_path)
    (tmp_path / "000.png").write_bytes(b"\0\0\0\x18ftypheic" + bytes(40))
    with pytest.raises(UserError, match=r"000\.png cannot be read"):
        read(tmp_path)
