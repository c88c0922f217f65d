import pytest

from sv3d_engine.laboratory.evaluate.mesh_tables import (
    Figures,
    beside_hull,
    means,
    objects_table,
    real_table,
    stages_table,
)

GOOD = {"chamfer_surface": 0.003, "volume_iou": 0.9, "albedo_psnr": 20.0}
BAD = {"chamfer_surface": 0.005, "volume_iou": 0.8, "albedo_psnr": 18.0}
HULL = {"chamfer_surface": 0.004, "volume_iou": 0.85, "albedo_psnr": 19.0}


def test_a_mean_is_over_the_rows_that_have_the_figure() -> None:
    assert means([{"a": 1.0, "b": 4.0}, {"a": 3.0}]) == {"a": 2.0, "b": 4.0}


def test_objects_stand_beside_their_hull_and_the_mean_follows() -> None:
    rows = [Figures("cow", {0: GOOD}), Figures("stool", {0: BAD})]
    assert objects_table(rows, {"cow": HULL, "stool": HULL}, {}).splitlines() == [
        "| object (the visual hull in brackets) | chamfer_surface | volume_iou | albedo_psnr |",
        "| --- | ---: | ---: | ---: |",
        "| cow | 0.0030 (0.0040) | 0.900 (0.850) | 20.0 (19.0) |",
        "| stool | 0.0050 (0.0040) | 0.800 (0.850) | 18.0 (19.0) |",
        "| mean | 0.0040 (0.0040) | 0.850 (0.850) | 19.0 (19.0) |",
    ]
    assert objects_table([], {}, {}) == ""


def test_a_hull_that_is_not_known_for_every_object_has_no_mean() -> None:
    rows = [Figures("cow", {0: GOOD}), Figures("stool", {0: BAD})]
    assert objects_table(rows, {"cow": HULL}, {}).splitlines()[-1] == "| mean | 0.0040 | 0.850 | 19.0 |"


def test_seeds_are_averaged_and_their_means_follow() -> None:
    rows = [Figures("cow", {0: GOOD, 1: BAD}), Figures("stool", {0: GOOD, 1: GOOD})]
    lines = objects_table(rows, {}, {}).splitlines()
    assert lines[2] == "| cow | 0.0040 | 0.850 | 19.0 |"
    assert lines[-2:] == ["| mean, seed 0 | 0.0030 | 0.900 | 20.0 |", "| mean, seed 1 | 0.0040 | 0.850 | 19.0 |"]


def test_a_mean_can_leave_objects_out() -> None:
    rows = [Figures("cow", {0: GOOD}), Figures("stool", {0: BAD})]
    table = objects_table(rows, {"cow": HULL, "stool": BAD}, {"volume_iou": ["stool"]})
    assert table.splitlines()[-1] == "| mean without stool |  | 0.900 (0.850) |  |"


def test_every_figure_that_the_hull_has_better_is_named() -> None:
    rows = [Figures("cow", {0: GOOD}), Figures("stool", {0: BAD}), Figures("new", {0: BAD})]
    assert beside_hull(rows, {"cow": HULL, "stool": HULL}).splitlines() == [
        "Worse than the visual hull: 3 of 6 figures.",
        "- stool: chamfer_surface 0.00500, the hull's 0.00400",
        "- stool: volume_iou 0.8000, the hull's 0.8500",
        "- stool: albedo_psnr 18.00, the hull's 19.00",
    ]
    assert beside_hull(rows, {}) == ""


def test_a_figure_that_a_seed_lacks_is_missing_and_not_as_good_as_the_hulls() -> None:
    lacking = {"chamfer_surface": 0.003, "albedo_psnr": float("nan")}
    rows = [Figures("cow", {0: GOOD, 1: lacking}), Figures("stool", {0: lacking})]
    assert beside_hull(rows, {"cow": HULL, "stool": HULL}).splitlines() == [
        "Worse than the visual hull: 0 of 2 figures.",
        "",
        "Missing, and so not compared with the hull: 4 figures.",
        "- cow: volume_iou",
        "- cow: albedo_psnr",
        "- stool: volume_iou",
        "- stool: albedo_psnr",
    ]


def test_real_orbits() -> None:
    rows = [Figures("bag", {0: {"psnr": 21.234, "ssim": 0.9}}), Figures("toy", {0: {"psnr": 23, "ssim": 0.8}})]
    assert real_table(rows) == (
        "| left-out frames of | psnr | ssim |\n"
        "| --- | ---: | ---: |\n"
        "| bag | 21.23 | 0.900 |\n"
        "| toy | 23.00 | 0.800 |\n"
        "| mean | 22.12 | 0.850 |\n"
    )


def test_seconds_and_memory_of_the_stages() -> None:
    def report(field: float, memory: float) -> dict:
        return {"stages": {"frames": {"seconds": 1.6}, "field": {"seconds": field}}, "peak_memory": memory}

    rows = [
        Figures("cow", {}, {0: report(20, 2.04e9), 1: report(40, 2.96e9)}),
        Figures("stool", {}, {0: report(50, 1e9)}),
    ]
    assert stages_table(rows).splitlines()[2:] == [
        "| cow | 2 | 30 | 32 | 3.0 GB |",
        "| stool | 2 | 50 | 52 | 1.0 GB |",
        "| mean | 2 | 40 | 42 | 3.0 GB |",
    ]
    assert Figures("cow", {0: {"psnr": 1.0}, 1: {"psnr": 2.0}}).mean == {"psnr": pytest.approx(1.5)}
