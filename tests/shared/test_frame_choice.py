"""From the names in a folder to an orbit's frames: one table of what people's folders hold."""

import unicodedata
from collections.abc import Sequence

import pytest

from sv3d_engine.shared.frame_choice import Choice, choose_frames, named_frames
from sv3d_engine.shared.frame_names import natural_key

PLAIN = [f"{i:03d}.png" for i in range(21)]


def even(count: int) -> list[float]:
    return [360 * (i + 1) / count % 360 for i in range(count)]


def chosen(names: Sequence[str]) -> Choice:
    return choose_frames(reversed(names))  # as a disk may list them


def test_a_plain_series_is_taken_as_it_is_and_only_counted() -> None:
    choice = chosen([*PLAIN, "notes.txt", ".hidden.png", "Thumbs.db"])
    assert list(choice.files) == PLAIN and set(choice.masks) == {None}
    assert choice.azimuths == pytest.approx(even(21))
    assert choice.summary == "21 frames: 000.png to 020.png." and choice.notes == ()


def test_two_comes_before_ten() -> None:
    assert list(chosen([f"view {i}.png" for i in range(1, 13)]).files) == [f"view {i}.png" for i in range(1, 13)]


def test_a_series_goes_on_through_all_kinds_of_file() -> None:
    kinds = ("png", "jpg", "webp", "tiff", "bmp", "avif", "heic", "JPEG", "tga")
    names = [f"{i:03d}.{kinds[i % len(kinds)]}" for i in range(21)]
    choice = chosen(names)
    assert list(choice.files) == names and choice.notes == ()


def test_other_series_and_single_pictures_are_left_out_by_name() -> None:
    others = [f"{i:03d}_depth.png" for i in range(40)] + ["contact_sheet.png", "input.jpg"]
    choice = chosen([*PLAIN, *others])
    assert list(choice.files) == PLAIN
    assert choice.notes == ("Left out beside the frames: #_depth (40 pictures), contact_sheet.png, input.jpg.",)


def test_the_longer_of_two_series_is_the_orbit_and_a_tie_goes_to_the_shorter_name() -> None:
    short = [f"test_{i}.png" for i in range(9)]
    assert list(chosen([*PLAIN, *short]).files) == PLAIN
    assert list(chosen([*PLAIN, *(f"old_{name}" for name in PLAIN)]).files) == PLAIN


def test_many_things_left_out_are_counted() -> None:
    choice = chosen([*PLAIN, *(f"{letter}.png" for letter in "abcdefg")])
    assert choice.notes[0].endswith("a.png, b.png, c.png, d.png and 3 more.")


def test_twins_are_taken_once_the_better_kind_of_those_that_are_whole() -> None:
    choice = chosen([*PLAIN, *(name.replace("png", "jpg") for name in PLAIN)])
    assert list(choice.files) == PLAIN
    assert choice.notes == ("21 frames are there more than once: the png is used, not the jpg.",)
    whole = [name.replace("png", "jpg") for name in PLAIN]
    choice = chosen([*whole, *PLAIN[:3]])
    assert list(choice.files) == whole
    assert choice.notes == ("3 frames are there more than once: the jpg is used, not the png.",)


MASKS = {
    "word behind": [f"{i:03d}_mask.png" for i in range(21)],
    "word before": [f"mask_{i:03d}.png" for i in range(21)],
    "glued": [f"Mask{i:03d}.jpg" for i in range(21)],
    "point": [f"{i:03d}.alpha.png" for i in range(21)],
    "doubled suffix": [f"{i:03d}.png.png" for i in range(21)],
    "word in a word": [f"{i:03d}_segMask.png" for i in range(21)],
    "silhouette": [f"silhouette-{i}.png" for i in range(21)],
}


@pytest.mark.parametrize("masks", MASKS.values(), ids=MASKS)
def test_masks_beside_frames_are_masks(masks: list[str]) -> None:
    choice = chosen([*PLAIN, *masks])
    assert list(choice.files) == PLAIN and list(choice.masks) == masks
    assert choice.notes == (f"The masks beside the frames ({masks[0]} …) are used as their outlines.",)


def test_masks_with_another_name_go_by_number() -> None:
    frames = [f"render_{i:04d}.png" for i in range(1, 22)]
    masks = [f"matte{i}.png" for i in range(1, 22)]
    assert list(chosen([*frames, *masks]).masks) == masks


def test_masks_for_some_frames_are_used_for_those() -> None:
    choice = chosen([*PLAIN, "003_mask.png", "999_mask.png"])
    assert [mask for mask in choice.masks if mask] == ["003_mask.png"] and choice.masks[3]
    assert "the outlines of 1 of 21 frames" in choice.notes[0]
    assert choice.notes[1] == "Left out beside the frames: 999_mask.png."


@pytest.mark.parametrize("name", ["#.png", "IMG_#.jpg", "#.png.png", "x_mask_#.png"])
def test_masks_may_lie_in_a_folder_of_their_own(name: str) -> None:
    masks = [name.replace("#", f"{i:03d}") for i in range(21)]
    choice = choose_frames(PLAIN, {"../masks": masks})
    assert list(choice.files) == PLAIN and list(choice.masks) == [f"../masks/{mask}" for mask in masks]


def test_an_object_that_is_called_a_mask_is_no_mask() -> None:
    names = [f"mask_{i:03d}.png" for i in range(21)]
    choice = chosen(names)
    assert list(choice.files) == names and set(choice.masks) == {None} and choice.notes == ()


GAP = [f"{i:03d}.png" for i in range(21) if not 5 <= i <= 7]


def test_numbers_are_places_where_some_are_missing() -> None:
    choice = chosen(GAP)
    assert choice.azimuths == pytest.approx([360 * (i + 1) / 21 % 360 for i in range(21) if not 5 <= i <= 7])
    assert choice.notes == (
        "Numbers 5 to 7 are missing: the numbers are taken as places in the turn, 17.1° apart, and the gap stays open.",
    )


def test_steps_of_ten_are_no_gaps_and_a_gap_among_them_is_one() -> None:
    tens = [f"frame{i:04d}.png" for i in range(1, 241, 10)]
    assert chosen(tens).azimuths == pytest.approx(even(24)) and chosen(tens).notes == ()
    choice = chosen([name for name in tens if name != "frame0051.png"])
    assert choice.azimuths == pytest.approx([a for i, a in enumerate(even(24)) if i != 5])
    assert choice.notes[0].startswith("Number 51 is missing")


def test_numbering_may_begin_anywhere_but_sv3d_begins_at_zero() -> None:
    assert chosen([f"DSC_{i:04d}.jpg" for i in range(12, 48)]).azimuths == pytest.approx(even(36))
    assert chosen(PLAIN[2:]).azimuths == pytest.approx(even(21)[2:])


def test_numbers_far_apart_are_only_an_order() -> None:
    choice = chosen([f"IMG_{i}.jpg" for i in (1, 7, 9, 30, 31, 60, 77, 90, 120, 150)])
    assert choice.azimuths == pytest.approx(even(10)) and "far apart" in choice.notes[0]


SIGNED = [round(i * 360 / 21) for i in range(-10, 11)]


@pytest.mark.parametrize(
    "name", ["view_{}.png", "view{}.png", "{}.png", "az={}.png", "view_{}.0.png", "view_{:+d}.png"]
)
def test_signed_numbers_are_angles_in_their_order(name: str) -> None:
    choice = chosen([name.format(angle) for angle in SIGNED])
    assert list(choice.files) == [name.format(angle) for angle in SIGNED]
    assert choice.azimuths == pytest.approx([i * 360 / 21 % 360 for i in range(-10, 11)])
    assert choice.notes == ("The numbers in the frames' names are taken as angles: −171° to 171°, 0° is the front.",)


def test_signed_numbers_that_are_no_angles_are_an_order() -> None:
    choice = chosen([f"s_{i}.png" for i in range(-5, 6)])
    assert list(choice.files) == [f"s_{i}.png" for i in range(-5, 6)]
    assert choice.azimuths == pytest.approx(even(11)) and "−5 to 5" in choice.notes[0]


@pytest.mark.parametrize("names", [[f"frame-{i:03d}.png" for i in range(21)], [f"a - {i}.png" for i in range(21)]])
def test_a_dash_that_only_divides_is_no_sign(names: list[str]) -> None:
    assert list(chosen(names).files) == names and chosen(names).notes == ()


def test_angles_without_a_sign_keep_the_places_of_those_that_are_missing() -> None:
    degrees = [0, 30, 60, 120, 150, 180, 210, 240, 270, 300, 330]
    choice = chosen([f"{angle}.jpg" for angle in degrees])
    assert choice.azimuths == pytest.approx(degrees) and "angles" in choice.notes[0]
    choice = chosen([f"part_az{angle:03d}.jpg" for angle in range(0, 200, 10)])
    assert choice.azimuths == pytest.approx(range(0, 200, 10))
    assert chosen([f"{360 * i / 21:.1f}.png" for i in range(21)]).azimuths == pytest.approx(
        [i * 360 / 21 for i in range(21)]
    )


def test_a_frame_number_is_the_one_that_differs() -> None:
    names = [f"shot2_v1.{i:04d}.exr.png" for i in range(1, 22)]
    assert list(chosen(names).files) == names
    names = [f"{i:02d}_of_21_2026.png" for i in range(21)]
    assert list(chosen(names).files) == names and chosen(names).azimuths == pytest.approx(even(21))


def test_two_cameras_are_two_series() -> None:
    names = [f"cam{c}_{i:03d}.png" for c in (1, 2) for i in range(21)]
    choice = chosen(names)
    assert list(choice.files) == names[:21]
    assert choice.notes == ("Left out beside the frames: cam2_# (21 pictures).",)


def test_times_are_an_order() -> None:
    names = [f"shot {10 + (s // 60):02d}.{s % 60:02d}.png" for s in range(0, 150, 7)]
    choice = chosen(names)
    assert list(choice.files) == names and choice.azimuths == pytest.approx(even(len(names)))


def test_pictures_without_numbers_go_by_name_and_that_is_said() -> None:
    names = [f"{letter}.png" for letter in "abcdefghij"]
    choice = chosen(names)
    assert list(choice.files) == names and "order of their names" in choice.notes[0]


def test_few_and_no_pictures_are_no_choice() -> None:
    assert chosen(PLAIN[:3]).files == tuple(PLAIN[:3]) and chosen(PLAIN[:3]).notes == ()
    assert chosen(["a.txt"]).files == () and chosen(["a.txt"]).summary == "No frames."
    assert chosen(["a.png"]).summary == "1 frame: a.png."


def test_names_of_a_cameras_file_are_found_however_their_accents_are_written() -> None:
    apart = [unicodedata.normalize("NFD", f"façade_é_{i}.png") for i in range(9)]
    whole = [unicodedata.normalize("NFC", name) for name in apart]
    assert apart != whole
    assert list(named_frames(whole, apart, {}).files) == apart
    assert list(named_frames(apart, whole, {}).files) == whole
    assert list(named_frames([*whole[:8], "gone.png"], apart, {}).files) == [*apart[:8], ""]
    masks = [name.replace(".png", "_mask.png") for name in apart]
    choice = named_frames(whole, [*apart, *masks], {})
    assert list(choice.masks) == masks and len(choice.notes) == 1


def test_a_name_with_a_superscript_digit_sorts() -> None:
    assert natural_key("a².png") < natural_key("b1.png")


@pytest.mark.parametrize(
    "name",
    [
        lambda a: f"az{a:+04d}_el+10.png",
        lambda a: f"az{a:+04d}_el{10 + a // 12:+03d}.png",
        lambda a: f"view_m{-a}.png" if a < 0 else f"view_p{a}.png",
        lambda a: f"view_neg{-a}.png" if a < 0 else f"view_{a}.png",
        lambda a: f"view {a}.png".replace("-", "–"),
    ],
    ids=["plus and minus", "two signs", "letters", "words", "a long dash"],
)
def test_signs_are_written_in_many_ways(name) -> None:
    choice = chosen([name(a) for a in SIGNED])
    assert list(choice.files) == [name(a) for a in SIGNED]
    assert choice.azimuths == pytest.approx([i * 360 / 21 % 360 for i in range(-10, 11)])


def test_letters_before_numbers_that_are_no_angles_are_no_signs() -> None:
    masks, pictures = ([f"{letter}{i:03d}.png" for i in range(21)] for letter in "mp")
    assert list(chosen([*masks, *pictures]).files) == masks
    assert [*chosen([f"n{i}.png" for i in range(21)]).files] == [f"n{i}.png" for i in range(21)]


def test_of_two_numbers_the_one_that_counts_is_the_frame_s() -> None:
    jumbled = [f"{i:03d}_{(7919 * i + 13) % 9973}.png" for i in range(21)]
    assert list(chosen(jumbled).files) == jumbled
    angles = [f"{i:03d}_az{(i * 40 + 20) % 360}.png" for i in range(9)]
    assert chosen(angles).azimuths == pytest.approx([i * 40 + 20 for i in range(9)])


def test_times_of_day_give_an_order_and_no_places() -> None:
    seconds = [11 * i for i in range(21)]
    apart = [f"Screenshot 2024-01-05 at 14.{50 + s // 60}.{s % 60:02d}.png" for s in seconds]
    joined = [f"IMG_20240105_14{50 + s // 60}{s % 60:02d}.jpg" for s in seconds]
    for names in (apart, joined):
        choice = chosen(names)
        assert list(choice.files) == names and choice.azimuths == pytest.approx(even(21))
    burst = [f"IMG_20240105_141207_{i:03d}.jpg" for i in range(21)]
    assert list(chosen(burst).files) == burst and chosen(burst).notes == ()


def test_many_missing_numbers_are_still_places() -> None:
    left = [0, 2, 5, 6, 9, 11, 13, 16, 18, 20]
    assert chosen([PLAIN[i] for i in left]).azimuths == pytest.approx([even(21)[i] for i in left])


def test_masks_that_are_counted_from_another_number_are_matched_in_order() -> None:
    masks = [f"m{i:04d}.png" for i in range(1, 22)]
    choice = choose_frames(PLAIN, {"masks": masks})
    assert choice.masks == tuple(f"masks/{name}" for name in masks)
    fewer = choose_frames(PLAIN, {"masks": masks[:19]}).masks  # these number 1 to 19: each is its frame's
    assert fewer[0] is None and fewer[1] == "masks/m0001.png" and fewer[20] is None


def test_of_two_series_the_one_with_transparency_is_taken() -> None:
    with_alpha = [f"{i:03d}_rgba.png" for i in range(21)]
    assert list(chosen([*(f"{i:03d}_rgb.png" for i in range(21)), *with_alpha]).files) == with_alpha


def test_a_cameras_file_may_spell_names_a_little_otherwise() -> None:
    on_disk = [f"Cow_{i:03d}.JPG" for i in range(21)]
    for spelt in ("cow_{:03d}.jpg", "Cow_{:03d}.png", "Cow_{:03d}"):
        assert list(named_frames([spelt.format(i) for i in range(21)], on_disk, {}).files) == on_disk
    assert named_frames(["Cow_099.png"], on_disk, {}).files == ("",)
