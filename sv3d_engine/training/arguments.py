"""What can be written after ``train``.  Imports nothing heavy."""

import argparse

from ..protocol import DEVICES


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``train``."""
    parser.add_argument("--config", required=True, help="a TOML or JSON file, or the name of a known one: mini, full …")
    parser.add_argument("--out", required=True, metavar="DIR", help="folder for everything that is made")
    parser.add_argument("--orbits", metavar="DIR", help="folder of the rendered orbits (default: orbits in --out)")
    parser.add_argument("--resume", action="store_true", help="go on exactly where the run in DIR stopped")
    parser.add_argument("--device", choices=DEVICES, default="auto")
