"""The laboratory's command evaluate, with its kinds.  Imports nothing heavy until one of them runs."""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..job.arguments import add_common_options, add_sampling_options
from ..job.command_line import INTERRUPTED
from ..shared import protocol
from ..shared.errors import explain


def add_evaluate_commands(commands: Any) -> None:
    """Add them to the engine's parser; each sets ``run``, what it does with its arguments."""
    evaluate = commands.add_parser("evaluate", help="measure how good the results are")
    measured = evaluate.add_subparsers(required=True, metavar="WHAT", dest="what")
    nvs = measured.add_parser("nvs", help="an object's other sides, against the true ones", allow_abbrev=False)
    _add_novel_views(nvs)
    nvs.set_defaults(run=_evaluate_nvs)
    mesh = measured.add_parser("mesh", help="meshes of known objects, against the true ones", allow_abbrev=False)
    _add_meshes(mesh)
    mesh.set_defaults(run=_evaluate_mesh)
    ablation = measured.add_parser(
        "ablation", help="the same meshes with each loss and each choice off", allow_abbrev=False
    )
    _add_ablation(ablation)
    ablation.set_defaults(run=_evaluate_ablation)
    scene = measured.add_parser(
        "scene", help="finished jobs in Blender: where and how lit they are", allow_abbrev=False
    )
    _add_scene(scene)
    scene.set_defaults(run=_evaluate_scene)
    _add_others(measured)


def _add_others(measured: Any) -> None:
    """Those that have few options."""
    cameras = measured.add_parser("cameras", help="how well hidden cameras are found", allow_abbrev=False)
    _add_bench(cameras)
    cameras.set_defaults(run=_evaluate_cameras, details=False)
    light = measured.add_parser("light", help="objects on a turntable: is their light told and taken out")
    _add_bench(light)
    light.add_argument("--out", required=True, metavar="DIR", help="frames, jobs and pictures; finished ones are kept")
    light.add_argument("--preset", choices=protocol.PRESETS, default="draft")
    light.add_argument("--bpy-python", default="", metavar="FILE", help="a Python with bpy (default: without Cycles)")
    light.add_argument("--told", action="store_true", help="only what is told of the light, on the true surface")
    light.set_defaults(run=_evaluate_light, details=False)
    photographs = measured.add_parser("photographs", help="objects photographed by hand, with COLMAP's cameras")
    _add_bench(photographs)
    photographs.add_argument("--out", required=True, metavar="DIR", help="photographs and jobs; finished ones are kept")
    photographs.add_argument("--preset", choices=protocol.PRESETS, default="draft")
    photographs.set_defaults(run=_evaluate_photographs, details=False)
    sds = measured.add_parser("sds", help="what masked SDS does where no frame looks", allow_abbrev=False)
    sds.add_argument(
        "sources", nargs="+", metavar="SOURCE", help="folder of a benchmark's object, or seed of a generated one"
    )
    sds.add_argument("--out", required=True, metavar="DIR", help="frames, jobs and pictures; finished ones are kept")
    sds.add_argument("--weights", metavar="FILE", help="default: SV3D-mini")
    sds.add_argument("--preset", choices=protocol.PRESETS, default="draft")
    sds.add_argument("--set", nargs="+", default=[], metavar="NAME=VALUE", help="settings other than the preset's")
    sds.set_defaults(run=_evaluate_sds, details=False)
    frames = measured.add_parser("frames", help="how well wrong frames and holes are told", allow_abbrev=False)
    _add_bench(frames)
    frames.set_defaults(run=_evaluate_frames, details=False)
    field = measured.add_parser("field", help="inputs as people have them: what becomes of each", allow_abbrev=False)
    field.add_argument("--field", required=True, metavar="DIR", help="the folder of the cases")
    field.add_argument("--cases", nargs="*", default=[], metavar="NAME", help="of these (default: all)")
    field.set_defaults(run=_evaluate_field, details=False)


def _add_bench(parser: argparse.ArgumentParser) -> None:
    """Which known objects are measured."""
    parser.add_argument("--bench", required=True, metavar="DIR", help="the benchmark's folder")
    parser.add_argument("--objects", nargs="*", default=[], metavar="NAME", help="of these (default: all)")


def _add_novel_views(parser: argparse.ArgumentParser) -> None:
    """Options of ``evaluate nvs``."""
    parser.add_argument("--model", required=True, metavar="mini|FILE", help="the bundled model, or weights")
    parser.add_argument("--split", choices=("val", "test"), default="val", help="which held-out generated objects")
    parser.add_argument("--count", type=int, default=64, metavar="N", help="of these objects (default: %(default)s)")
    parser.add_argument("--bench", metavar="DIR", help="the benchmark of known objects: its orbits as well")
    parser.add_argument("--objects", nargs="*", default=[], metavar="NAME", help="of the benchmark's (default: all)")
    parser.add_argument(
        "--models",
        metavar="DIR",
        help="a folder of GLB, glTF and OBJ files or Google Scanned Objects: as well",
    )
    parser.add_argument("--most", type=int, metavar="N", help="of these models (default: all)")
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
        "--normals",
        choices=("true", "noisy"),
        default="",
        help="tell the frames' normals: the true ones, or with errors as a network makes them",
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


def _add_ablation(parser: argparse.ArgumentParser) -> None:
    """Options of ``evaluate ablation``."""
    parser.add_argument("folders", nargs="*", metavar="OBJECT_DIR", help="with mesh.glb, cameras.json and frames")
    parser.add_argument("--bench", metavar="DIR", help="a benchmark's folder, with a folder for each object")
    parser.add_argument("--objects", nargs="*", metavar="NAME", help="of the benchmark's (default: all)")
    parser.add_argument(
        "--variants", nargs="*", default=[], metavar="WORDS", help="those whose names hold these (default: all)"
    )
    parser.add_argument(
        "--out", default="ablation", metavar="DIR", help="meshes and figures; finished ones are kept (%(default)s)"
    )
    parser.add_argument("--preset", choices=protocol.PRESETS, default="draft")
    parser.add_argument("--seeds", nargs="+", type=int, default=[0], metavar="N", help="the table shows their mean")
    parser.add_argument("--jobs", type=int, default=1, metavar="N", help="meshes at once, which share the processor")
    parser.add_argument("--device", choices=protocol.DEVICES, default="auto")
    parser.add_argument("--details", action="store_true", help="with an error, print the technical details too")
    parser.set_defaults(real=[], hidden=0.0, normals="", evaluator_python=None, bpy_python=None, relit=None)


def _add_scene(parser: argparse.ArgumentParser) -> None:
    """Options of ``evaluate scene``."""
    parser.add_argument("--results", required=True, metavar="DIR", help="folder of finished job folders")
    parser.add_argument("--objects", nargs="*", default=[], metavar="NAME", help="of these (default: all)")
    parser.add_argument("--out", required=True, metavar="DIR", help="for pictures and figures")
    parser.add_argument("--bpy-python", required=True, metavar="FILE", help="a Python with bpy")
    parser.add_argument("--only", choices=("picture", "light"), help="the picture's own camera, or its light")
    parser.add_argument("--details", action="store_true", help="with an error, print the technical details too")


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


def _evaluate_sds(arguments: argparse.Namespace) -> int:
    from .evaluate.sds_figures import evaluate_sds

    out = Path(arguments.out).absolute()
    print(evaluate_sds(arguments.sources, out, arguments.set, arguments.weights, arguments.preset))
    return 0


def _evaluate_photographs(arguments: argparse.Namespace) -> int:
    from .evaluate.photo_figures import PhotoTask, photo_figures

    bench, out = Path(arguments.bench).absolute(), Path(arguments.out).absolute()
    task = PhotoTask(bench, out, arguments.objects, arguments.preset)
    print("\n" + photo_figures(task, lambda row: print(row, flush=True)))
    return 0


def _evaluate_frames(arguments: argparse.Namespace) -> int:
    from .evaluate.frame_figures import frame_figures

    print("\n" + frame_figures(Path(arguments.bench), arguments.objects))
    return 0


def _evaluate_field(arguments: argparse.Namespace) -> int:
    from .evaluate.field_cases import field_table

    print("\n" + field_table(Path(arguments.field), arguments.cases))
    return 0


def _evaluate_nvs(arguments: argparse.Namespace) -> int:
    from .evaluate.novel_views import evaluate_nvs

    return _evaluated(lambda: (evaluate_nvs(arguments, _tell), True))


def _evaluate_mesh(arguments: argparse.Namespace) -> int:
    from .evaluate.mesh_evaluation import evaluate_mesh

    return _evaluated(lambda: evaluate_mesh(arguments, _tell))


def _evaluate_ablation(arguments: argparse.Namespace) -> int:
    from .evaluate.ablation import evaluate_ablation

    return _evaluated(lambda: evaluate_ablation(arguments, _tell))


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
