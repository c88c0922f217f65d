"""The official checkpoints' names: every parameter has its tensor, and what is left over is known."""

import json

import pytest

from sv3d_engine.shared.architecture import read_architecture
from sv3d_engine.sv3d.network.checkpoint_keys import is_unused
from sv3d_engine.sv3d.network.sv3d import checkpoint_keys, empty_sv3d, fits
from tests.sv3d.network.small import DATA

LABEL = "model.diffusion_model.label_emb.0.0.weight"  # all that SV3D_u and SV3D_p differ in


@pytest.mark.parametrize(("variant", "width", "millions"), [("u", 256, 1524.0), ("p", 1280, 1525.3)])
def test_the_official_checkpoint_is_read_without_rest(variant, width, millions):
    manifest = json.loads((DATA / "sv3d_p_checkpoint_manifest.json").read_text())
    shapes = {key: tuple(shape) for key, shape in manifest.items()} | {LABEL: (1280, width)}
    architecture = read_architecture(shapes, {}, "sv3d")
    model = empty_sv3d(architecture)
    keys = checkpoint_keys(model)
    assert architecture.variant == variant
    assert keys.keys() <= shapes.keys()
    assert all(is_unused(key) for key in shapes.keys() - keys.keys())
    assert not any(is_unused(key) for key in keys)
    assert all(fits(shapes[key], module.get_parameter(name)) for key, (module, name) in keys.items())
    assert sum(p.numel() for p in model.unet.parameters()) / 1e6 == pytest.approx(millions, abs=0.1)
