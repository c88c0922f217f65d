"""The mesh stage against the benchmark.

``python -m sv3d_engine.laboratory.evaluate.reconstruction --bench DIR --out DIR``
"""

import argparse
import json
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from ...job.run import run_job
from ...orbit.cameras import CameraOrbit, View, static_orbit
from ...orbit.orbit_files import read_orbit, write_cameras
from ...reconstruction.asset.glb import read_glb
from ...reconstruction.asset.previews import load_model, render_view
from ...reconstruction.light import load_light, shading
from ...shared import protocol
from .nvs_figures import psnr, ssim

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


OBJECTS = ("spot", "stool", "corset", "lumberjack")
REAL = ("bag", "toy")
LEFT_OUT = 7  # every seventh frame is kept for the comparison
REAL_ELEVATION = 10.0  # degrees; the benchmark's README: not stated, about this


@dataclass(frozen=True)
class Run:
    """One reconstruction and its figures."""

    name: str
    scores: dict[str, float]
    report: dict[str, Any]  # the job's report.json


def bench_orbit(cameras: Path, orbit: str = "orbit_dynamic") -> CameraOrbit:
    """The benchmark's cameras of one orbit, with plain file names."""
    data = json.loads(cameras.read_text(encoding="utf-8"))
    views = tuple(View(Path(f["file"]).name, f["elevation"], f["azimuth"]) for f in data[orbit])
    return CameraOrbit(data["fov_deg"], data["distance"], views)


def split_orbit(orbit: CameraOrbit) -> tuple[CameraOrbit, CameraOrbit]:
    """The views to fit, and every seventh one, which is left out."""
    kept = tuple(v for i, v in enumerate(orbit.views) if i % LEFT_OUT != LEFT_OUT - 1)
    out = orbit.views[LEFT_OUT - 1 :: LEFT_OUT]
    return CameraOrbit(orbit.fov_deg, orbit.distance, kept), CameraOrbit(orbit.fov_deg, orbit.distance, out)


def reconstruct(frames: Path, cameras: Path, out: Path, preset: str, device: str, resume: bool) -> dict[str, Any]:
    """Run the mesh job as the command line would; returns its report."""

    def show(message: object) -> None:
        if isinstance(message, protocol.Stage):
            print(f"\r{out.name}: {message.title} {message.fraction:4.0%}   ", end="", file=sys.stderr, flush=True)

    request = protocol.MeshJob(
        job=out.name,
        frames=str(frames),
        out=str(out),
        cameras=str(cameras),
        preset=preset,
        device=device,
        resume=resume,
    )
    result = run_job(request, show)
    print(file=sys.stderr)
    report: dict[str, Any] = json.loads(Path(result.report).read_text(encoding="utf-8"))
    return report


def score_object(
    bench: Path, name: str, out: Path, preset: str, device: str, evaluator: str, resume: bool = False
) -> Run:
    """Reconstruct one object of the benchmark and have it scored."""
    job = out / name
    out.mkdir(parents=True, exist_ok=True)
    cameras = out / f"{name}_cameras.json"
    write_cameras(bench_orbit(bench / name / "cameras.json"), cameras)
    report = reconstruct(bench / name / "orbit_dynamic", cameras, job, preset, device, resume)
    command = [evaluator, str(bench / "evaluate.py"), str(job / "mesh.glb"), str(bench / name), "--front", "z"]
    answer = subprocess.run([*command, "--renders", str(out / f"{name}_renders")], capture_output=True, check=False)
    if answer.returncode:
        raise RuntimeError(f"evaluate.py failed:\n{answer.stderr.decode(errors='replace')[-2000:]}")
    scores = json.loads(answer.stdout)
    return Run(name, {k: v for k, v in scores.items() if isinstance(v, int | float)}, report)


def score_real(bench: Path, name: str, out: Path, preset: str, device: str, resume: bool = False) -> Run:
    """Fit a real orbit without every seventh frame and compare those with our render of them, over white."""
    source = bench / "real_orbits" / name
    count = len(list(source.glob("[0-9][0-9][0-9].png")))
    kept, left_out = split_orbit(static_orbit(REAL_ELEVATION, 1.0, count))
    frames, cameras = out / f"{name}_frames", out / f"{name}_cameras.json"
    frames.mkdir(parents=True, exist_ok=True)
    for view in kept.views:
        shutil.copyfile(source / view.file, frames / view.file)
    write_cameras(kept, cameras)
    described = json.loads(cameras.read_text(encoding="utf-8"))
    del described["distance"]  # unknown: the engine finds it
    cameras.write_text(json.dumps(described), encoding="utf-8")
    report = reconstruct(frames, cameras, out / name, preset, device, resume)

    fitted = read_orbit(out / name / "cameras.json")
    orbit = CameraOrbit(fitted.fov_deg, fitted.distance, left_out.views)
    model = load_model(read_glb(out / name / "mesh.glb"))
    light = shading(model.normals, *load_light(out / name / "light.json"))
    scores: dict[str, list[float]] = {"psnr": [], "ssim": []}
    for i, view in enumerate(orbit.views):
        truth = over_white(source / view.file)
        render = render_view(model, light, orbit, i, len(truth))
        pair = np.concatenate([np.rint(truth * 255).astype(np.uint8), render], 1)
        Image.fromarray(pair).save(out / f"{name}_left_out_{view.file}")
        scores["psnr"].append(psnr(truth, render / 255))
        scores["ssim"].append(ssim(truth, render / 255))
    return Run(name, {key: float(np.mean(values)) for key, values in scores.items()}, report)


def over_white(path: Path) -> np.ndarray:  # (S, S, 3) in [0, 1]
    """A picture's sRGB values, composed over white as they are."""
    with Image.open(path) as picture:
        rgba = np.asarray(picture.convert("RGBA"), np.float64) / 255
    return rgba[..., :3] * rgba[..., 3:] + 1 - rgba[..., 3:]


def main(argv: Sequence[str] | None = None) -> None:
    """Run what was asked for and write ``--out``/figures.md and figures.json."""
    parser = argparse.ArgumentParser(description="Score the mesh stage on the benchmark.")
    parser.add_argument("--bench", type=Path, required=True, metavar="DIR", help="the benchmark's folder")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="job folders and figures go here")
    parser.add_argument("--objects", nargs="*", default=list(OBJECTS), help="objects with a known surface")
    parser.add_argument("--real", nargs="*", default=list(REAL), help="orbits without one")
    parser.add_argument("--preset", choices=protocol.PRESETS, default="standard")
    parser.add_argument("--device", choices=protocol.DEVICES, default="auto")
    parser.add_argument("--resume", action="store_true", help="keep whole stages of an earlier run of this same code")
    parser.add_argument("--evaluator-python", default=sys.executable, help="a Python that can run its evaluate.py")
    a = parser.parse_args(argv)
    out = a.out.absolute()
    objects = [score_object(a.bench, n, out, a.preset, a.device, a.evaluator_python, a.resume) for n in a.objects]
    real = [score_real(a.bench, n, out, a.preset, a.device, a.resume) for n in a.real]
    runs = [*objects, *real]
    parts = [objects_table([(r.name, r.scores) for r in objects]), real_table([(r.name, r.scores) for r in real])]
    parts.append(stages_table([(r.name, r.report) for r in runs]))
    text = "\n".join(part for part in parts if part)
    (a.out / "figures.md").write_text(text, encoding="utf-8")
    figures = {r.name: {"scores": r.scores, "report": r.report} for r in runs}
    (a.out / "figures.json").write_text(json.dumps(figures, indent=1), encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
