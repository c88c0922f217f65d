"""What needs no cluster."""

import socket
import sys

import pytest

from sv3d_engine.batch import ray_cluster
from sv3d_engine.batch.ray_cluster import Machine, Share, check_seen, connected, import_ray, share_of
from sv3d_engine.shared import protocol
from sv3d_engine.shared.errors import UserError
from tests.sv3d.network.small import write_zeros

BIG = Machine("big", cpus=32, memory=64e9, gpus=2, card_bytes=24_000_000_000)
SMALL = Machine("small", cpus=2, memory=4e9, gpus=0)
MESH = protocol.MeshJob("a", "/in", "/out/a")


def test_a_job_asks_for_what_the_smallest_machine_has() -> None:
    assert share_of(MESH, [SMALL]) == Share(2, 0, 4_000_000_000)
    plain = Machine("plain", cpus=16, memory=64e9, gpus=0)
    assert share_of(MESH, [plain]) == Share(4, 0, 6_000_000_000)
    assert share_of(protocol.MeshJob("a", "/in", "/out/a", preset="draft"), [plain]).memory == 3_000_000_000
    assert share_of(MESH, [Machine("mute", cpus=1, memory=0, gpus=0)]) == Share(1, 0, 6_000_000_000)


def test_where_there_are_cards_a_job_asks_for_a_share_of_one() -> None:
    assert share_of(MESH, [BIG, SMALL]) == Share(4, 0.25, 6_000_000_000)
    tight = Machine("tight", cpus=8, memory=64e9, gpus=1, card_bytes=8_000_000_000)
    assert share_of(MESH, [BIG, tight]).num_gpus == 1
    assert share_of(MESH, [Machine("mute", cpus=8, memory=64e9, gpus=1)]).num_gpus == 1, "its memory is not known"
    assert share_of(protocol.MeshJob("a", "/in", "/out/a", device="cpu"), [BIG]).num_gpus == 0


def test_an_orbit_asks_for_what_its_weights_take(tmp_path, monkeypatch) -> None:
    weights = write_zeros(tmp_path / "w.safetensors")
    job = protocol.GenerateJob("a", "/p.png", "/out/a", weights=str(weights))
    assert share_of(job, [BIG]).num_gpus == 0.25, "tiny ones take less than the mesh"
    monkeypatch.setattr(ray_cluster, "_CARD_MEMORY", 1.0)
    assert share_of(job, [BIG]).num_gpus == 0.125


def test_a_card_that_nobody_has() -> None:
    with pytest.raises(UserError, match="No machine of the cluster has an NVIDIA card"):
        share_of(protocol.MeshJob("a", "/in", "/out/a", device="cuda"), [SMALL])


def test_a_machine_that_does_not_see_the_folder_is_named(tmp_path) -> None:
    check_seen([BIG], tmp_path)
    blind = Machine("blind", 1, 1, 0, unseen=(str(tmp_path / ".seen-1"),))
    with pytest.raises(UserError, match=f"blind does not see {tmp_path}\\."):
        check_seen([BIG, blind], tmp_path)


def test_without_ray_the_remedy_is_named(monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(UserError, match="Ray is not installed") as caught:
        import_ray()
    assert "requirements/ray.txt" in caught.value.remedy


@pytest.mark.parametrize("scheme", ["", "ray://"])
def test_an_address_where_nobody_answers_is_told_at_once(monkeypatch, scheme) -> None:
    monkeypatch.setattr(ray_cluster, "import_ray", lambda: None)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and does not listen
        address = f"{scheme}127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(UserError, match="No Ray cluster answers"), connected(address):
            pass
    with pytest.raises(UserError, match="No Ray cluster answers"), connected(f"{scheme}127.0.0.1:port"):
        pass
