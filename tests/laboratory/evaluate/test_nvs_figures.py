"""Figures, tables and curves of known numbers."""

from xml.etree import ElementTree

import numpy as np
import pytest

from sv3d_engine.laboratory.evaluate.nvs_figures import camera_control, figures, turned
from sv3d_engine.laboratory.evaluate.nvs_plot import nice_ticks, plot
from sv3d_engine.laboratory.evaluate.nvs_report import (
    Evaluated,
    as_data,
    by_frame,
    camera_shares,
    panels,
    paper_form,
    summary,
)
from sv3d_engine.shared.trajectory import static

POSES = static(10.0)


def around() -> np.ndarray:  # (21, 16, 16, 3)
    """Plain frames whose colours go round once: the further the camera turns, the more they differ."""
    angles = np.radians([p.azimuth for p in POSES])
    colours = 0.5 + 0.5 * np.stack([np.cos(angles), np.sin(angles), 0 * angles], -1)
    return np.broadcast_to(colours[:, None, None], (21, 16, 16, 3))


def test_true_frames_are_found_to_be_right() -> None:
    found = figures(around(), around(), POSES)
    assert all(values.shape == (20,) for values in found.values())
    assert (found["psnr"] == 60).all()
    assert found["ssim"] == pytest.approx(np.ones(20))
    assert (found["mse"] == 0).all()
    assert camera_shares(found) == (1.0, 1.0)


def test_an_orbit_the_other_way_round_is_right_only_at_the_back() -> None:
    truth = around()
    mirrored = np.concatenate([truth[:-1][::-1], truth[-1:]])
    shares = camera_control(mirrored, truth, POSES)
    assert shares[10] == 1
    assert shares[5] < 0.2


def test_the_same_picture_in_every_frame_is_like_the_given_view() -> None:
    truth = around()
    shares = camera_control(np.broadcast_to(truth[-1], truth.shape), truth, POSES)
    assert shares[10] == 0
    assert shares[0] == 1


def test_azimuths_turn_over_at_the_front() -> None:
    assert turned(350, 10) == turned(10, 350) == 20
    assert turned(0, 180) == 180


def evaluated() -> Evaluated:
    def values(psnr: float) -> dict[str, np.ndarray]:
        figure = np.full((2, 20), psnr)
        return {"psnr": figure, "ssim": figure / 100, "mse": 1 / figure, "camera": np.full((2, 20), 0.5)}

    predictors = {"SV3D-mini": values(20), "picture": values(14), "mean": values(16)}
    return Evaluated("some orbits", ["a", "b"], predictors)


def test_the_table_tells_the_gain_over_the_better_trivial_predictor() -> None:
    text = summary([evaluated()])
    assert "| some orbits | SV3D-mini | 20.00 | 0.200 | 0.0500 | 50.0 % | 0.0 % |" in text
    assert "SV3D-mini has +4.00 dB over" in text
    assert by_frame(evaluated()).count("\n") == 22


def test_means_stand_in_the_papers_form() -> None:
    text = paper_form([evaluated()])
    assert "Static orbits" in text
    assert "| SV3D-mini | some orbits (2) |  | 20.00 | 0.200 |  | 0.0500 |" in text


def test_data_hold_each_frame_and_each_orbit() -> None:
    data = as_data({"model": "SV3D-mini"}, [evaluated()])["sets"]["some orbits"]
    assert data["gain_db"] == 4
    psnr = data["predictors"]["SV3D-mini"]["psnr"]
    assert (psnr["mean"], len(psnr["by_frame"]), len(psnr["by_orbit"])) == (20, 20, 2)


def test_a_plot_has_a_curve_for_each_predictor() -> None:
    text = plot(panels([evaluated(), evaluated(), evaluated()])["psnr"], "frame", "PSNR < ∞")
    root = ElementTree.fromstring(text)
    curves = root.findall(".//{http://www.w3.org/2000/svg}polyline")
    assert len(curves) == 9
    assert set(panels([evaluated()])) == {"psnr", "ssim", "mse"}
    assert len(curves[0].attrib["points"].split()) == 20


@pytest.mark.parametrize(("least", "most"), [(12.3, 24.9), (0.0, 1.0), (-3e-4, 2e-4), (5.0, 5.0)])
def test_ticks_are_round_and_hold_all_values(least: float, most: float) -> None:
    ticks = nice_ticks(least, most)
    assert ticks[0] <= least and ticks[-1] >= most and len(ticks) <= 8
