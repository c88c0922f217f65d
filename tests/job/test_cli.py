import functools
import io
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from sv3d_engine import __version__
from sv3d_engine.job import command_line, run
from sv3d_engine.job.arguments import parser, request
from sv3d_engine.job.job import Stage
from sv3d_engine.job.terminal import TerminalProgress, duration, progress_line
from sv3d_engine.shared import model_facts, protocol
from tests.sv3d.network.small import write_zeros

ROOT = Path(__file__).parents[2]


def frames_stage(job, out, progress):
    (out / "frames").mkdir()
    (out / "frames" / "000.png").write_text("frame")
    return {}


def mesh_stage(job, out, progress):
    progress(0.5, "carving")
    (out / "mesh.glb").write_text("mesh")
    return {}


def interrupted(job, out, progress):
    raise KeyboardInterrupt


def broken(job, out, progress):
    raise ZeroDivisionError("one by zero")


@pytest.fixture
def with_stages(monkeypatch):
    """Let the command line run these functions as its stages."""
    real = run.run_job

    def use(*functions):
        stages = [Stage(f.__name__, f.__name__.title(), lambda job: 1.0, f) for f in functions]
        monkeypatch.setattr(run, "run_job", functools.partial(real, stages=stages))

    return use


@pytest.fixture
def paths(tmp_path):
    frames = tmp_path / "in"
    frames.mkdir()
    (frames / "000.png").write_text("frame")
    return str(frames), str(tmp_path / "out")


def test_mesh_says_where_the_mesh_is(with_stages, paths, capsys):
    with_stages(frames_stage, mesh_stage)
    frames, out = paths
    assert command_line.main(["mesh", frames, "--out", out, "--preset", "draft", "--seed", "3"]) == 0
    said = capsys.readouterr()
    assert str(Path(out, "mesh.glb")) in said.out
    assert "Mesh_Stage 50% (carving)" in said.err
    assert "\r" not in said.err, "no terminal, plain lines"
    report = json.loads(Path(out, "report.json").read_text())
    assert (report["seed"], report["settings"]["preset"]) == (3, "draft")


def test_the_command_says_how_clean_the_mesh_is(with_stages, paths, capsys):
    with_stages(frames_stage, lambda *_: {"card": {"verdict": "Closed and clean"}, "notes": []})
    assert command_line.main(["mesh", paths[0], "--out", paths[1]]) == 0
    assert "Closed and clean" in capsys.readouterr().out


def test_an_error_is_cause_and_remedy_with_status_2(paths, capsys):
    assert command_line.main(["mesh", "/nowhere/at/all", "--out", paths[1]]) == 2
    said = capsys.readouterr().err
    assert said.startswith("Error: There is no folder")
    assert "choose the folder" in said
    assert "Traceback" not in said


def test_a_surprise_has_no_traceback_unless_asked_for(with_stages, paths, capsys):
    with_stages(broken)
    assert command_line.main(["mesh", paths[0], "--out", paths[1]]) == 2
    assert "Traceback" not in capsys.readouterr().err
    assert command_line.main(["mesh", paths[0], "--out", paths[1], "--details"]) == 2
    assert "ZeroDivisionError: one by zero" in capsys.readouterr().err


def test_ctrl_c_says_how_to_go_on_and_resume_does(with_stages, paths, capsys):
    frames, out = paths
    with_stages(frames_stage, interrupted)
    assert command_line.main(["mesh", frames, "--out", out]) == 130
    assert "--resume" in capsys.readouterr().err
    assert sorted(p.name for p in Path(out).iterdir()) == ["frames", "job.json", "work"]
    with_stages(frames_stage, mesh_stage)
    assert command_line.main(["mesh", frames, "--out", out, "--resume"]) == 0
    assert "Kept from the earlier run" not in capsys.readouterr().out


def test_bench_prints_time_and_memory_of_each_stage_and_keeps_nothing(
    with_stages, paths, capsys, tmp_path, monkeypatch
):
    with_stages(frames_stage, mesh_stage)
    monkeypatch.setattr("sv3d_engine.laboratory.bench.kernel_bench.measure", lambda device: iter([]))
    assert command_line.main(["bench", "mesh", paths[0]]) == 0
    lines = capsys.readouterr().out.partition("\n\n")[0].splitlines()  # its kernels follow
    assert [line.split()[0] for line in lines] == ["stage", "frames_stage", "mesh_stage", "all"]
    assert all(line.endswith("GB") for line in lines[1:])


@pytest.mark.parametrize("device", ["cuda", "mps"])
def test_a_device_that_is_absent(paths, capsys, monkeypatch, device):
    import sv3d_engine.ground.device as devices

    monkeypatch.setattr(devices, "available_devices", lambda: ("cpu",))
    assert command_line.main(["mesh", paths[0], "--out", paths[1], "--device", device]) == 2
    assert "Choose the device" in capsys.readouterr().err
    assert not Path(paths[1]).exists()


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["dance"],
        ["mesh"],
        ["mesh", "x", "--out", "y", "--preset", "best"],
        ["look", "x", "--light", "turns"],  # nothing there depends on it
        ["generate", "x.png", "--out", "y", "--light", "turns"],
    ],
)
def test_a_wrong_command_line(arguments, capsys):
    with pytest.raises(SystemExit) as caught:
        command_line.main(arguments)
    assert caught.value.code == 2
    assert "usage" in capsys.readouterr().err


def test_a_terminal_that_lacks_a_character_gets_an_escape():
    hide = "import sys; sys.modules.update(torch=None, numpy=None); from sv3d_engine.job import command_line; "
    command = [sys.executable, "-c", hide + "sys.exit(command_line.main(['doctor']))"]
    environment = {**os.environ, "PYTHONIOENCODING": "ascii:strict"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    assert "\\u2192" in done.stdout  # the arrow before each remedy


def test_as_a_module():
    command = [sys.executable, "-m", "sv3d_engine", "--version"]
    assert subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip() == __version__


@pytest.mark.parametrize("flags", [[], ["-s", "-P"]])
def test_serve_with_the_real_stages(paths, tmp_path, flags):
    """Started as the add-on does it; the job is refused, so that it costs no time."""
    requests = [
        protocol.Doctor(),
        protocol.MeshJob("a", paths[0], str(tmp_path / "in" / "000.png" / "out"), preset="draft"),
    ]
    engine = subprocess.Popen(
        [sys.executable, *flags, "-m", "sv3d_engine", "serve", "--log", str(tmp_path / "engine.log")],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    for asked_for in requests:
        engine.stdin.write(protocol.encode(asked_for) + "\n")
    engine.stdin.flush()
    replies = [protocol.decode_reply(engine.stdout.readline()) for _ in range(3)]
    assert isinstance(replies[0], protocol.Hello)
    others = {type(reply): reply for reply in replies[1:]}
    assert "cannot be written" in others[protocol.Error].cause
    assert "cpu" in others[protocol.DoctorReport].devices
    engine.stdin.close()
    assert engine.wait(20) == 0


def test_serve_with_a_log_that_cannot_be_written(tmp_path, capsys):
    (tmp_path / "file").write_text("in the way")
    assert command_line.main(["serve", "--log", str(tmp_path / "file" / "log")]) == 2
    assert "--log" in capsys.readouterr().err


# ---- from a picture ---------------------------------------------------------------------------------------------


def asked(*arguments):
    """The job that a command line asks for."""
    return request(parser().parse_args(arguments), Path("/out"))


def test_an_orbit_without_options_is_what_the_protocol_has_as_default():
    assert asked("orbit", "cup.png", "--out", "/out") == protocol.OrbitJob("out", "cup.png", "/out")
    assert asked("generate", "cup.png", "--out", "/out") == protocol.GenerateJob("out", "cup.png", "/out")


def test_every_option_of_an_orbit():
    options = "--weights w --variant p --orbit sine --elevation -3 --amplitude 20 --sampler dpm++2m --steps 15"
    options += (
        " --guidance linear --guidance-scale 4 --camera-guidance 1.5 --no-background-model --download --memory blocks"
    )
    options += " --precision float16 --device cpu --seed 7 --resume"
    job = asked("generate", "cup.png", "--out", "/out", "--preset", "high", *options.split())
    assert job == protocol.GenerateJob(
        *("out", "cup.png", "/out", "w", "p", "sine", None, -3.0, 20.0, "dpm++2m", 15, "linear", 4.0, 1.5),
        *(False, True, "blocks", "float16", "cpu", 7, True, "high"),
    )


@pytest.mark.parametrize(("command", "source"), [("mesh", "frames"), ("generate", "cup.png")])
def test_every_option_of_a_mesh(command, source):
    options = "--preset draft --faces 5000 --texture 4096 --material lambert"
    job = asked(command, source, "--out", "/out", *options.split())
    assert (job.preset, job.faces, job.texture, job.material) == ("draft", 5000, 4096, "lambert")
    job = asked(command, source, "--out", "/out")
    assert (job.preset, job.faces, job.texture, job.material) == ("standard", None, None, None)


def test_the_options_of_frames():
    job = asked("mesh", "frames", "--out", "/out", "--light", "turns", "--cameras-as-given", "--elevation", "3")
    assert isinstance(job, protocol.MeshJob)
    assert (job.light, job.cameras_as_given, job.elevation) == ("turns", True, 3.0)


@pytest.mark.parametrize(("command", "source"), [("mesh", "frames"), ("generate", "cup.png")])
def test_what_tells_normals(command, source):
    assert asked(command, source, "--out", "/out", "--normals", "moge.onnx").normals == "moge.onnx"
    assert asked(command, source, "--out", "/out").normals is None


def test_cameras_that_lie_beside_the_frames_are_theirs(tmp_path):
    folder = tmp_path / "frames"
    folder.mkdir()
    files = [f"{i:03d}.png" for i in range(9)]
    for name in files:
        (folder / name).touch()
    assert asked("mesh", str(folder), "--out", "/out").cameras is None
    beside, among, named = tmp_path / "cameras.json", folder / "cameras.json", tmp_path / "mine.json"
    beside.write_text(json.dumps({"frames": [{"file": name} for name in files]}))
    assert asked("mesh", str(folder), "--out", "/out").cameras == str(beside)
    among.touch()
    assert asked("mesh", str(folder), "--out", "/out").cameras == str(among)
    assert asked("mesh", str(folder), "--out", "/out", "--cameras", str(named)).cameras == str(named)


def test_an_orbit_that_is_not_a_name_is_a_file():
    job = asked("orbit", "cup.png", "--out", "/out", "--orbit", "my/cameras.json")
    assert (job.orbit, job.cameras) == ("file", "my/cameras.json")


def picture_stage(job, out, progress):
    (out / "picture.png").write_text("picture")
    return {"notes": ["The object is small."]}


@pytest.mark.parametrize(("command", "made"), [("orbit", "frames"), ("generate", "mesh.glb")])
def test_a_job_from_a_picture_says_where_it_is_and_what_to_know(with_stages, tmp_path, capsys, command, made):
    with_stages(picture_stage)
    picture, out = tmp_path / "cup.png", tmp_path / "out"
    picture.write_text("picture")
    weights = write_zeros(tmp_path / "sv3d_p.safetensors")
    assert command_line.main([command, str(picture), "--out", str(out), "--weights", str(weights)]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0].endswith(str(out / made))
    assert said[1] == "Note: The object is small."


def test_weights_that_are_none(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(model_facts, "_FILE", tmp_path / "none.safetensors")
    picture = tmp_path / "cup.png"
    picture.write_text("picture")
    assert command_line.main(["orbit", str(picture), "--out", str(tmp_path / "out")]) == 2
    said = capsys.readouterr().err
    assert "No SV3D weights are chosen" in said
    assert "--weights FILE" in said


def test_the_demonstration_model_is_told(with_stages, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(model_facts, "_FILE", write_zeros(tmp_path / "mini.safetensors"))
    with_stages(lambda job, out, progress: {"notes": list(job.notes)})
    picture = tmp_path / "cup.png"
    picture.write_text("picture")
    assert command_line.main(["generate", str(picture), "--out", str(tmp_path / "out")]) == 0
    assert f"Note: {model_facts.NOTE}" in capsys.readouterr().out.splitlines()


# ---- progress ---------------------------------------------------------------------------------------------------


class FakeTerminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def stage_message(fraction, stage="field", left=None):
    return protocol.Stage("a", stage, "Finding the rough shape", fraction, fraction / 2, left)


def test_a_terminal_sees_one_line_a_stage():
    terminal = FakeTerminal()
    progress = TerminalProgress(terminal)
    for message in (stage_message(0.0), stage_message(0.5), stage_message(1.0), stage_message(0.0, "mesh")):
        progress.show(message)
    progress.close()
    assert terminal.getvalue().count("\n") == 2
    assert terminal.getvalue().count("\r") == 4


def test_a_file_gets_few_lines():
    stream = io.StringIO()
    progress = TerminalProgress(stream)
    for i in range(1001):
        progress.show(stage_message(i / 1000))
    assert 8 < len(stream.getvalue().splitlines()) < 14


def test_a_progress_line_tells_share_time_left_and_stage():
    line = progress_line(stage_message(0.5, left=130.0))
    assert " 25%, 2 min left  Finding the rough shape 50%" in line
    assert "left" not in progress_line(stage_message(0.5))


@pytest.mark.parametrize(("seconds", "text"), [(0.4, "0 s"), (59.4, "59 s"), (60, "1 min"), (4200, "1 h 10 min")])
def test_duration(seconds, text):
    assert duration(seconds) == text


@pytest.mark.parametrize("left_over", ["", "laboratory", "laboratory/__pycache__"])
def test_without_the_laboratory_there_are_the_other_commands(tmp_path, left_over):
    """An update of the add-on may leave its folder behind, empty."""
    engine = ROOT / "sv3d_engine"
    copy = tmp_path / "sv3d_engine"
    for wing in ("", "shared", "shared/protocol", "ground", "models", "job"):
        for file in (engine / wing).glob("*.py"):
            (copy / wing).mkdir(parents=True, exist_ok=True)
            shutil.copy(file, copy / wing)
    (copy / left_over).mkdir(parents=True, exist_ok=True)
    code = "from sv3d_engine.job.arguments import parser; print(parser().format_help())"
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "generate" in done.stdout, done.stderr
    assert "evaluate" not in done.stdout


def test_a_doubt_is_told_at_once_and_once(with_stages, paths, capsys):
    def doubtful(job, out, progress):
        progress.part(0.0, 0.5).doubt("It is cut off.")
        (out / "first.txt").write_text("x")
        return {"notes": ["It is cut off.", "It is red."]}

    with_stages(doubtful)
    assert command_line.main(["mesh", paths[0], "--out", paths[1]]) == 0
    said = capsys.readouterr()
    assert "Note: It is cut off.\n" in said.err and "It is cut off." not in said.out
    assert "Note: It is red." in said.out
