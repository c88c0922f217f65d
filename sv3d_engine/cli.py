"""The command line: mesh, bench, doctor, and the worker's two ends (serve, work)."""

import argparse
import io
import json
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from . import __version__, protocol
from .errors import UserError
from .interpreter import interpreter_flags

_USER_ERROR = 2
_INTERRUPTED = 130  # what shells call a program ended by Ctrl-C


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status: 0, 2 after an error that was explained, 130 after Ctrl-C."""
    arguments = _parser().parse_args(argv)
    if arguments.command not in (_serve, _work):  # theirs carries the protocol
        _print_anything()
    try:
        status: int = arguments.command(arguments)
        return status
    except UserError as error:
        _print_error(error, arguments.details)
        return _USER_ERROR


def _mesh(arguments: argparse.Namespace) -> int:
    out = Path(arguments.out).absolute()
    request = _request(arguments, out, arguments.resume)
    result = _run(request, arguments.details)
    if isinstance(result, int):
        return result
    print(f"Done in {result.seconds:.0f} s: {result.mesh}")
    return 0


def _bench(arguments: argparse.Namespace) -> int:
    with ExitStack() as stack:
        folder = arguments.out or stack.enter_context(tempfile.TemporaryDirectory(prefix="sv3d-bench-"))
        result = _run(_request(arguments, Path(folder).absolute(), resume=False), arguments.details)
        if isinstance(result, int):
            return result
        report = json.loads(Path(result.report).read_text(encoding="utf-8"))
    print(f"{'stage':<12}{'seconds':>10}{'peak memory':>16}")
    for name, stage in report["stages"].items():
        print(f"{name:<12}{stage['seconds']:>10.1f}{stage['peak_memory'] / 1e9:>13.2f} GB")
    print(f"{'all':<12}{report['seconds']:>10.1f}{report['peak_memory'] / 1e9:>13.2f} GB")
    return 0


def _doctor(arguments: argparse.Namespace) -> int:
    from .doctor import as_text, examine

    report = examine(Path.cwd())
    print(protocol.encode(report) if arguments.json else as_text(report))
    return 0


def _serve(arguments: argparse.Namespace) -> int:
    from .worker import supervisor
    from .worker.log import default_log, trim

    log = Path(arguments.log).absolute() if arguments.log else default_log()
    try:
        log.parent.mkdir(parents=True, exist_ok=True)
        trim(log)
        log.open("ab").close()
    except OSError as error:
        raise UserError(
            f"The log file {log} cannot be written.", "Give another one with --log FILE.", str(error)
        ) from error
    python = [sys.executable, *interpreter_flags(), "-m", "sv3d_engine"]
    return supervisor.main([*python, "work"], [*python, "doctor", "--json"], log)


def _work(_: argparse.Namespace) -> int:
    from .worker import runner

    return runner.main()


def _run(request: protocol.MeshJob, details: bool) -> protocol.Result | int:
    """Do the job in this process, showing it on stderr; an exit status if it did not come to its end."""
    from .pipeline.failure import explain
    from .pipeline.run import run_job
    from .terminal import TerminalProgress

    terminal = TerminalProgress(sys.stderr)
    try:
        return run_job(request, terminal.show)
    except KeyboardInterrupt:
        terminal.close()
        print(
            "Stopped. The stages that were finished are kept; the same command with --resume goes on.", file=sys.stderr
        )
        return _INTERRUPTED
    except Exception as error:  # the boundary of the program: every failure becomes a message
        terminal.close()
        _print_error(explain(error), details)
        return _USER_ERROR
    finally:
        terminal.close()


def _request(arguments: argparse.Namespace, out: Path, resume: bool) -> protocol.MeshJob:
    return protocol.MeshJob(
        job=out.name,
        frames=arguments.frames,
        out=str(out),
        cameras=arguments.cameras,
        elevation=arguments.elevation,
        preset=arguments.preset,
        device=arguments.device,
        seed=arguments.seed,
        resume=resume,
    )


def _print_error(error: UserError, details: bool) -> None:
    print(f"Error: {error.cause}\n{error.remedy}", file=sys.stderr)
    if error.details and details:
        print(f"\n{error.details}", file=sys.stderr)
    elif error.details:
        print("(--details tells more, for a report.)", file=sys.stderr)


def _print_anything() -> None:
    """Let a terminal that lacks a character, or a pipe on Windows, get an escape instead of ending the job."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="sv3d_engine", description="From orbit frames to a textured mesh.")
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    mesh = commands.add_parser("mesh", help="make a textured mesh from a folder of orbit frames", allow_abbrev=False)
    _add_job_arguments(mesh)
    mesh.add_argument("--out", required=True, metavar="DIR", help="job folder for everything that is made")
    mesh.add_argument("--resume", action="store_true", help="go on after the last finished stage in DIR")
    mesh.set_defaults(command=_mesh)

    bench = commands.add_parser("bench", help="measure speed and memory")
    what = bench.add_subparsers(required=True, metavar="WHAT")
    bench_mesh = what.add_parser("mesh", help="a whole mesh job, stage by stage", allow_abbrev=False)
    _add_job_arguments(bench_mesh)
    bench_mesh.add_argument("--out", metavar="DIR", help="keep the job folder here (default: not kept)")
    bench_mesh.set_defaults(command=_bench)

    doctor = commands.add_parser("doctor", help="tell what this machine can do, and how to put right what it cannot")
    doctor.add_argument("--json", action="store_true", help="one line of JSON")
    doctor.set_defaults(command=_doctor, details=False)

    serve = commands.add_parser("serve", help="take jobs as JSON lines on stdin (for the Blender add-on)")
    serve.add_argument("--log", metavar="FILE", help="log file (default: in your user folder)")
    serve.set_defaults(command=_serve, details=False)

    work = commands.add_parser("work", help="the process that serve starts; not for use by hand")
    work.set_defaults(command=_work, details=False)
    return parser


def _add_job_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("frames", metavar="FRAMES_DIR", help="folder of square pictures all round the object")
    parser.add_argument("--cameras", metavar="FILE", help="cameras.json (default: evenly spaced, from one elevation)")
    parser.add_argument("--elevation", type=float, default=10.0, metavar="DEG", help="of all frames, without --cameras")
    parser.add_argument("--preset", choices=protocol.PRESETS, default="standard")
    parser.add_argument("--device", choices=protocol.DEVICES, default="auto")
    parser.add_argument("--seed", type=int, default=0, metavar="N")
    parser.add_argument("--details", action="store_true", help="with an error, print the technical details too")
