import numpy as np
from PIL import Image

from sv3d_engine.batch.batch_sheet import made, sheet, write_sheet
from sv3d_engine.batch.making import DONE, FAILED, Outcome


def outcome(tmp_path, name: str, state: str = DONE) -> Outcome:
    source, folder = tmp_path / f"{name}.png", tmp_path / "out" / name
    Image.new("RGBA", (40, 20), (200, 0, 0, 255)).save(source)
    (folder / "turntable").mkdir(parents=True)
    for i in range(8):
        Image.new("RGB", (64, 64), (0, 25 * i, 0)).save(folder / "turntable" / f"{i:03d}.png")
    return Outcome(name, str(source), str(folder), state)


def test_each_job_is_its_picture_beside_its_mesh(tmp_path) -> None:
    outcomes = [outcome(tmp_path, name) for name in ("cow", "mug", "pot")]
    write_sheet(outcomes, tmp_path)
    with Image.open(tmp_path / "sheet.png") as image:
        assert image.size == (12 + 396, 12 + 3 * 230)
        pixels = np.asarray(image)
    for row in range(3):
        left = pixels[12 + row * 230 : 204 + row * 230, 12:204]
        right = pixels[12 + row * 230 : 204 + row * 230, 204:396]
        assert left[96, 96].tolist() == [200, 0, 0]
        assert left[2, 96].tolist() == [255, 255, 255], "its own shape, on white"
        assert right[96, 96].tolist() == [0, 25, 0], "an eighth of a turn from the front"


def test_what_is_not_there_is_grey_and_its_name_red(tmp_path) -> None:
    (tmp_path / "bad.png").write_text("no picture")
    failed = Outcome("bad" * 30, str(tmp_path / "bad.png"), str(tmp_path / "none"), FAILED)
    pixels = np.asarray(sheet([failed]))
    assert (pixels[12:204, 12:396] == 205).all()
    caption = pixels[204:].reshape(-1, 3).astype(int)
    assert (caption[:, 0] - caption[:, 1]).max() > 100
    assert made(tmp_path / "none") is None


def test_an_orbit_is_shown_by_its_first_frame(orbits) -> None:
    pixels = np.asarray(sheet([Outcome("mug", str(orbits[1]), "/none", DONE)]))
    assert pixels[108, 108].tolist() == [50, 0, 0]


def test_hundreds_fit(tmp_path) -> None:
    many = sheet([Outcome(str(i), "/none", "/none", DONE) for i in range(9000)])
    assert max(many.size) <= 16100
    assert sheet([]).size
