"""What is told before the click is what the engine would say after it."""

import pytest
from sv3d.sv3d_blender.generate import preflight
from sv3d.sv3d_engine.orbit import validation
from sv3d.sv3d_engine.shared import model_facts, protocol
from sv3d.sv3d_engine.shared.architecture import SVD_WIDTH, UNET
from sv3d.sv3d_engine.shared.errors import UserError
from sv3d.sv3d_engine.sv3d.network.weights import inspect

from tests.sv3d.network.small import write_zeros


@pytest.mark.parametrize("variant", ["u", "p"])
def test_weights_are_recognised(tmp_path, variant):
    path = write_zeros(tmp_path / "weights.safetensors", variant, frame_size=128, sampler="ays", steps=4)
    found, engines = preflight.recognised(path), inspect(path)
    assert found == (variant, engines.step_share, 4)
    assert engines.usage.steps == 4
    assert 0 < found.step_share < 0.01


def test_weights_that_have_become_others_are_recognised_anew(tmp_path):
    path = write_zeros(tmp_path / "weights.safetensors", "u")
    assert preflight.recognised(path).variant == "u"
    write_zeros(path, "p")
    assert preflight.recognised(path).variant == "p"
    path.unlink()
    with pytest.raises(UserError, match="cannot be read"):
        preflight.recognised(path)


@pytest.fixture
def fresh():
    """Looks for the demonstration model anew."""
    preflight.demonstration.cache_clear()
    yield
    preflight.demonstration.cache_clear()


def test_the_demonstration_model_is_known_where_it_is(tmp_path, monkeypatch, fresh):
    monkeypatch.setattr(model_facts, "_FILE", tmp_path / "mini.safetensors")
    assert preflight.demonstration() is None
    preflight.demonstration.cache_clear()
    (tmp_path / "mini.safetensors").write_text("version https://git-lfs.github.com/spec/v1")
    assert preflight.demonstration() is None, "damaged"
    preflight.demonstration.cache_clear()
    write_zeros(tmp_path / "mini.safetensors")
    assert preflight.demonstration().variant == "p"


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"<!doctype html>", b"\2\0\0\0\0\0\0\0[]", b"\2" * 99])
def test_other_files_are_told(tmp_path, content):
    path = tmp_path / "weights.safetensors"
    path.write_bytes(content)
    with pytest.raises(UserError, match="not a whole safetensors file"):
        preflight.recognised(path)


def test_weights_of_another_model_are_told(tmp_path):
    path = write_zeros(tmp_path / "svd.safetensors", change={UNET + "label_emb.0.0.weight": [16, SVD_WIDTH]})
    with pytest.raises(UserError, match="it is SVD"):
        preflight.recognised(path)


def test_a_folder_is_left_to_the_engine_and_a_missing_file_is_told(tmp_path):
    assert preflight.recognised(tmp_path) == preflight.OFFICIAL
    with pytest.raises(UserError, match="cannot be read"):
        preflight.recognised(tmp_path / "none.safetensors")


@pytest.mark.parametrize("variant", ["u", "p"])
@pytest.mark.parametrize("orbit", ["auto", "static", "sine", "dynamic"])
@pytest.mark.parametrize(("elevation", "amplitude"), [(10, 30), (59, 30), (59.001, 30), (-60, 30), (0, 89), (89, 0)])
def test_problems_are_the_engines(orbit, variant, elevation, amplitude):
    try:
        validation.resolve_orbit(orbit, elevation, amplitude, 0, None, variant)
        refused = False
    except UserError:
        refused = True
    assert bool(preflight.orbit_problem(orbit, variant, elevation, amplitude)) == refused


def test_advice_is_the_engines():
    assert preflight.orbit_advice(31)
    assert not preflight.orbit_advice(30)


def test_the_time_is_told_of_what_computes():
    small = preflight.Model("p", step_share=4e-4, steps=10)
    assert preflight.orbit_time("auto", 0, "auto") == preflight.orbit_time("euler", 0, "auto")
    assert preflight.orbit_time("euler", 0, "auto") == "about 40 s on a good graphics card, 13.8 h on a processor"
    assert preflight.orbit_time("euler", 20, "cpu") == "about 6.2 h"
    assert preflight.orbit_time("ays", 0, "cuda") == "about 10 s on a good graphics card"
    assert preflight.orbit_time("euler", 0, "cpu", small) == "about 20 s"
    both = "a few seconds on a good graphics card, 20 s on a processor"
    assert preflight.orbit_time("euler", 0, "auto", small) == both
    assert preflight.orbit_time("auto", 0, "cpu", small) == preflight.orbit_time("ays", 10, "cpu", small)
    assert preflight.orbit_time("auto", 50, "cpu", small) == "about 20 s"
    assert preflight.orbit_time("ays", 0, "auto", preflight.Model("p", 1e-5)) == "a few seconds"


def test_a_job_is_expected_to_take_what_its_parts_take():
    mesh = preflight.expected_seconds(protocol.MeshJob("a", "/f", "/o", preset="draft"), "cpu")
    assert mesh == 60.0
    orbit = preflight.expected_seconds(protocol.OrbitJob("a", "/p", "/o"), "cuda")
    assert 10 < orbit < 120
    both = preflight.expected_seconds(protocol.GenerateJob("a", "/p", "/o", preset="draft"), "cuda")
    assert both == orbit + mesh
