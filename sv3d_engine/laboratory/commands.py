"""The laboratory's commands: bench, evaluate, train.  Imports nothing heavy until one of them runs."""

import argparse
import json
import sys
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ..job.arguments import add_common_options, add_frame_options, add_sampling_options, request
from ..job.command_line import INTERRUPTED, run_here
from ..shared import protocol
from ..shared.errors import explain


def add_commands(commands: Any) -> None:
    """Add them to the engine's parser; each sets ``run``, what it does with its arguments."""
    bench = commands.add_parser("bench", help="measure speed and memory")
    what = bench.add_subparsers(required=True, metavar="WHAT", dest="what")
    bench_mesh = what.add_parser("mesh", help="a whole mesh job, stage by stage, and its kernels", allow_abbrev=False)
    add_frame_options(bench_mesh)
    add_common_options(bench_mesh)
    bench_mesh.add_argument("--out", metavar="DIR", help="keep the job folder here (default: not kept)")
    bench_mesh.set_defaults(resume=False, run=_bench_mesh)
    bench_kernels = what.add_parser("kernels", help="its kernels alone, beside their twins and peers")
    bench_kernels.add_argument("--device", choices=protocol.DEVICES, default="auto")
    bench_kernels.add_argument("--json", action="store_true", help="one line of JSON")
    bench_kernels.set_defaults(run=_bench_kernels, details=False)
    bench_orbit = what.add_parser("orbit", help="SV3D itself, part by part", allow_abbrev=False)
    _add_bench_orbit(bench_orbit)
    bench_orbit.set_defaults(run=_bench_orbit)

    evaluate = commands.add_parser("evaluate", help="measure how good the results are")
    measured = evaluate.add_subparsers(required=True, metavar="WHAT", dest="what")
    nvs = measured.add_parser("nvs", help="an object's other sides, against the true ones", allow_abbrev=False)
    _add_novel_views(nvs)
    nvs.set_defaults(run=_evaluate_nvs)
    mesh = measured.add_parser("mesh", help="meshes of known objects, against the true ones", allow_abbrev=False)
    _add_meshes(mesh)
    mesh.set_defaults(run=_evaluate_mesh)
    cameras = measured.add_parser("cameras", help="how well hidden cameras are found", allow_abbrev=False)
    cameras.add_argument("--bench", required=True, metavar="DIR", help="the benchmark's folder")
    cameras.add_argument("--objects", nargs="*", default=[], metavar="NAME", help="of these (default: all)")
    cameras.set_defaults(run=_evaluate_cameras, details=False)
    light = measured.add_parser("light", help="objects on a turntable: is their light told and taken out")
    light.add_argument("--bench", required=True, metavar="DIR", help="the benchmark's folder")
    light.add_argument("--out", required=True, metavar="DIR", help="frames, jobs and pictures; finished ones are kept")
    light.add_argument("--objects", nargs="*", default=[], metavar="NAME", help="of these (default: all)")
    light.add_argument("--preset", choices=protocol.PRESETS, default="draft")
    light.add_argument("--bpy-python", default="", metavar="FILE", help="a Python with bpy (default: without Cycles)")
    light.add_argument("--told", action="store_true", help="only what is told of the light, on the true surface")
    light.set_defaults(run=_evaluate_light, details=False)
    frames = measured.add_parser("frames", help="how well wrong frames and holes are told", allow_abbrev=False)
    frames.add_argument("--bench", required=True, metavar="DIR", help="the benchmark's folder")
    frames.add_argument("--objects", nargs="*", default=[], metavar="NAME", help="of these (default: all)")
    frames.set_defaults(run=_evaluate_frames, details=False)
    field = measured.add_parser("field", help="inputs as people have them: what becomes of each", allow_abbrev=False)
    field.add_argument("--field", required=True, metavar="DIR", help="the folder of the cases")
    field.add_argument("--cases", nargs="*", default=[], metavar="NAME", help="of these (default: all)")
    field.set_defaults(run=_evaluate_field, details=False)
    scene = measured.add_parser(
        "scene", help="finished jobs in Blender: where and how lit they are", allow_abbrev=False
    )
    _add_scene(scene)
    scene.set_defaults(run=_evaluate_scene)

    train = commands.add_parser("train", help="train an SV3D, of any size", allow_abbrev=False)
    _add_train(train)
    train.set_defaults(details=True, run=_train)


def _add_bench_orbit(parser: argparse.ArgumentParser) -> None:
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--weights", metavar="FILE", help="default: random ones, of the official size")
    what.add_argument("--tiny", action="store_true", help="a very small network, to try the command out")
    parser.add_argument("--frame-size", type=int, metavar="N", help="pixels, a multiple of 64 (default: 576)")
    parser.add_argument("--steps", type=int, default=1, metavar="N", help="how many to measure (default: %(default)s)")
    parser.add_argument("--precision", choices=protocol.PRECISIONS, default="auto")
    parser.add_argument("--memory", choices=protocol.MEMORY_MODES, default="auto")
    parser.add_argument("--device", choices=protocol.DEVICES, default="auto")
    parser.add_argument("--compile", action="store_true", help="with torch.compile, which needs a C++ compiler")
    parser.add_argument("--json", action="store_true", help="one line of JSON")
    parser.add_argument("--details", action="store_true", help="with an error, print the technical details too")


def _add_novel_views(parser: argparse.ArgumentParser) -> None:
    """Options of ``evaluate nvs``."""
    parser.add_argument("--model", required=True, metavar="mini|FILE", help="the bundled model, or weights")
    parser.add_argument("--split", choices=("val", "test"), default="val", help="which held-out generated objects")
    parser.add_argument("--count", type=int, default=64, metavar="N", help="of these objects (default: %(default)s)")
    parser.add_argument("--bench", metavar="DIR", help="the benchmark of known objects: its orbits as well")
    parser.add_argument("--out", default="nvs", metavar="DIR", help="for the figures (default: %(default)s)")
    parser.add_argument(
        "--training-orbits",
        type=int,
        default=256,
        metavar="N",
        help="that the mean frames are of (default: %(default)s)",
    )
    add_sampling_options(parser)
    parser.add_argument("--batch", type=int, metavar="N", help="orbits sampled at once (default: by the device)")
    add_common_options(parser)


def _add_meshes(parser: argparse.ArgumentParser) -> None:
    """Options of ``evaluate mesh``."""
    parser.add_argument("folders", nargs="*", metavar="OBJECT_DIR", help="with mesh.glb, cameras.json and frames")
    parser.add_argument("--bench", metavar="DIR", help="a benchmark's folder, with a folder for each object")
    parser.add_argument(
        "--out", default="meshes", metavar="DIR", help="job folders and figures; finished ones are kept (%(default)s)"
    )
    parser.add_argument("--objects", nargs="*", metavar="NAME", help="of the benchmark's (default: all)")
    parser.add_argument("--real", nargs="*", metavar="NAME", help="real orbits (default: all; no name: none)")
    parser.add_argument("--seeds", nargs="+", type=int, default=[0], metavar="N", help="the tables show their mean")
    parser.add_argument("--preset", choices=protocol.PRESETS, default="standard")
    parser.add_argument(
        "--set", nargs="+", default=[], metavar="NAME=VALUE", help="settings other than the preset's, to try them"
    )
    parser.add_argument(
        "--hidden",
        type=float,
        default=0.0,
        metavar="DEGREES",
        help="tell elevations so much too high and the turn the other way; the right cameras have to be found",
    )
    parser.add_argument(
        "--without",
        nargs="+",
        default=[],
        metavar="FIGURE=NAME,NAME",
        help="one more mean of a figure, which leaves these objects out",
    )
    parser.add_argument("--jobs", type=int, default=1, metavar="N", help="objects at once, which share the processor")
    parser.add_argument(
        "--evaluator-python",
        metavar="FILE",
        help="a Python that can run the benchmark's evaluate.py, to compare its figures with ours",
    )
    parser.add_argument("--bpy-python", metavar="FILE", help="a Python with bpy, for the relighting figure")
    parser.add_argument("--relit", metavar="DIR", help="for relit true objects, rendered once (default: in --out)")
    parser.add_argument("--device", choices=protocol.DEVICES, default="auto")
    parser.add_argument("--details", action="store_true", help="with an error, print the technical details too")


def _add_scene(parser: argparse.ArgumentParser) -> None:
    """Options of ``evaluate scene``."""
    parser.add_argument("--results", required=True, metavar="DIR", help="folder of finished job folders")
    parser.add_argument("--objects", nargs="*", default=[], metavar="NAME", help="of these (default: all)")
    parser.add_argument("--out", required=True, metavar="DIR", help="for pictures and figures")
    parser.add_argument("--bpy-python", required=True, metavar="FILE", help="a Python with bpy")
    parser.add_argument("--only", choices=("picture", "light"), help="the picture's own camera, or its light")
    parser.add_argument("--details", action="store_true", help="with an error, print the technical details too")


def _add_train(parser: argparse.ArgumentParser) -> None:
    """Options of ``train``."""
    parser.add_argument("--config", required=True, help="a TOML or JSON file, or the name of a known one: mini, full …")
    parser.add_argument("--out", required=True, metavar="DIR", help="folder for everything that is made")
    parser.add_argument("--orbits", metavar="DIR", help="folder of the rendered orbits (default: orbits in --out)")
    parser.add_argument("--resume", action="store_true", help="go on exactly where the run in DIR stopped")
    parser.add_argument("--device", choices=protocol.DEVICES, default="auto")


def _evaluate_cameras(arguments: argparse.Namespace) -> int:
    from .evaluate.camera_figures import camera_figures

    print("\n" + camera_figures(Path(arguments.bench), arguments.objects))
    return 0


def _evaluate_light(arguments: argparse.Namespace) -> int:
    from .evaluate.light_figures import LightTask, light_figures, told_figures

    bench, out = Path(arguments.bench).absolute(), Path(arguments.out).absolute()
    given = arguments.objects, arguments.preset, arguments.bpy_python
    measure = told_figures if arguments.told else light_figures
    print("\n" + measure(LightTask(bench, out, *given), lambda row: print(row, flush=True)))
    return 0


def _evaluate_frames(arguments: argparse.Namespace) -> int:
    from .evaluate.frame_figures import frame_figures

    print("\n" + frame_figures(Path(arguments.bench), arguments.objects))
    return 0


def _evaluate_field(arguments: argparse.Namespace) -> int:
    from .evaluate.field_cases import field_table

    print("\n" + field_table(Path(arguments.field), arguments.cases))
    return 0


def _bench_orbit(arguments: argparse.Namespace) -> int:
    from .bench.orbit_bench import BenchSettings, as_text, bench_orbit

    settings = BenchSettings(
        weights=Path(arguments.weights) if arguments.weights else None,
        tiny=arguments.tiny,
        frame_size=arguments.frame_size,
        steps=arguments.steps,
        precision=arguments.precision,
        device=arguments.device,
        memory=arguments.memory,
        compiled=arguments.compile,
    )
    try:
        result = bench_orbit(settings, lambda doing: print(f"{doing} …", file=sys.stderr, flush=True))
    except KeyboardInterrupt:
        return INTERRUPTED
    except Exception as error:  # the boundary of the program: every failure becomes a message
        raise explain(error) from error
    print(json.dumps(result) if arguments.json else as_text(result), end="\n" if arguments.json else "")
    return 0


def _bench_mesh(arguments: argparse.Namespace) -> int:
    with ExitStack() as stack:
        folder = arguments.out or stack.enter_context(tempfile.TemporaryDirectory(prefix="sv3d-bench-"))
        result = run_here(request(arguments, Path(folder).absolute()), arguments.details)
        if isinstance(result, int):
            return result
        report = json.loads(Path(result.report).read_text(encoding="utf-8"))
    print(f"{'stage':<12}{'seconds':>10}{'peak memory':>16}")
    for name, stage in report["stages"].items():
        print(f"{name:<12}{stage['seconds']:>10.1f}{stage['peak_memory'] / 1e9:>13.2f} GB")
    print(f"{'all':<12}{report['seconds']:>10.1f}{report['peak_memory'] / 1e9:>13.2f} GB\n")
    return _bench_kernels(argparse.Namespace(device=arguments.device, json=False))


def _bench_kernels(arguments: argparse.Namespace) -> int:
    from ..ground.device import resolve_device
    from .bench.kernel_bench import as_rows, measure

    device = resolve_device(arguments.device)
    if arguments.json:
        print(json.dumps([asdict(timing) for timing in measure(device)]))
    else:
        for row in as_rows(measure(device), device):
            print(row, flush=True)
    return 0


def _evaluate_nvs(arguments: argparse.Namespace) -> int:
    from .evaluate.novel_views import evaluate_nvs

    return _evaluated(lambda: (evaluate_nvs(arguments, _tell), True))


def _evaluate_mesh(arguments: argparse.Namespace) -> int:
    from .evaluate.mesh_evaluation import evaluate_mesh

    return _evaluated(lambda: evaluate_mesh(arguments, _tell))


def _evaluate_scene(arguments: argparse.Namespace) -> int:
    from .evaluate.scene_evaluation import evaluate_scene

    places = Path(arguments.results).absolute(), arguments.objects, Path(arguments.out).absolute()
    picture, light = arguments.only != "light", arguments.only != "picture"
    python = str(Path(arguments.bpy_python).absolute())
    return _evaluated(lambda: (evaluate_scene(*places, python, picture=picture, light=light, tell=_tell), True))


def _tell(doing: str) -> None:
    print(f"{doing} …", file=sys.stderr, flush=True)


def _evaluated(evaluate: Callable[[], tuple[str, bool]]) -> int:
    """Print the figures; 1 if some of them could not be found."""
    try:
        text, whole = evaluate()
    except KeyboardInterrupt:
        return INTERRUPTED
    except Exception as error:  # the boundary of the program: every failure becomes a message
        raise explain(error) from error
    print(text, end="")
    return 0 if whole else 1


def _train(arguments: argparse.Namespace) -> int:
    from .training.command import command

    return command(arguments)
