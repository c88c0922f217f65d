"""Figures as Markdown tables."""

from collections.abc import Mapping, Sequence
from typing import Any

Row = tuple[str, Mapping[str, float]]

OBJECT_FIGURES = {  # figure: digits after the point
    "chamfer_surface": 4,
    "volume_iou": 3,
    "fscore@0.01": 3,
    "normal_error_deg": 1,
    "albedo_psnr": 1,
    "albedo_ssim": 3,
    "silhouette_iou": 3,
}
REAL_FIGURES = {"psnr": 2, "ssim": 3}


def objects_table(rows: Sequence[Row]) -> str:
    """Objects with a known surface, and their mean."""
    return _figures("object", rows, OBJECT_FIGURES)


def real_table(rows: Sequence[Row]) -> str:
    """Left-out frames of real orbits, and their mean."""
    return _figures("left-out frames of", rows, REAL_FIGURES)


def stages_table(reports: Sequence[tuple[str, Mapping[str, Any]]]) -> str:
    """Seconds a stage and peak memory, from report.json."""
    if not reports:
        return ""
    stages = list(reports[0][1]["stages"])
    lines = []
    for name, report in reports:
        seconds = [report["stages"][stage]["seconds"] for stage in stages]
        memory = f"{report['peak_memory'] / 1e9:.1f} GB"
        lines.append([name, *(f"{s:.0f}" for s in seconds), f"{sum(seconds):.0f}", memory])
    return _markdown(["seconds", *stages, "all", "peak memory"], lines)


def _figures(title: str, rows: Sequence[Row], figures: Mapping[str, int]) -> str:
    if not rows:
        return ""
    mean = {key: sum(scores[key] for _, scores in rows) / len(rows) for key in figures}
    everything = [*rows, ("mean", mean)] if len(rows) > 1 else rows
    lines = [[name, *(f"{scores[key]:.{digits}f}" for key, digits in figures.items())] for name, scores in everything]
    return _markdown([title, *figures], lines)


def _markdown(head: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    rule = ["---"] + ["---:"] * (len(head) - 1)
    return "".join(f"| {' | '.join(line)} |\n" for line in [head, rule, *lines])
