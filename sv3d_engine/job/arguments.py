"""What can be written on the command line, and the job that it asks for."""

import argparse
from dataclasses import fields
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from .. import __version__
from ..shared import protocol
from ..shared.cameras_beside import cameras_of_folder
from .models_command import add_model_commands

_JOBS: dict[str, type[protocol.Job]] = {
    "mesh": protocol.MeshJob,
    "orbit": protocol.OrbitJob,
    "generate": protocol.GenerateJob,
}
JOB_COMMANDS = tuple(_JOBS)
_LATER_COMMANDS = ("batch.batch_command", "laboratory.commands")
_NAMED_ORBITS = tuple(name for name in protocol.ORBITS if name != "file")
_STANDARD = {field.name: field.default for field in fields(protocol.OrbitJob)}


def parser() -> argparse.ArgumentParser:
    """Parses into ``command`` and its arguments; ``what`` is the job that a command is about."""
    whole = argparse.ArgumentParser(prog="sv3d_engine", description="From a picture, or orbit frames, to a mesh.")
    whole.add_argument("--version", action="version", version=__version__)
    commands = whole.add_subparsers(required=True, metavar="COMMAND", dest="command")

    mesh = commands.add_parser("mesh", help="make a textured mesh from a folder of orbit frames", allow_abbrev=False)
    add_frame_options(mesh)
    orbit = commands.add_parser("orbit", help="make the frames of an orbit from one picture", allow_abbrev=False)
    generate = commands.add_parser("generate", help="make a textured mesh from one picture", allow_abbrev=False)
    for picture in (orbit, generate):
        picture.add_argument("picture", metavar="IMAGE", help="picture of one object")
        add_picture_options(picture)
    add_mesh_options(generate)
    _add_normals_option(generate, "a network (MoGe-2 with normals, .onnx)")
    for name, job in zip(JOB_COMMANDS, (mesh, orbit, generate), strict=True):
        add_common_options(job)
        job.add_argument("--out", required=True, metavar="DIR", help="job folder for everything that is made")
        job.add_argument("--resume", action="store_true", help="go on after the last finished stage in DIR")
        job.set_defaults(what=name)

    look = commands.add_parser("look", help="tell which frames a mesh would be made of, and their cameras")
    _add_orbit_options(look)
    look.add_argument("--preset", choices=protocol.PRESETS, default="standard", help="of the mesh")
    look.add_argument("--json", action="store_true", help="one line of JSON")
    look.add_argument("--details", action="store_true", help="with an error, print the technical details too")

    doctor = commands.add_parser("doctor", help="tell what this machine can do, and how to put right what it cannot")
    doctor.add_argument("--json", action="store_true", help="one line of JSON")
    doctor.add_argument(
        "--thorough", action="store_true", help="run every operation, small, on a device against the processor"
    )
    doctor.add_argument("--device", choices=protocol.DEVICES, default="auto", help="that --thorough is for")
    doctor.set_defaults(details=False)

    add_model_commands(commands)

    serve = commands.add_parser("serve", help="take jobs as JSON lines on stdin (for the Blender add-on)")
    serve.add_argument("--log", metavar="FILE", help="log file (default: in your user folder)")
    serve.set_defaults(details=False)

    commands.add_parser("work", help="the process that serve starts; not for use by hand").set_defaults(details=False)
    for module in _LATER_COMMANDS:
        _add_commands_of(module, commands)
    return whole


def _add_commands_of(module: str, commands: Any) -> None:
    """Commands of a room after this one, where it is installed: the add-on's engine has no laboratory."""
    name = f"{__name__.rpartition('.job.')[0]}.{module}"
    try:
        installed = find_spec(name)  # not of the folder alone, of which an update may leave an empty one
    except ModuleNotFoundError:
        return
    if installed:
        import_module(name).add_commands(commands)


def request(arguments: argparse.Namespace, out: Path) -> protocol.Job:
    """The job that parsed arguments ask for, to be done in the folder ``out``.

    Options are named as its fields are, but for --orbit FILE.
    """
    kind = _JOBS[arguments.what]
    values = {field.name: getattr(arguments, field.name) for field in fields(kind) if field.name in arguments}
    if issubclass(kind, protocol.OrbitJob):
        named = arguments.orbit in _NAMED_ORBITS
        values |= {"orbit": arguments.orbit if named else "file", "cameras": None if named else arguments.orbit}
    else:
        values["cameras"] = cameras_named(arguments)
    return kind(**values | {"job": out.name, "out": str(out)})


def cameras_named(arguments: argparse.Namespace) -> str | None:
    """The cameras file of --cameras, or else the frames' own, where one lies beside them."""
    beside = None if arguments.cameras else cameras_of_folder(Path(arguments.frames))
    return str(beside) if beside else arguments.cameras


def add_job_options(parser: argparse.ArgumentParser) -> None:
    """All that can be said of a job that ends in a mesh, but for its source and its folder."""
    add_picture_options(parser)
    _add_search_option(parser)  # this and the next for orbits
    _add_light_option(parser)
    add_mesh_options(parser)
    add_common_options(parser)


def add_common_options(parser: argparse.ArgumentParser) -> None:
    """Options of every job."""
    parser.add_argument("--device", choices=protocol.DEVICES, default="auto")
    parser.add_argument("--seed", type=int, default=0, metavar="N")
    parser.add_argument("--details", action="store_true", help="with an error, print the technical details too")


def add_mesh_options(parser: argparse.ArgumentParser) -> None:
    """Options of a job that ends in a mesh."""
    group = parser.add_argument_group("mesh")
    group.add_argument("--preset", choices=protocol.PRESETS, default="standard", help="what the rest goes by")
    group.add_argument("--faces", type=int, metavar="N", help="at most so many triangles")
    group.add_argument("--texture", type=int, choices=protocol.TEXTURE_SIZES, help="pixels along one side")
    group.add_argument("--material", choices=protocol.MATERIALS, help="with gloss and metal, or matt as in the paper")
    group.add_argument(
        "--sds",
        choices=protocol.SDS,
        default="auto",
        help="ask SV3D about what no frame shows (default: with the preset high, where official weights are given)",
    )


def add_frame_options(parser: argparse.ArgumentParser) -> None:
    """Options of a job that starts from frames."""
    _add_orbit_options(parser)
    _add_light_option(parser)
    add_mesh_options(parser)
    _add_normals_option(parser, "a folder of normal maps, one a frame, or a network (MoGe-2 with normals, .onnx)")
    _add_weights_option(parser.add_argument_group("SV3D"))


def _add_normals_option(parser: argparse.ArgumentParser, what: str) -> None:
    parser.add_argument("--normals", metavar="PATH", help=f"what tells the frames' normals: {what}")


def _add_weights_option(group: argparse._ActionsContainer) -> None:
    group.add_argument(
        "--weights",
        metavar="FILE",
        help="sv3d_p.safetensors or the like, or a diffusers-format folder (default: SV3D-mini, a demonstration model)",
    )


def _add_orbit_options(parser: argparse.ArgumentParser) -> None:
    """Which frames, and their cameras."""
    parser.add_argument("frames", metavar="FRAMES_DIR", help="folder of pictures all round the object")
    parser.add_argument(
        "--cameras",
        metavar="FILE",
        help="cameras.json, transforms.json or a COLMAP model (default: what lies beside, or else evenly spaced)",
    )
    parser.add_argument("--elevation", type=float, default=10.0, metavar="DEG", help="of all frames, without --cameras")
    _add_search_option(parser)


def _add_search_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--cameras-as-given",
        action="store_true",
        help="only tell of cameras that the frames would agree with better (single frames are moved and weighed still)",
    )


def _add_light_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--light",
        choices=protocol.LIGHTS,
        default="auto",
        help="turns: the object turned before lamps that stood still; fixed: the camera went round (default: as told)",
    )


def add_sampling_options(group: argparse._ActionsContainer) -> None:
    """How SV3D samples an orbit."""
    group.add_argument("--sampler", choices=protocol.SAMPLERS, default=_STANDARD["sampler"])
    group.add_argument("--steps", type=int, metavar="N", help="default: what suits the sampler, or the weights")
    group.add_argument("--guidance", choices=protocol.GUIDANCES, default=_STANDARD["guidance"])
    group.add_argument("--guidance-scale", type=float, metavar="S", help="default: what suits the weights")
    group.add_argument(
        "--camera-guidance",
        type=float,
        metavar="S",
        help="how far frames are led from their mean (default: what suits the weights)",
    )
    group.add_argument("--memory", choices=protocol.MEMORY_MODES, default="auto", help="from the most to the least")
    group.add_argument("--precision", choices=protocol.PRECISIONS, default="auto")


def add_picture_options(parser: argparse.ArgumentParser) -> None:
    """Options of a job that starts from a picture."""
    model = parser.add_argument_group("SV3D")
    _add_weights_option(model)
    model.add_argument("--variant", choices=protocol.VARIANTS, default="auto", help="what the weights have to be")
    add_sampling_options(model)

    camera = parser.add_argument_group("camera")
    camera.add_argument(
        "--orbit",
        default="auto",
        metavar="|".join((*_NAMED_ORBITS, "FILE")),
        help="FILE is a cameras.json of 21 frames; auto is static for SV3D_u, sine for the others",
    )
    camera.add_argument(
        "--elevation", type=float, default=_STANDARD["elevation"], metavar="DEG", help="of the picture's own view"
    )
    camera.add_argument(
        "--amplitude", type=float, default=_STANDARD["amplitude"], metavar="DEG", help="by which sine rises and falls"
    )

    background = parser.add_argument_group("background")
    background.add_argument(
        "--no-background-model",
        dest="background_model",
        action="store_false",
        help="cut the object out by a plain background alone",
    )
    background.add_argument("--download", action="store_true", help="fetch a background model if there is none")
