import torch
from torch.testing import assert_close

from sv3d_engine.light.file import load_light, panorama_directions, save_light, save_panorama
from sv3d_engine.light.spherical_gaussians import Lights, radiance

ONE_FROM_THE_FRONT = (torch.tensor([[1.0, 0.0, 0.0]]), torch.tensor([30.0]), torch.tensor([4.0]))


def read_hdr(path):
    """Values (H, W) of a flat grey RGBE file, decoded by the format's own formula."""
    header, _, pixels = path.read_bytes().partition(b"+X ")
    height = int(header.rsplit(maxsplit=1)[1])
    width, _, pixels = pixels.partition(b"\n")
    rgbe = torch.frombuffer(bytearray(pixels), dtype=torch.uint8).reshape(height, int(width), 4).double()
    assert (rgbe[..., 0] == rgbe[..., 1]).all()
    return (rgbe[..., 0] + 0.5) * 2 ** (rgbe[..., 3] - 136)


def test_json_survives_the_disk(tmp_path):
    gaussians = Lights().gaussians()
    save_light(gaussians, tmp_path / "light.json")
    for saved, loaded in zip(gaussians, load_light(tmp_path / "light.json"), strict=True):
        assert_close(loaded, saved.detach())


def test_panorama_holds_the_radiance(tmp_path):
    save_panorama(ONE_FROM_THE_FRONT, tmp_path / "light.hdr", height=64)
    values = read_hdr(tmp_path / "light.hdr")
    assert values.shape == (64, 128)
    expected = radiance(panorama_directions(64).reshape(-1, 3), *ONE_FROM_THE_FRONT).reshape(64, 128).double()
    assert_close(values, expected, rtol=0.005, atol=1e-9)


def test_the_front_is_where_blender_looks_for_it(tmp_path):
    """The imported front faces −Y, azimuth −90°, which Blender finds at three quarters of the width."""
    save_panorama(ONE_FROM_THE_FRONT, tmp_path / "light.hdr", height=64)
    row, column = divmod(int(read_hdr(tmp_path / "light.hdr").argmax()), 128)
    assert row in (31, 32)
    assert column in (95, 96)


def test_the_top_row_is_up():
    directions = panorama_directions(32)
    assert (directions[0, :, 2] > 0.99).all()
    assert_close(directions.norm(dim=-1), torch.ones(32, 64))
