"""Seed, memory, and the list of packages."""

import ast
import random
import sys
from pathlib import Path

import numpy as np
import torch

import sv3d_engine
from sv3d_engine.ground import memory
from sv3d_engine.ground.torch_setup import seed_everything, stage_seed
from sv3d_engine.job.report import CARD_PACKAGE, ENGINE_PACKAGES

DISTRIBUTIONS = {
    "PIL": "pillow",
    "pillow_heif": "pillow-heif",
    "skimage": "scikit-image",
    "fast_simplification": "fast-simplification",
    "warp": "warp-lang",
}


def test_the_same_seed_draws_the_same_numbers():
    draws = []
    for _ in range(2):
        seed_everything(3, "field")
        draws.append((random.random(), np.random.rand(), torch.rand(()).item()))
    assert draws[0] == draws[1]


def test_stages_and_seeds_draw_apart():
    seeds = {stage_seed(seed, name) for seed in range(100) for name in ("field", "mesh")}
    assert len(seeds) == 200
    assert all(0 <= seed < 2**31 for seed in seeds)


def test_peak_memory_sees_an_array_that_is_gone():
    memory.reset_peak()
    before = memory.peak()
    np.ones(30_000_000)  # 240 MB
    assert memory.peak() - before > 200e6


def test_memory_of_the_machine():
    total, available = memory.total_and_available()
    assert total > 5e8
    assert available is None or 0 < available <= total


WITHOUT = {"truststore", "ray"}  # what no job on one machine needs


def test_the_doctor_knows_every_package_that_a_job_imports():
    imported = set()
    engine = Path(sv3d_engine.__file__).parent
    for file in engine.rglob("*.py"):
        if file.relative_to(engine).parts[0] == "laboratory":
            continue  # no artist needs it
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                imported |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
                imported.add(node.module.split(".")[0])
    foreign = imported - sys.stdlib_module_names - {"sv3d_engine"} - WITHOUT
    assert {DISTRIBUTIONS.get(name, name) for name in foreign} <= {*ENGINE_PACKAGES, CARD_PACKAGE}
