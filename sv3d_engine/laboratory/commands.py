"""The laboratory's commands: bench, evaluate, train, collect.  Imports nothing heavy until one of them runs."""

import argparse
import json
import sys
import tempfile
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ..job.arguments import add_common_options, add_frame_options, request
from ..job.command_line import INTERRUPTED, run_here
from ..shared import protocol
from ..shared.errors import explain
from .evaluate_commands import add_evaluate_commands


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

    add_evaluate_commands(commands)

    train = commands.add_parser("train", help="train an SV3D, of any size", allow_abbrev=False)
    _add_train(train)
    train.set_defaults(details=True, run=_train)

    collect = commands.add_parser("collect", help="real objects to train on, out of free collections")
    _add_collect(collect)
    collect.set_defaults(details=False, run=_collect)


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


def _add_train(parser: argparse.ArgumentParser) -> None:
    """Options of ``train``."""
    parser.add_argument("--config", required=True, help="a TOML or JSON file, or the name of a known one: mini, full …")
    parser.add_argument("--out", required=True, metavar="DIR", help="folder for everything that is made")
    parser.add_argument("--orbits", metavar="DIR", help="folder of the rendered orbits (default: orbits in --out)")
    parser.add_argument("--resume", action="store_true", help="go on exactly where the run in DIR stopped")
    parser.add_argument("--device", choices=protocol.DEVICES, default="auto")


def _add_collect(parser: argparse.ArgumentParser) -> None:
    """Options of ``collect``."""
    parser.add_argument("--list", metavar="FILE", help="the table of furniture that may be trained on")
    parser.add_argument("--furniture", metavar="DIR", help="with the .sh3f libraries of Debian's sweethome3d-furniture")
    parser.add_argument("--controllers", metavar="DIR", help="dist/profiles of npm's @webxr-input-profiles/assets")
    parser.add_argument("--out", required=True, metavar="DIR", help="a new folder: train, held-out and SOURCES.md")


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


def _train(arguments: argparse.Namespace) -> int:
    from .training.command import command

    return command(arguments)


def _collect(arguments: argparse.Namespace) -> int:
    from .dataset.object_collections import collect

    given = (arguments.list, arguments.furniture, arguments.controllers)
    listing, furniture, controllers = (Path(path) if path else None for path in given)
    sources = collect(listing, furniture, controllers, Path(arguments.out))
    held_out = sum(s.held_out for s in sources)
    print(f"{len(sources) - held_out} objects to train on and {held_out} held out, credited in SOURCES.md")
    return 0
