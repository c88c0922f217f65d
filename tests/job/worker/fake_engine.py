"""The worker with stages whose behaviour the source's name chooses: ``fake_engine.py serve LOG`` or ``work``.

``serve LOG sick`` has a doctor that cannot answer, ``serve LOG terse`` a log of few lines.
"""

import ctypes
import os
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from sv3d_engine.ground.progress import Progress
from sv3d_engine.job.job import Facts, FramesToMesh, PictureToOrbit, Stage
from sv3d_engine.job.worker import channel, runner, supervisor
from sv3d_engine.shared import protocol
from sv3d_engine.shared.errors import UserError

_REPORT = protocol.DoctorReport(True, "0.1.0", ("cpu",), ())
_DOCTOR = f"print({protocol.encode(_REPORT)!r})"


_FAILURES = {
    "fails": UserError("The cup is broken.", "Glue it.", "two pieces"),
    "loses_card": RuntimeError("CUDA error: unspecified launch failure"),
    "surprises": ZeroDivisionError("one by zero"),
}


def _first(job: FramesToMesh, out: Path, progress: Progress) -> Facts:
    (out / "frames").mkdir()
    (out / "frames" / "000.png").write_text("frame")
    return {"pid": os.getpid(), "doubts": ["A shadow."] if job.source.name == "doubtful" else []}


def _second(job: FramesToMesh, out: Path, progress: Progress) -> Facts:
    what = job.source.name
    (out / "mesh.glb").write_text("half")
    match what:
        case "prints":
            print("from Python")
            os.write(1, b"from a C library\n")
            subprocess.run([sys.executable, "-c", "print('from a child')"], check=True)
            if os.name != "nt":
                ctypes.CDLL(None).puts(b"from libc")
        case "chatters":
            _print_lines(1000)
        case "obeys":
            _obey(progress)
        case "stuck":
            progress(0.1, "stuck")
            while True:
                time.sleep(1)
        case "stuck_in_c":  # PyDLL keeps Python's lock, so that no thread of this process can run
            progress(0.1, "stuck")
            ctypes.PyDLL(None).sleep(60)
        case "has_child":
            child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
            progress(0.1, f"child {child.pid}")
            time.sleep(60)
        case "crashes":
            os.abort()
        case _ if what in _FAILURES:
            raise _FAILURES[what]
    (out / "mesh.glb").write_text("whole")
    told = ("OMP_NUM_THREADS", "NUMBA_NUM_THREADS", "CUDA_VISIBLE_DEVICES") if what == "environment" else ()
    return {"pid": os.getpid(), **{name: os.environ.get(name) for name in told}}


def _obey(progress: Progress) -> None:
    for i in range(10_000):
        progress(i / 10_000, "working")
        if progress.finishing:
            return
        time.sleep(0.01)


def _print_lines(count: int) -> None:
    for i in range(count):
        print(f"line {i:04d} " + 90 * "-", flush=True)
        time.sleep(0.001)


def _orbit(job: PictureToOrbit, out: Path, progress: Progress) -> Facts:
    frames = out / "frames"
    frames.mkdir()
    for i in range(3):
        (frames / f"{i:03d}.png").write_text(f"frame {i}")
    progress.preview("orbit", frames)
    progress(0.1, "half of the frames")
    if job.picture.stem == "stuck":
        time.sleep(60)
    return {"notes": [*job.notes, "The cup is hollow."]}


def _one_second(job: object) -> float:
    return 1.0


MESH_STAGES = [Stage("frames", "First", _one_second, _first), Stage("mesh", "Second", _one_second, _second)]
ORBIT_STAGES = [Stage("orbit", "Only", _one_second, _orbit)]


def _stages_for(request: protocol.Job) -> list[Stage]:
    if request.job == "dies_early":
        os._exit(7)
    return MESH_STAGES if isinstance(request, protocol.MeshJob) else ORBIT_STAGES


def _look(source: str) -> int:
    if source == "stuck":
        time.sleep(60)
    if source == "crashes":
        os.abort()
    error = protocol.Error("", "There are no pictures.", "Choose another folder.")
    told = " ".join(sys.argv[2:-2])
    print(protocol.encode(error if source == "empty" else protocol.Looked("", told, 33.8, 2.0, (1.0,), (0.0,))))
    return 0


if __name__ == "__main__":
    if sys.argv[1] == "work":
        sys.exit(runner.main(_stages_for, warm_up=False))
    if "terse" in sys.argv:
        channel.LONGEST, channel.INTERVAL = 10_000, 0.01
    if sys.argv[1] == "look":
        sys.exit(_look(Path(sys.argv[-1]).name))
    doctor = [sys.executable, "-c", "print('no answer')" if "sick" in sys.argv else _DOCTOR]
    sys.exit(
        supervisor.main(
            [sys.executable, __file__, "work"], doctor, [sys.executable, __file__, "look"], Path(sys.argv[2])
        )
    )
