import ast
import json
import math
import sys
from dataclasses import asdict, is_dataclass
from pathlib import Path

import pytest

from sv3d_engine.shared import protocol

MESSAGES = [
    protocol.MeshJob("a", "/frames", "/out", "/cameras.json", 12.5, "high", "cuda", 7, True),
    protocol.MeshJob("a", "/frames", "/out", faces=5000, texture=4096, material="lambert"),
    protocol.MeshJob("b", "C:\\Bilder\\Größe “1”", "/tmp/\udc80"),
    protocol.OrbitJob("a", "/cup.png", "/out"),
    protocol.OrbitJob(
        *("a", "/cup.png", "/out", "/sv3d_p.safetensors", "p", "file", "/cameras.json", -3.5, 20.0, "dpm++2m", 15),
        *("linear", 4.0, 1.5, False, True, "blocks", "float16", "cuda", 7, True),
    ),
    protocol.GenerateJob("a", "/cup.png", "/out", steps=None, preset="high"),
    protocol.GenerateJob("a", "/cup.png", "/out", faces=5000, texture=512, material="pbr"),
    protocol.Cancel("a"),
    protocol.Look(protocol.MeshJob("a", "/frames", "/out", "/cameras.json", 12.5, cameras_as_given=True)),
    protocol.Looked(
        "a", "21 frames.", 33.8, 2.0, (10.0, 12.5), (0.0, 180.0), ("It turns.",), ("A shadow.",), (2.0, 2.5)
    ),
    protocol.Doctor(),
    protocol.Shutdown(),
    protocol.Hello(protocol.VERSION, "0.1.0", 123, "/log"),
    protocol.Stage("a", "field", "Finding the rough shape", 0.5, 0.25, None, "a\nb"),
    protocol.Stage("a", "field", "Finding the rough shape", 0.5, 0.25, 12.0),
    protocol.Preview("a", "mesh", "/out/preview.glb"),
    protocol.Preview("a", "orbit", "/out/previews/orbit-frames"),
    protocol.Result("a", *["/out"] * 8, 1.5),
    protocol.Result("a", *["/out"] * 8, 1.5, "/out/orbit", ("The cup is hollow.", "“So” it is.")),
    protocol.Result("a", *["/out"] * 8, 1.5, card="20,000 faces in 40 charts, closed and clean"),
    protocol.OrbitResult("a", *["/out"] * 6, 1.5, ("The cup is hollow.",)),
    protocol.OrbitResult("a", *["/out"] * 6, 1.5),
    protocol.Error(None, "cause", "remedy", "details"),
    protocol.Error("a", "A shadow.", "Go on.", is_doubt=True),
    protocol.MeshJob("a", "/frames", "/out", doubts="stop"),
    protocol.MeshJob("a", "/frames", "/out", normals="/normals"),
    protocol.GenerateJob("a", "/cup.png", "/out", normals="/moge.onnx"),
    protocol.Cancelled("a"),
    protocol.DoctorReport(True, "0.1.0", ("cuda", "cpu"), (protocol.Check("Disk", "full", False, "free some"),)),
]
MESH = '{"type": "mesh", "job": "a", "frames": "/f", "out": "/o"'
ORBIT = '{"type": "orbit", "job": "a", "picture": "/p.png", "out": "/o"'
GENERATE = ORBIT.replace("orbit", "generate")


@pytest.mark.parametrize("message", MESSAGES, ids=lambda m: type(m).__name__)
def test_a_message_survives_the_line(message):
    line = protocol.encode(message)
    assert line.isascii()
    assert "\n" not in line
    decode = protocol.decode_request if isinstance(message, protocol.Request) else protocol.decode_reply
    assert decode(line) == message


def test_left_out_fields_have_their_defaults():
    assert protocol.decode_request(MESH + "}") == protocol.MeshJob("a", "/f", "/o")
    assert protocol.decode_request(ORBIT + "}") == protocol.OrbitJob("a", "/p.png", "/o")
    assert protocol.decode_request(GENERATE + "}") == protocol.GenerateJob("a", "/p.png", "/o")


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("", "not JSON"),
        ("hello", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ("[]", "JSON object"),
        ("{}", "Unknown message type None"),
        ('{"type": ["mesh"]}', "Unknown message type"),
        (
            '{"type": "dance"}',
            "Unknown message type 'dance'; known here: mesh, orbit, generate, cancel, finish, look, doctor, shutdown",
        ),
        ('{"type": "hello", "protocol": 1}', "Unknown message type 'hello'"),
        ('{"type": "mesh", "job": "a"}', "mesh lacks frames, out"),
        ('{"type": "cancel", "job": 1}', "cancel.job must be str, not 1"),
        ('{"type": "cancel", "job": "a", "force": true}', "cancel has no field force"),
        (MESH + ', "preset": "best"}', "preset must be one of draft, standard, high, not 'best'"),
        (MESH + ', "material": "gold"}', "material must be one of pbr, lambert, not 'gold'"),
        (MESH + ', "faces": 1e4}', "mesh.faces must be int"),
        (MESH + ', "texture": "2k"}', "mesh.texture must be int"),
        (GENERATE + ', "material": "gold"}', "material must be one of pbr, lambert, not 'gold'"),
        (ORBIT + ', "faces": 5000}', "orbit has no field faces"),
        (MESH + ', "device": "tpu"}', "device must be one of"),
        (MESH + ', "seed": true}', "mesh.seed must be int"),
        (MESH + ', "seed": 1.5}', "mesh.seed must be int"),
        (MESH + ', "resume": 1}', "mesh.resume must be bool"),
        (MESH + ', "elevation": NaN}', "mesh.elevation must be a finite number"),
        (MESH + ', "elevation": -Infinity}', "mesh.elevation must be a finite number"),
        (MESH + ', "elevation": 1' + "0" * 400 + "}", "mesh.elevation must be a finite number"),
        (MESH + ', "elevation": "10"}', "mesh.elevation must be a finite number"),
        (MESH + ', "cameras": 3}', "mesh.cameras must be str"),
        ('{"type": "orbit", "job": "a"}', "orbit lacks out, picture"),
        (ORBIT + ', "preset": "draft"}', "orbit has no field preset"),
        (ORBIT + ', "variant": "SV3D_p"}', "variant must be one of auto, u, c, p, not 'SV3D_p'"),
        (ORBIT + ', "orbit": "spiral"}', "orbit must be one of"),
        (ORBIT + ', "sampler": "ddim"}', "sampler must be one of"),
        (ORBIT + ', "guidance": "none"}', "guidance must be one of"),
        (ORBIT + ', "memory": "little"}', "memory must be one of"),
        (ORBIT + ', "precision": "half"}', "precision must be one of"),
        (ORBIT + ', "device": "tpu"}', "device must be one of"),
        (ORBIT + ', "weights": 9}', "orbit.weights must be str"),
        (ORBIT + ', "steps": 50.0}', "orbit.steps must be int"),
        (ORBIT + ', "amplitude": NaN}', "orbit.amplitude must be a finite number"),
        (ORBIT + ', "guidance_scale": "2"}', "orbit.guidance_scale must be a finite number"),
        (ORBIT + ', "camera_guidance": "2"}', "orbit.camera_guidance must be a finite number"),
        (ORBIT + ', "background_model": "yes"}', "orbit.background_model must be bool"),
        (ORBIT + ', "download": 1}', "orbit.download must be bool"),
        (GENERATE + ', "preset": "best"}', "preset must be one of draft, standard, high, not 'best'"),
        (GENERATE + ', "sampler": "ddim"}', "sampler must be one of"),
    ],
)
def test_a_bad_request_says_what_is_wrong(line, complaint):
    with pytest.raises(protocol.ProtocolError) as caught:
        protocol.decode_request(line)
    assert complaint in str(caught.value)
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ('{"type": "mesh", "job": "a"}', "Unknown message type 'mesh'"),
        ('{"type": "preview", "job": "a", "kind": "song", "path": "/p"}', "kind must be one of frame, image, mesh"),
        ('{"type": "doctor_report", "ready": true, "engine": "1", "devices": "cpu", "checks": []}', "must be a list"),
        ('{"type": "orbit", "job": "a"}', "Unknown message type 'orbit'"),
        ('{"type": "orbit_result", "job": "a", "out": "/o"}', "orbit_result lacks cameras, contact_sheet, frames"),
        (
            protocol.encode(protocol.OrbitResult("a", *["/o"] * 6, 1.0)).replace("[]", '"hollow"'),
            "notes must be a list",
        ),
        (protocol.encode(protocol.OrbitResult("a", *["/o"] * 6, 1.0)).replace("[]", "[1]"), "notes[0] must be str"),
        (
            '{"type": "doctor_report", "ready": true, "engine": "1", "devices": [], "checks": [{"name": "x"}]}',
            "doctor_report.checks[0] lacks finding, ok",
        ),
    ],
)
def test_a_bad_reply_says_what_is_wrong(line, complaint):
    with pytest.raises(protocol.ProtocolError) as caught:
        protocol.decode_reply(line)
    assert complaint in str(caught.value)


def test_nan_is_never_sent():
    with pytest.raises(ValueError, match="not JSON compliant"):
        protocol.encode(protocol.Stage("a", "field", "", math.nan, 0.0, None))


def test_protocol_needs_the_standard_library_alone():
    """And nothing of what is shared beside it, so that either side can read it by itself."""
    for file in Path(protocol.__file__).parent.glob("*.py"):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        imported = [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]
        names = [alias.name for node in imported if isinstance(node, ast.Import) for alias in node.names]
        names += [node.module or "" for node in imported if isinstance(node, ast.ImportFrom) and not node.level]
        assert all(name.split(".")[0] in sys.stdlib_module_names for name in names), file.name
        assert all(node.level <= 1 for node in imported if isinstance(node, ast.ImportFrom)), file.name


def test_all_that_can_be_said_is_told_by_one_name():
    parts = [sys.modules[f"{protocol.__name__}.{name}"] for name in ("choices", "replies", "requests")]
    said = {n for part in parts for n, value in vars(part).items() if n.isupper() or is_dataclass(value)}
    assert len(said) > 30
    assert said <= set(protocol.__all__)


def test_the_add_on_reads_it_inside_the_extension():
    from sv3d.sv3d_engine.shared import protocol

    assert protocol.decode_request(MESH + "}").job == "a"


@pytest.mark.parametrize(
    "job",
    [
        protocol.MeshJob("a", "/in", "/out", faces=1000),
        protocol.OrbitJob("a", "/in.png", "/out", steps=3),
        protocol.GenerateJob("a", "/in.png", "/out", preset="draft"),
    ],
)
def test_a_job_is_known_again_by_what_its_folder_holds(job):
    assert protocol.decode_job(json.loads(json.dumps(asdict(job)))) == job


@pytest.mark.parametrize("fields", [None, [], {}, {"job": "a"}, {"job": 1, "picture": "p", "out": "o"}])
def test_what_is_no_job_is_told(fields):
    with pytest.raises(protocol.ProtocolError):
        protocol.decode_job(fields)
