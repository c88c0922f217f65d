"""``models`` on the command line: what people read, and the lines that the add-on reads."""

import hashlib
import io
import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from sv3d_engine.job import command_line, models_command
from sv3d_engine.models import acquire, web_download
from sv3d_engine.models.metering import Fetched, Transfer, sha256_of
from sv3d_engine.shared import model_catalogue
from sv3d_engine.shared.errors import UserError
from sv3d_engine.shared.model_catalogue import CATALOGUE, model_called, partial_file

ROOT = Path(__file__).parents[2]
CONTENT = b"a model" * 1000
TOKEN = "hf_verySecretWord"


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("SV3D_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("U2NET_HOME", str(tmp_path / "u2net"))
    (tmp_path / "home" / "models").mkdir(parents=True)
    monkeypatch.setattr(signal, "signal", lambda *args: None)  # of this process
    return tmp_path / "home"


@pytest.fixture
def small(monkeypatch):
    """As if u2netp were CONTENT."""
    model = replace(model_called("u2netp"), bytes=len(CONTENT), sha256=hashlib.sha256(CONTENT).hexdigest())
    catalogue = tuple(model if m.name == "u2netp" else m for m in CATALOGUE)
    for module in (model_catalogue, models_command):
        monkeypatch.setattr(module, "CATALOGUE", catalogue)
    return model


@pytest.fixture
def source(monkeypatch):
    """What is fetched for any model; returns the tokens that it was asked with."""
    tokens = []

    def download(model, tell, token):
        tokens.append(token)
        for done in range(0, len(CONTENT) + 1, 1000):
            tell(Transfer(done, len(CONTENT), "Downloading", 3.21))
        path = partial_file(model)
        path.write_bytes(CONTENT)
        return Fetched(path, sha256_of(path, tell))

    monkeypatch.setattr(acquire, "_download", download)
    return tokens


def json_lines(capsys):
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def run(*words):
    return command_line.main(["models", *words])


def test_list_tells_all_of_each(small, capsys):
    small.path.write_bytes(CONTENT)
    assert run("list", "--json") == 0
    (rows,) = json_lines(capsys)
    assert [row["name"] for row in rows] == [m.name for m in CATALOGUE]
    row = rows[0]
    assert row["state"] == "ready" and row["path"] == str(small.path) and row["bytes"] == len(CONTENT)
    for row in rows:
        assert {"title", "memory", "licence", "licence_url", "source", "needs_token", "sha256"} <= row.keys()
    assert {row["name"] for row in rows if row["needs_token"]} == {"sv3d_p", "sv3d_u"}
    assert all(row["state"] == "missing" for row in rows[1:])
    assert run("list") == 0
    said = capsys.readouterr().out
    assert "u2netp   ready" in said and "sv3d_p   missing   9.4 GB" in said and str(small.path) in said


def test_list_sees_rembgs_copies(small, capsys, tmp_path):
    (tmp_path / "u2net").mkdir()
    (tmp_path / "u2net" / small.file).write_bytes(CONTENT)
    run("list", "--json")
    row = json_lines(capsys)[0][0]
    assert row["state"] == "ready" and row["path"] == str(tmp_path / "u2net" / small.file)


@pytest.mark.usefixtures("source")
def test_get_tells_its_progress_and_its_end_as_json(small, capsys):
    assert run("get", "u2netp", "--json") == 0
    *progress, done = json_lines(capsys)
    assert done == {"type": "done", "path": str(small.path), "sha256": small.sha256, "expected": small.sha256}
    assert progress[0] == {
        "type": "progress",
        "fraction": 0.0,
        "done": 0,
        "total": len(CONTENT),
        "note": "Downloading",
        "seconds_left": 3.2,
    }
    assert 2 <= len(progress) <= 5, "some a second are enough"
    assert small.path.read_bytes() == CONTENT


@pytest.mark.usefixtures("source")
def test_get_for_people(small, capsys):
    assert run("get", "u2netp") == 0
    said = capsys.readouterr()
    assert f"u2netp is here: {small.path}" in said.out and f"SHA-256 {small.sha256}, as expected" in said.out
    assert "Downloading" in said.err and "0.0 MB" in said.err


@pytest.mark.usefixtures("small", "source")
def test_failures_are_a_message(capsys):
    assert run("get", "u2netp_", "--json") == 2
    (error,) = json_lines(capsys)
    assert error["type"] == "error" and "no model u2netp_" in error["cause"] and "isnet" in error["remedy"]
    assert run("get", "u2netp_") == 2
    assert "Error: There is no model" in capsys.readouterr().err


def test_a_surprise_is_a_message_too(small, capsys, monkeypatch):
    def fail(*args):
        raise RuntimeError("surprise")

    monkeypatch.setattr(acquire, "_download", fail)
    assert run("get", "u2netp", "--json") == 2
    (error,) = json_lines(capsys)
    assert error["type"] == "error" and "RuntimeError: surprise" in error["details"]


def test_whoever_asked_may_be_gone(small, source, monkeypatch):
    def gone(*args, **kwargs):
        if kwargs.get("file") is not sys.stderr:
            raise BrokenPipeError

    monkeypatch.setattr("builtins.print", gone)
    assert run("get", "u2netp", "--json") == 130
    assert not small.path.exists()


def test_the_token_comes_by_standard_input_alone(source, capsys, monkeypatch):
    monkeypatch.setattr(models_command, "_structure", lambda path, model: None)
    monkeypatch.setattr("sys.stdin", io.StringIO(TOKEN + "\nsecond line\n"))
    assert run("get", "sv3d_p", "--token-stdin", "--json") == 0
    assert source == [TOKEN]
    said = capsys.readouterr()
    assert TOKEN not in said.out + said.err
    assert run("get", "u2net", "--json") == 2, "CONTENT is not u2net"
    assert source[-1] is None


def test_a_terminal_does_not_show_the_token(monkeypatch):
    monkeypatch.setattr("sys.stdin", type("Terminal", (), {"isatty": lambda self: True})())
    monkeypatch.setattr(models_command.getpass, "getpass", lambda prompt: TOKEN)
    assert models_command._read_token() == TOKEN


def test_weights_are_looked_into_before_they_are_kept(source, capsys):
    model = model_called("sv3d_p")
    assert run("get", "sv3d_p", "--json") == 2
    assert "not a safetensors file" in json_lines(capsys)[-1]["cause"]
    assert not model.path.exists() and not partial_file(model).exists()


def test_a_given_hash_is_held_against_what_comes(source, capsys):
    assert run("get", "sv3d_p", "--sha256", "ab" * 32, "--json") == 2
    assert "ab" * 32 in json_lines(capsys)[-1]["details"]
    assert run("get", "sv3d_p", "--sha256", "abc", "--json") == 2
    assert "not a SHA-256" in json_lines(capsys)[-1]["cause"]


def test_verify_tells_what_is_damaged(small, capsys):
    assert run("verify") == 0, "nothing is here"
    small.path.write_bytes(CONTENT)
    assert run("verify") == 0 and "u2netp   ready  SHA-256" in capsys.readouterr().out
    assert run("verify", "u2netp", "u2net", "--json") == 2, "u2net is asked for and missing"
    found = json_lines(capsys)[-1]["models"]
    assert [(f["name"], f["state"]) for f in found] == [("u2netp", "ready"), ("u2net", "missing")]
    small.path.write_bytes(CONTENT[:-1] + b"x")
    assert run("verify") == 2
    assert "u2netp   damaged" in (said := capsys.readouterr().out) and "models get u2netp" in said


def test_remove_frees_the_disk(small, capsys, tmp_path):
    small.path.write_bytes(CONTENT)
    assert run("remove", "u2netp") == 0 and not small.path.exists()
    assert "0.0 MB are free now" in capsys.readouterr().out
    assert run("remove", "u2netp") == 0 and "not here" in capsys.readouterr().out
    (tmp_path / "u2net").mkdir()
    (tmp_path / "u2net" / small.file).write_bytes(CONTENT)
    assert run("remove", "u2netp") == 0 and "rembg's own copy stays" in capsys.readouterr().out
    assert run("remove", "u2netp", "--json") == 0
    assert json_lines(capsys)[-1] == {"type": "done", "path": str(tmp_path / "u2net" / small.file), "freed": 0}


def test_being_ended_from_outside_is_as_ctrl_c(home):
    """A real process whose download hangs: it ends with the message, and its pip with it."""
    program = (
        "import sys, time; from sv3d_engine.models import acquire\n"
        "def hang(model, tell, token):\n"
        "    print('hanging', flush=True)\n"
        "    time.sleep(60)\n"
        "acquire._download = hang\n"
        "from sv3d_engine.job.command_line import main\n"
        "sys.exit(main(['models', 'get', 'u2netp', '--json']))\n"
    )
    if sys.platform == "win32":
        pytest.skip("Windows has no SIGTERM to catch: there a job object ends what was started")
    with subprocess.Popen(
        [sys.executable, "-c", program], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout.readline() == "hanging\n"
        process.send_signal(signal.SIGTERM)
        _, said = process.communicate(timeout=20)
    assert process.returncode == 130 and "Stopped" in said


def test_nothing_heavy_is_loaded_to_list():
    """The add-on asks when its preferences open."""
    code = "import sys; sys.modules.update(torch=None, numpy=None, PIL=None)\n"
    code += "from sv3d_engine.job.command_line import main; sys.exit(main(['models', 'list', '--json']))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=os.environ, capture_output=True, check=True)
    assert json.loads(done.stdout)


def test_errors_of_the_web_reach_the_add_on(capsys, monkeypatch):
    def refuse(model, token, tell):
        raise UserError("It is refused.", "Ask again.", "why")

    monkeypatch.setattr(web_download, "download", refuse)
    assert run("get", "isnet", "--json") == 2
    assert json_lines(capsys) == [
        {"type": "error", "cause": "It is refused.", "remedy": "Ask again.", "details": "why"}
    ]
