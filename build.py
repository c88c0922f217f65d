#!/usr/bin/env python3
"""The one way in: set up, demo, test, extension.  Needs nothing but Python 3.11 or newer.

python build.py demo        from a picture to mesh.glb, scene.blend and preview.png in build/demo
python build.py test        all tests
python build.py extension   the installable zip in dist/, and a repository to host it from
python build.py setup       only the environments that the others make when needed
python build.py clean       remove what was built; --all also the environments
"""

import sys

if sys.version_info < (3, 11):  # noqa: UP036 -- the reader may well have an older one
    sys.exit("SV3D needs Python 3.11 or newer; this is %d.%d." % sys.version_info[:2])  # noqa: UP031

import argparse
import io
import shutil

from building import blender, checks, demo, environment, extension
from building.console import ROOT, BuildError, heading, say
from sv3d_engine.shared import torch_build


def main() -> int:
    """Run one subcommand; returns the exit status."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # old Windows consoles lack some characters
    parser = argparse.ArgumentParser(
        prog="build.py", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True)
    torch = argparse.ArgumentParser(add_help=False)
    torch.add_argument(
        "--torch",
        choices=torch_build.CHOICES,
        default="auto",
        help="the build of PyTorch; auto: the one that is there, else CUDA's for an NVIDIA driver",
    )
    run_demo = commands.add_parser("demo", help="run the whole job on the demo orbit", parents=[torch])
    run_demo.add_argument("--preset", choices=("draft", "standard", "high"), default=demo.PRESET)
    test = commands.add_parser("test", help="run all tests", parents=[torch])
    test.add_argument("only", nargs="?", choices=("all", *checks.KINDS), default="all", help="only this kind")
    commands.add_parser("extension", help="build and check the installable zip")
    commands.add_parser("setup", help="make the environments", parents=[torch])
    clean = commands.add_parser("clean", help="remove what was built")
    clean.add_argument("--all", action="store_true", help="the environments, too")
    arguments = parser.parse_args()
    match arguments.command:
        case "demo":
            demo.run_demo(arguments.preset, arguments.torch)
        case "test":
            return checks.run_all(arguments.only, arguments.torch)
        case "extension":
            extension.build()
        case "setup":
            _set_up(arguments.torch)
        case "clean":
            _clean(arguments.all)
    return 0


def _set_up(torch: str) -> None:
    heading("Set-up")
    say(f"Engine: {environment.engine_python(torch)}")
    for release in blender.RELEASES:
        python = blender.bpy_python(release)
        say(f"Blender {release.series}: {python or f'left out, for there is no Python {release.python} here'}")


def _clean(environments: bool) -> None:
    for folder in [ROOT / "build", ROOT / "dist", *(ROOT.glob(".venv*") if environments else ())]:
        if folder.exists():
            say(f"Removing {folder.relative_to(ROOT)}")
            shutil.rmtree(folder)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except BuildError as problem:
        sys.exit(f"\n{problem}")
    except KeyboardInterrupt:
        sys.exit("\nStopped")
