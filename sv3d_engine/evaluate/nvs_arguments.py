"""Options of ``evaluate nvs``.  Imports nothing heavy: they are read before it is known which command is meant."""

import argparse
from dataclasses import fields

from .. import protocol


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options; how an orbit is sampled has the names and defaults of ``orbit``."""
    standard = {field.name: field.default for field in fields(protocol.OrbitJob)}
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
    parser.add_argument("--sampler", choices=protocol.SAMPLERS, default=standard["sampler"])
    parser.add_argument("--steps", type=int, metavar="N", help="default: what suits the sampler, or the model")
    parser.add_argument("--guidance", choices=protocol.GUIDANCES, default=standard["guidance"])
    parser.add_argument("--guidance-scale", type=float, metavar="S", help="default: what suits the model")
    parser.add_argument(
        "--camera-guidance",
        type=float,
        metavar="S",
        help="how far frames are led from their mean (default: what suits the model)",
    )
    parser.add_argument("--precision", choices=protocol.PRECISIONS, default="auto")
    parser.add_argument("--memory", choices=protocol.MEMORY_MODES, default="auto")
    parser.add_argument("--batch", type=int, metavar="N", help="orbits sampled at once (default: by the device)")
    parser.add_argument("--device", choices=protocol.DEVICES, default="auto")
    parser.add_argument("--seed", type=int, default=0, metavar="N")
    parser.add_argument("--details", action="store_true", help="with an error, print the technical details too")
