"""One object, or one real orbit, rebuilt by the mesh job and scored; a process of its own for ``mesh_evaluation``."""

import json
import math
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ...ground.files import write_json
from ...ground.settings import PRESETS
from ...job.run import run_job
from ...orbit.cameras import CameraOrbit, View, static_orbit
from ...orbit.orbit_files import read_orbit, write_cameras
from ...reconstruction.asset.glb import read_glb
from ...reconstruction.asset.previews import load_model, render_view
from ...reconstruction.light import load_light, shading
from ...shared import protocol
from ...shared.errors import UserError, explain
from ...shared.job_files import REQUEST
from .given_settings import with_settings
from .likeness import lpips_judge
from .mesh_scoring import ALIGNED, score_lit, score_mesh
from .mesh_sheet import object_sheet, real_sheet
from .nvs_figures import LPIPS, psnr, ssim
from .rebuild_task import BENCHMARK, RELIT, Task, from_json, left
from .relight import over_white, relit_psnr
from .stand_in_normals import write_normal_maps
from .true_views import ORBITS, read_true_views

LEFT_OUT = 7  # of a real orbit every seventh frame is kept back for comparison
REAL_ELEVATION = 10.0  # degrees; the benchmark's README: not stated, about this


def perform(task: Task) -> None:
    """Rebuild, score, draw and relight what is not done yet, and write the figures.

    An interrupted run of this same task goes on after its last stage.
    """
    Path(task.out).mkdir(parents=True, exist_ok=True)
    found, source, mesh = task.found(), Path(task.source), task.job / "mesh.glb"
    if not found:
        begin(task)
        found = {"fingerprint": task.fingerprint}
        write_json(task.figures, found)
    found.pop("error", None)
    if not task.scored():
        scores, report = (score_real if task.real else score_object)(task)
        draw_sheet(task)
        found |= {"scores": found.get("scores", {}) | scores, "report": report}
        write_json(task.figures, found)
    if task.evaluator and not task.real and BENCHMARK not in found:
        found[BENCHMARK] = score_by_benchmark(task)
        write_json(task.figures, found)
    if not task.done():
        pictures = Path(task.out) / f"{task.name}_relit"
        found["scores"][RELIT] = relit_psnr(source, mesh, pictures, Path(task.truths), task.bpy)
        write_json(task.figures, found)


def begin(task: Task) -> None:
    """Clear the job of what other code or settings have left there, or replace it by that of ``begun``, if it is done.

    Resumed, a copy makes anew what the changes concern.
    """
    if (task.job / REQUEST).is_file():
        shutil.rmtree(task.job)
    if task.begun and "scores" in left(Path(task.begun.out) / task.figures.name, task.begun.fingerprint):
        shutil.copytree(Path(task.begun.out) / task.name, task.job, dirs_exist_ok=True)


def draw_sheet(task: Task) -> None:
    """Pictures of the finished mesh from several sides, beside the truth or its frames."""
    source, mesh = Path(task.source), task.job / "mesh.glb"
    if task.real:
        picture = real_sheet(task.name, task.job / "frames", mesh, task.job / "cameras.json")
    else:
        picture = object_sheet(task.name, source / "mesh.glb", mesh, read_orbit(task.job / "cameras.json"))
    picture.save(task.sheet)


def bench_orbit(cameras: Path, orbit: str = "orbit_dynamic") -> CameraOrbit:
    """The benchmark's cameras of one orbit, with plain file names."""
    data = json.loads(cameras.read_text(encoding="utf-8"))
    views = tuple(View(Path(f["file"]).name, f["elevation"], f["azimuth"]) for f in data[orbit])
    return CameraOrbit(data["fov_deg"], data["distance"], views)


def hidden(orbit: CameraOrbit, elevation: float) -> CameraOrbit:
    """Cameras told wrong: ``elevation`` degrees too high, and the other way round from the last on."""
    last = orbit.views[-1].azimuth
    views = (
        replace(v, elevation=min(v.elevation + elevation, 89.0), azimuth=2 * last - v.azimuth) for v in orbit.views
    )
    return replace(orbit, views=tuple(views))


def split_orbit(orbit: CameraOrbit) -> tuple[CameraOrbit, CameraOrbit]:
    """The views to fit, and every seventh one, which is left out."""
    kept = tuple(v for i, v in enumerate(orbit.views) if i % LEFT_OUT != LEFT_OUT - 1)
    out = orbit.views[LEFT_OUT - 1 :: LEFT_OUT]
    return CameraOrbit(orbit.fov_deg, orbit.distance, kept), CameraOrbit(orbit.fov_deg, orbit.distance, out)


def reconstruct(task: Task, frames: Path, cameras: Path, normals: Path | None = None) -> dict[str, Any]:
    """Run the mesh job as the command line would, with the task's own settings; returns its report."""

    begun: set[str] = set()

    def show(message: protocol.Stage | protocol.Preview) -> None:
        if isinstance(message, protocol.Stage) and message.stage not in begun:
            begun.add(message.stage)
            print(f"{task.name}, seed {task.seed}: {message.title} …", file=sys.stderr, flush=True)

    PRESETS[task.preset] = with_settings(PRESETS[task.preset], task.settings)
    request = protocol.MeshJob(
        job=task.name,
        frames=str(frames),
        out=str(task.job),
        cameras=str(cameras),
        preset=task.preset,
        device=task.device,
        seed=task.seed,
        resume=True,
        **task.asked,
        normals=str(normals) if normals else None,
    )
    result = run_job(request, show)
    report: dict[str, Any] = json.loads(Path(result.report).read_text(encoding="utf-8"))
    return report


def score_object(task: Task) -> tuple[dict[str, float], dict[str, Any]]:
    """Rebuild one object of the benchmark and score it: its figures, and the job's report."""
    source, out = Path(task.source), Path(task.out)
    cameras = out / f"{task.name}_cameras.json"
    orbit = f"orbit_{task.orbit}"
    if not task.orbit:
        orbit = next(name for name in ORBITS if (source / name).is_dir())
    truth = bench_orbit(source / "cameras.json", orbit)
    write_cameras(hidden(truth, task.hidden) if task.hidden else truth, cameras)
    normals = out / f"{task.name}_normals" if task.normals else None
    off = write_normal_maps(source / "mesh.glb", truth, task.normals, task.seed, normals) if normals else None
    report = reconstruct(task, source / orbit, cameras, normals)
    report |= {} if off is None else {"told_normals_off": off}
    judge = lpips_judge()
    judges = {LPIPS: judge} if judge else {}
    renders = out / f"{task.name}_renders"
    scores = score_mesh(task.job / "mesh.glb", source, judges=judges, pictures=renders)
    scores |= score_lit(task.job, read_true_views(source), judges, out / f"{task.name}_lit")
    return {k: v for k, v in scores.items() if math.isfinite(v)}, report  # NaN: told as missing


def score_by_benchmark(task: Task) -> dict[str, float]:
    """The same mesh's figures as the benchmark's own evaluate.py tells them, to compare ours with."""
    source = Path(task.source)
    command: list[str | Path] = [
        task.evaluator,
        source.parent / "evaluate.py",
        task.job / "mesh.glb",
        source,
        "--front",
        "z",
    ]
    answer = subprocess.run(command, capture_output=True, check=False)
    if answer.returncode:
        raise UserError(
            "The benchmark's evaluate.py failed.",
            "Give a Python that has what it needs with --evaluator-python, or none.",
            answer.stderr.decode(errors="replace")[-2000:],
        )
    scores = json.loads(answer.stdout)
    named = scores | {ALIGNED + key: value for key, value in scores.pop("aligned", {}).items()}
    numbers = {k: v for k, v in named.items() if isinstance(v, int | float) and not isinstance(v, bool)}
    return {k: v for k, v in numbers.items() if k != "aligned" and math.isfinite(v)}


def score_real(task: Task) -> tuple[dict[str, float], dict[str, Any]]:
    """Fit a real orbit without every seventh frame and compare those with our render of them, over white."""
    source, out = Path(task.source), Path(task.out)
    count = len(list(source.glob("[0-9][0-9][0-9].png")))
    kept, left_out = split_orbit(static_orbit(REAL_ELEVATION, 1.0, count))
    frames, cameras = out / f"{task.name}_frames", out / f"{task.name}_cameras.json"
    frames.mkdir(parents=True, exist_ok=True)
    for view in kept.views:
        shutil.copyfile(source / view.file, frames / view.file)
    write_cameras(kept, cameras)
    described = json.loads(cameras.read_text(encoding="utf-8"))
    del described["distance"]  # unknown: the engine finds it
    cameras.write_text(json.dumps(described), encoding="utf-8")
    report = reconstruct(task, frames, cameras)

    fitted = read_orbit(task.job / "cameras.json")
    orbit = CameraOrbit(fitted.fov_deg, fitted.distance, left_out.views)
    model = load_model(read_glb(task.job / "mesh.glb"))
    light = load_light(task.job / "light.json")
    scores: dict[str, list[float]] = {"psnr": [], "ssim": []}
    for i, view in enumerate(orbit.views):
        truth = read_over_white(source / view.file)
        render = render_view(model, lambda normals: shading(normals, *light), orbit, i, len(truth))
        pair = np.concatenate([np.rint(truth * 255).astype(np.uint8), render], 1)
        Image.fromarray(pair).save(out / f"{task.name}_left_out_{view.file}")
        scores["psnr"].append(psnr(truth, render / 255))
        scores["ssim"].append(ssim(truth, render / 255))
    return {key: float(np.mean(values)) for key, values in scores.items()}, report


def read_over_white(path: Path) -> NDArray[np.floating]:  # (S, S, 3) in [0, 1]
    """A picture file's sRGB values over white."""
    with Image.open(path) as picture:
        rgba = np.asarray(picture.convert("RGBA"), np.float64) / 255
    return over_white(rgba[..., :3], rgba[..., 3:])


def main() -> int:
    """Perform the task that the only argument describes; a failure is left where its figures would stand."""
    task = from_json(sys.argv[1])
    try:
        perform(task)
    except KeyboardInterrupt:
        return 130
    except Exception as error:  # the boundary of the process: every failure becomes a message
        told = explain(error)
        failure = f"{told.cause} {told.remedy}\n{told.details}".strip()
        write_json(task.figures, {"fingerprint": task.fingerprint, **task.found(), "error": failure})
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
