"""A Ray cluster: reached, asked whether every machine sees the folders, and what of a machine a job needs.

The engine's code travels with the batch; its packages, and Ray in the same version, are installed on each machine.
"""

import os
import socket
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..ground.lock import in_turn
from ..shared import nvidia, protocol
from ..shared.errors import UserError
from ..shared.file_lock import is_held

PACKAGE = Path(__file__).parents[1]
_ANSWER = 10.0  # seconds for the cluster's address to take a connection
_LOOK = 120.0  # seconds for all machines to look at the folders; the first call unpacks the engine there
_THREADS = 4  # of a job: more make it hardly faster
_MEMORY = {"draft": 3e9, "standard": 6e9, "high": 10e9}  # bytes of a job, by preset
_CARD_MEMORY = 6e9  # bytes of a mesh's stages on a card
_SHARES = 8  # a card is divided no finer


@dataclass(frozen=True)
class Machine:
    """A node of the cluster, and what it told."""

    name: str
    cpus: float
    memory: float  # bytes
    gpus: float
    card_bytes: int | None = None  # of its smallest card
    unseen: tuple[str, ...] = ()  # paths
    locks: bool = True  # whether a lock that another machine holds keeps it out


@dataclass(frozen=True)
class Share:
    """What of a machine a job asks for."""

    num_cpus: float
    num_gpus: float
    memory: float  # bytes


def import_ray() -> Any:
    """Ray itself, which sends no statistics unless its user says so.  Raises UserError."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    try:
        import ray
    except ImportError as error:
        raise UserError(
            "Ray is not installed in the engine's Python.",
            "Install it there with pip install -r requirements/ray.txt, or leave out --ray.",
            str(error),
        ) from error
    return ray


@contextmanager
def connected(address: str) -> Iterator[Any]:
    """Ray, connected to a cluster: HOST:PORT, ray://HOST:PORT, "auto" for this machine's, "local" for a new one here.

    Raises UserError.
    """
    ray = import_ray()
    _check_address(address)
    options: dict[str, Any] = (
        {"_node_ip_address": "127.0.0.1", "include_dashboard": False} if address == "local" else {}
    )
    try:
        ray.init(address=address, runtime_env=_environment(), log_to_driver=False, logging_level="ERROR", **options)
    except (ConnectionError, RuntimeError, OSError, ValueError) as error:
        raise UserError(
            f"The Ray cluster at {address} could not be joined.",
            "Check that it runs (ray status), and that its Python and Ray are of the same versions as here.",
            str(error),
        ) from error
    try:
        yield ray
    finally:
        ray.shutdown()


def _environment() -> dict[str, Any]:
    return {"py_modules": [str(PACKAGE)], "excludes": ["laboratory", "**/__pycache__"]}


def _check_address(address: str) -> None:
    """Ray itself would try for minutes."""
    host, colon, port = address.removeprefix("ray://").rpartition(":")
    if not colon:
        return
    try:
        socket.create_connection((host.strip("[]"), int(port)), _ANSWER).close()
    except (OSError, ValueError, OverflowError) as error:
        raise UserError(
            f"No Ray cluster answers at {address}.",
            "Start one with ray start --head, and others with ray start --address=HOST:PORT, or use --ray local.",
            str(error),
        ) from error


def look_around(ray: Any, out: Path, paths: Sequence[Path]) -> list[Machine]:
    """What each machine of the cluster is, and whether it sees ``paths`` and a file that is written in ``out`` now.

    Raises UserError if a machine does not, or there is none.
    """
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    mark = out / f".seen-{uuid.uuid4().hex}"
    machines = []
    mark.touch()
    with in_turn(_lock_of(mark)):
        looks = {}
        for node in ray.nodes():
            told = node["Resources"]
            if node["Alive"] and told.get("CPU", 0) > 0:
                there = NodeAffinitySchedulingStrategy(node["NodeID"], soft=False)
                look = ray.remote(num_cpus=0, scheduling_strategy=there)(_look)
                looks[look.remote(str(mark), [str(path) for path in paths])] = node
        ready, late = ray.wait(list(looks), num_returns=len(looks), timeout=_LOOK) if looks else ([], [])
        for answer in ready:
            node = looks[answer]
            told, name = node["Resources"], node["NodeManagerHostname"]
            try:
                unseen, locks, card = ray.get(answer)
            except ray.exceptions.RayError as error:
                raise UserError(
                    f"The machine {name} cannot run the engine.",
                    "Install the engine's packages in the Python that runs Ray there.",
                    str(error),
                ) from error
            gpus = told.get("GPU", 0)
            machines.append(Machine(name, told["CPU"], told.get("memory", 0), gpus, card, tuple(unseen), locks))
    with suppress(OSError):
        mark.unlink(missing_ok=True)
    if late or not machines:
        names = ", ".join(looks[answer]["NodeManagerHostname"] for answer in late)
        cause = f"These machines do not answer: {names}." if late else "The Ray cluster has no machine to work on."
        raise UserError(cause, "Look at the cluster with ray status.")
    check_seen(machines, out)
    return machines


def check_seen(machines: Sequence[Machine], out: Path) -> None:
    """Raises UserError if a machine misses a path."""
    for machine in machines:
        if machine.unseen:
            path = out if Path(machine.unseen[0]).parent == out else machine.unseen[0]
            raise UserError(
                f"The machine {machine.name} does not see {path}.",
                "Put pictures, weights and --out in a folder that all machines share under the same name.",
                "\n".join(machine.unseen),
            )


def _look(mark: str, paths: list[str]) -> tuple[list[str], bool, int | None]:
    """Runs on each machine: what of ``mark`` and ``paths`` is not there, whether locks hold, a card's memory."""
    unseen = [path for path in (mark, *paths) if not Path(path).exists()]
    locks = mark in unseen or is_held(_lock_of(Path(mark)))
    return unseen, locks, nvidia.smallest_card_bytes()


def _lock_of(mark: Path) -> Path:
    return mark.with_name(f"{mark.name}.lock")  # another file: where nobody is kept out, whoever looks removes it


def share_of(request: protocol.Job, machines: Sequence[Machine]) -> Share:
    """What a job asks for: little enough that the smallest machine can do it, a card's share by its memory.

    Raises UserError if a card is asked for where there is none.
    """
    with_cards = [machine for machine in machines if machine.gpus]
    if request.device == "cuda" and not with_cards:
        raise UserError("No machine of the cluster has an NVIDIA card.", "Leave out --device cuda.")
    on_card = request.device in ("auto", "cuda") and bool(with_cards)
    fit = with_cards if on_card else machines
    preset = request.preset if isinstance(request, protocol.MeshJob | protocol.GenerateJob) else "draft"
    return Share(
        num_cpus=min(_THREADS, *(machine.cpus for machine in fit)),
        num_gpus=_card_share(request, fit) if on_card else 0,
        memory=int(min(_MEMORY[preset], *(machine.memory or _MEMORY[preset] for machine in fit))),
    )


def _card_share(request: protocol.Job, machines: Sequence[Machine]) -> float:
    """A whole card where its memory is not known."""
    known = [machine.card_bytes for machine in machines if machine.card_bytes]
    if len(known) < len(machines):
        return 1.0
    share = max(_CARD_MEMORY, _orbit_bytes(request)) / min(known)
    return 1.0 if share > 0.5 else max(1, -(-share * _SHARES // 1)) / _SHARES


def _orbit_bytes(request: protocol.Job) -> float:
    """What SV3D takes on a card in its fastest way."""
    if isinstance(request, protocol.MeshJob):
        return 0
    import torch

    from ..shared.model_facts import bundled_weights
    from ..sv3d.generation.memory_plan import MODES, Budget
    from ..sv3d.network.weights import inspect

    weights = Path(request.weights) if request.weights else bundled_weights()
    if weights is None:
        return 0
    found = inspect(weights)
    return Budget.of(found.architecture, found.frame_size, torch.float16).needed(MODES[0])
