"""Which folders of masks belong to a folder of frames."""

import pytest

from sv3d_engine.shared.frame_folder import listed


@pytest.mark.parametrize(
    ("frames", "masks", "belong"),
    [
        ("images", "masks", True),
        ("cup", "cup_mask", True),
        ("cup_02_rgb", "cup_02_alpha", True),
        ("cup_02_rgb", "cup_03_alpha", False),
        ("same_picture_21", "mask_beside", False),
        ("cup", "masks", False),
        ("cup", "bowl masks", False),
    ],
)
def test_masks_beside_belong_to_frames_that_are_called_alike(tmp_path, frames, masks, belong):
    for folder in (frames, masks):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "000.png").touch()
    assert listed(tmp_path / frames) == (["000.png"], {f"../{masks}": ["000.png"]} if belong else {})


def test_masks_inside_always_belong(tmp_path):
    (tmp_path / "cup" / "my masks").mkdir(parents=True)
    (tmp_path / "cup" / "my masks" / "000.png").touch()
    assert listed(tmp_path / "cup") == ([], {"my masks": ["000.png"]})
