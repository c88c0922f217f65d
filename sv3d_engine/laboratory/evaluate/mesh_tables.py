"""Figures of reconstructed objects as Markdown: beside the visual hull's, where it is better, and what a stage took."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

OBJECT_FIGURES = {  # figure: digits after the point
    "chamfer_surface": 4,
    "volume_iou": 3,
    "fscore@0.01": 3,
    "normal_error_deg": 1,
    "albedo_psnr": 1,
    "silhouette_iou": 3,
    "albedo_ssim": 3,
    "relit_psnr": 1,
}
PICTURE_FIGURES = {  # as the paper's tables have them: of the base colour, and in the recovered light
    "chamfer": 4,
    **{f"{of}_{name}": n for of in ("flat", "lit") for name, n in (("lpips", 3), ("psnr", 1), ("ssim", 3), ("mse", 4))},
}
REAL_FIGURES = {"psnr": 2, "ssim": 3}
HULL_FIGURES = tuple(OBJECT_FIGURES)[:6]  # that the visual hull of the true masks has, too
LESS_IS_BETTER = ("chamfer_surface", "normal_error_deg")

Scores = Mapping[str, float]


@dataclass(frozen=True)
class Figures:
    """What was measured of one object or real orbit, by seed."""

    name: str
    scores: Mapping[int, Scores]  # seed: its figures
    reports: Mapping[int, Mapping[str, Any]] = field(default_factory=dict)  # seed: the job's report.json

    @property
    def mean(self) -> dict[str, float]:
        """Each figure's mean over the seeds that have it."""
        return means(self.scores.values())


def means(rows: Iterable[Scores]) -> dict[str, float]:
    """The mean of each figure over the rows that have it."""
    values: dict[str, list[float]] = {}
    for row in rows:
        for key, value in row.items():
            values.setdefault(key, []).append(value)
    return {key: sum(found) / len(found) for key, found in values.items()}


def objects_table(objects: Sequence[Figures], hulls: Mapping[str, Scores], without: Mapping[str, Sequence[str]]) -> str:
    """Objects with a known surface, the hull's figures in brackets; then means, also of fewer objects.

    ``without`` names the objects that a figure's last mean leaves out: {"volume_iou": ["basket"]}.
    """
    if not objects:
        return ""
    rows = [(o.name, o.mean, hulls.get(o.name, {})) for o in objects]
    if len(objects) > 1:
        rows.append(("mean", means(o.mean for o in objects), _hull_mean(objects, hulls)))
        for seed in _several_seeds(objects):
            rows.append((f"mean, seed {seed}", means(o.scores[seed] for o in objects if seed in o.scores), {}))
        for figure, left_out in without.items():
            rest = [o for o in objects if o.name not in left_out]
            only = {figure: means(o.mean for o in rest).get(figure, float("nan"))} if rest else {}
            hull = _hull_mean(rest, hulls)
            rows.append((f"mean without {', '.join(left_out)}", only, {k: hull[k] for k in only if k in hull}))
    figures = {key: digits for key, digits in OBJECT_FIGURES.items() if any(key in scores for _, scores, _ in rows)}
    lines = [
        [name, *(_beside(scores.get(key), hull.get(key), digits) for key, digits in figures.items())]
        for name, scores, hull in rows
    ]
    head = "object (the visual hull in brackets)" if hulls else "object"
    return markdown([head, *figures], lines)


def pictures_table(objects: Sequence[Figures]) -> str:
    """The paper's figures of each object: Chamfer distance, and whole pictures of the mesh, flat and lit."""
    rows = [(o.name, o.mean) for o in objects]
    rows += [("mean", means(scores for _, scores in rows))] if len(rows) > 1 else []
    figures = {key: digits for key, digits in PICTURE_FIGURES.items() if any(key in scores for _, scores in rows)}
    lines = [[name, *(_beside(scores.get(key), None, n) for key, n in figures.items())] for name, scores in rows]
    return markdown(["object", *figures], lines) if figures else ""


def beside_hull(objects: Sequence[Figures], hulls: Mapping[str, Scores]) -> str:
    """What the visual hull has better by the mean over the seeds; what a seed lacks is told as missing."""
    compared, worse, missing = 0, list[str](), list[str]()
    for o in objects:
        hull = hulls.get(o.name, {})
        for key in (key for key in HULL_FIGURES if key in hull):
            values = [scores.get(key, math.nan) for scores in o.scores.values()]
            value = sum(values) / len(values)
            gap = value - hull[key]
            if math.isnan(gap):
                missing.append(f"{o.name}: {key}")
                continue
            compared += 1
            if (gap if key in LESS_IS_BETTER else -gap) > 0:
                digits = OBJECT_FIGURES[key] + 1  # or both might look the same
                worse.append(f"{o.name}: {key} {value:.{digits}f}, the hull's {hull[key]:.{digits}f}")
    parts = []
    if compared:
        parts.append(_listed(f"Worse than the visual hull: {len(worse)} of {compared} figures.", worse))
    if missing:
        parts.append(_listed(f"Missing, and so not compared with the hull: {len(missing)} figures.", missing))
    return "\n".join(parts)


def real_table(orbits: Sequence[Figures]) -> str:
    """Left-out frames of real orbits, and their mean."""
    if not orbits:
        return ""
    rows = [(o.name, o.mean) for o in orbits]
    if len(rows) > 1:
        rows.append(("mean", means(scores for _, scores in rows)))
    lines = [[name, *(f"{scores[key]:.{n}f}" for key, n in REAL_FIGURES.items())] for name, scores in rows]
    return markdown(["left-out frames of", *REAL_FIGURES], lines)


def stages_table(everything: Sequence[Figures]) -> str:
    """Seconds a stage, means over the seeds, and the most memory, from report.json."""
    rows: list[tuple[str, dict[str, float], float]] = []
    for found in everything:
        reports = list(found.reports.values())
        if reports:
            seconds = means({k: s["seconds"] for k, s in report["stages"].items()} for report in reports)
            rows.append((found.name, seconds, max(report["peak_memory"] for report in reports)))
    if not rows:
        return ""
    if len(rows) > 1:
        rows.append(("mean", means(seconds for _, seconds, _ in rows), max(memory for *_, memory in rows)))
    stages = list(dict.fromkeys(stage for _, seconds, _ in rows for stage in seconds))
    lines = [
        [name, *(f"{s.get(k, 0):.0f}" for k in stages), f"{sum(s.values()):.0f}", f"{memory / 1e9:.1f} GB"]
        for name, s, memory in rows
    ]
    return markdown(["seconds", *stages, "all", "peak memory"], lines)


def agreement_table(compared: Sequence[tuple[str, Scores, Scores]]) -> str:
    """Our figures against those of the benchmark's evaluate.py, (object, ours, theirs): the largest difference of each.

    Relative to theirs; nothing where theirs were not asked for.
    """
    gaps: dict[str, tuple[float, str]] = {}
    for name, ours, theirs in compared:
        for key in ours.keys() & theirs.keys():
            gap = abs(ours[key] - theirs[key]) / max(abs(theirs[key]), 1e-9)
            gaps[key] = max(gaps.get(key, (0.0, "")), (gap, name))
    rows = [[key, f"{gap:.1e}", name] for key, (gap, name) in sorted(gaps.items())]
    return markdown(["figure", "largest difference from evaluate.py", "of"], rows) if rows else ""


def markdown(head: Sequence[str], lines: Sequence[Sequence[str]], words: int = 1) -> str:
    """A table whose first ``words`` columns are text, the others numbers."""
    rule = ["---"] * words + ["---:"] * (len(head) - words)
    return "".join(f"| {' | '.join(line)} |\n" for line in [head, rule, *lines])


def _listed(head: str, lines: Sequence[str]) -> str:
    return f"{head}\n" + "".join(f"- {line}\n" for line in lines)


def _hull_mean(objects: Sequence[Figures], hulls: Mapping[str, Scores]) -> dict[str, float]:
    """Nothing unless the hull of each object is known: means over other objects are no comparison."""
    known = [hulls[o.name] for o in objects if o.name in hulls]
    return means(known) if len(known) == len(objects) else {}


def _several_seeds(objects: Sequence[Figures]) -> list[int]:
    seeds = sorted({seed for o in objects for seed in o.scores})
    return seeds if len(seeds) > 1 else []


def _beside(value: float | None, hull: float | None, digits: int) -> str:
    if value is None:
        return ""
    return f"{value:.{digits}f}" + ("" if hull is None else f" ({hull:.{digits}f})")
