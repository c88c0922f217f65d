"""What is known of the models that can be fetched, and how it is told whether they are here."""

import json
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from sv3d_engine.shared import model_catalogue as catalogue
from sv3d_engine.shared.model_catalogue import CATALOGUE, Web, Wheel, model_called, state

U2NETP = model_called("u2netp")
SV3D = model_called("sv3d_p")


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SV3D_HOME", str(tmp_path))
    (tmp_path / "models").mkdir()
    return tmp_path


def tensors(numbers: int) -> bytes:
    """A safetensors file with one tensor of so many bytes."""
    header = json.dumps(
        {"__metadata__": {"a": "b"}, "x": {"dtype": "U8", "shape": [numbers], "data_offsets": [0, numbers]}}
    ).encode()
    return len(header).to_bytes(8, "little") + header + bytes(numbers)


def test_names_files_and_sources_are_each_ones_own() -> None:
    for values in ([m.name for m in CATALOGUE], [m.file for m in CATALOGUE], [m.source for m in CATALOGUE]):
        assert len(set(values)) == len(CATALOGUE)
    assert {"u2netp", "u2net", "isnet", "sv3d_u", "sv3d_p"} <= {m.name for m in CATALOGUE}
    assert model_called("u2netp") in CATALOGUE and model_called("none such") is None


@pytest.mark.parametrize("model", CATALOGUE, ids=lambda model: model.name)
def test_each_model_tells_all_that_a_row_shows(model: catalogue.Model) -> None:
    assert model.title and model.licence and model.source.title
    assert model.bytes > 1e6 and model.memory_at_best >= model.memory > 1e6
    assert model.path.suffix in (".onnx", ".safetensors"), "nothing that could run a program"
    assert model.file == Path(model.file).name
    addresses = [model.licence_url] + ([model.source.url] if isinstance(model.source, Web) else [])
    assert all(urlsplit(address).scheme == "https" for address in addresses)


@pytest.mark.parametrize("model", CATALOGUE, ids=lambda model: model.name)
def test_only_what_its_makers_give_to_accounts_has_no_hash(model: catalogue.Model) -> None:
    if isinstance(model.source, Wheel):
        assert catalogue.is_sha256(model.source.sha256)
        assert model.source.sha256 != model.sha256
    needs_token = isinstance(model.source, Web) and model.source.needs_token
    assert needs_token == (model.sha256 is None)
    assert model.sha256 is None or catalogue.is_sha256(model.sha256)


def test_they_lie_in_the_home_folder(home: Path) -> None:
    assert U2NETP.path == home / "models" / "u2netp.onnx"


def test_a_model_is_ready_when_it_has_its_size(home: Path) -> None:
    assert state(U2NETP) == "missing"
    catalogue.partial_file(U2NETP).write_bytes(b"some")
    assert state(U2NETP) == "partial"
    U2NETP.path.write_bytes(b"some")
    assert state(U2NETP) == "damaged"
    with U2NETP.path.open("ab") as stream:
        stream.truncate(U2NETP.bytes)
    assert state(U2NETP) == "ready"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"abc",
        b"\xff" * 64,
        (10).to_bytes(8, "little") + b"not json!!",
        (2).to_bytes(8, "little") + b"{}",
        (2).to_bytes(8, "little") + b"[]",
        tensors(100)[:-1],
        tensors(100) + b"0",
    ],
)
def test_weights_are_ready_when_they_have_the_size_that_they_tell(content: bytes) -> None:
    SV3D.path.write_bytes(tensors(100))
    assert state(SV3D) == "ready"
    SV3D.path.write_bytes(content)
    assert state(SV3D) == "damaged"


def test_the_hash_of_weights_is_configuration() -> None:
    assert catalogue.expected_sha256(U2NETP) == U2NETP.sha256
    assert catalogue.expected_sha256(SV3D) is None
    file = catalogue.checksum_file(SV3D)
    file.write_text("AB" * 32 + "  sv3d_p.safetensors\n")
    assert catalogue.expected_sha256(SV3D) == "ab" * 32
    for nonsense in (b"", b"hello", b"\xff\xfe", b"ab" * 31):
        file.write_bytes(nonsense)
        assert catalogue.expected_sha256(SV3D) is None
