import hashlib
from collections import Counter

import numpy as np
import pytest
import torch

from sv3d_engine.laboratory.dataset.generator import GENERATION, TEST, TRAIN, VALIDATION, generator, sample_object
from sv3d_engine.laboratory.dataset.palette import Draw
from sv3d_engine.laboratory.dataset.shapes.families import FAMILIES
from sv3d_engine.laboratory.dataset.shapes.model import Model


def test_there_are_many_families_and_a_seed_picks_any() -> None:
    assert len(FAMILIES) >= 30
    assert len({sample_object(seed).family for seed in range(60)}) > 20


def test_seed_ranges_do_not_meet() -> None:
    assert TRAIN.stop <= VALIDATION.start < VALIDATION.stop <= TEST.start


def test_the_same_seed_gives_the_same_object() -> None:
    def digest(seed: int) -> str:
        thing = sample_object(seed)
        points = torch.from_numpy(thing.vertices[thing.faces].mean(1))
        colour = thing.albedo(points, torch.arange(len(points)))
        parts = (thing.vertices, thing.normals, thing.faces, colour.numpy())
        return hashlib.sha256(b"".join(np.ascontiguousarray(p).tobytes() for p in parts)).hexdigest()

    assert [digest(seed) for seed in range(4)] == [digest(seed) for seed in range(4)]
    assert digest(0) != digest(1)


def test_a_seed_keeps_its_object_from_version_to_version() -> None:
    """If this must change, raise GENERATION: figures and trained models speak of other objects from then on."""
    things = [sample_object(VALIDATION[i]) for i in range(3)]
    seen = [(t.family, len(t.faces), round(float(np.abs(t.vertices).mean()), 3)) for t in things]
    assert (GENERATION, seen) == (1, [("person", 7440, 0.143), ("tool", 780, 0.149), ("mug", 2424, 0.198)])


@pytest.mark.parametrize("family", sorted(FAMILIES))
def test_object_has_the_size_and_normals_of_the_dataset(family: str) -> None:
    for seed in range(3):
        thing = sample_object(seed, family)
        low, high = thing.vertices.min(0), thing.vertices.max(0)
        assert (high - low).max() == pytest.approx(1, abs=1e-5)
        assert np.abs(low + high).max() < 1e-5
        assert len(thing.part) == len(thing.faces) <= 20_000
        a, b, c = thing.vertices[thing.faces].transpose(1, 0, 2)
        normal = np.cross(b - a, c - a)
        agrees = np.einsum("fd,fcd->fc", normal, thing.normals[thing.faces]) > 0
        assert agrees[np.linalg.norm(normal, axis=1) > 1e-9].all()
        assert np.allclose(np.linalg.norm(thing.normals, axis=1), 1, atol=1e-4)
        colour = thing.albedo(torch.from_numpy(thing.vertices[thing.faces[:, 0]]), torch.arange(len(thing.faces)))
        assert colour.min() > -1e-6 and colour.max() <= 1


@pytest.mark.parametrize("family", sorted(FAMILIES))
def test_every_solid_is_closed_and_faces_outward(family: str) -> None:
    for seed in range(3):
        model = Model(Draw(generator(seed, 1)))
        FAMILIES[family](model)
        for solid in model.solids:
            place = np.unique(np.rint(solid.vertices * 1e7), axis=0, return_inverse=True)[1].reshape(-1)
            edges = place[np.concatenate([solid.faces[:, [i, (i + 1) % 3]] for i in range(3)])]
            there = Counter((a, b) for a, b in edges.tolist() if a != b)
            assert all(there[b, a] == count for (a, b), count in there.items())
            a, b, c = solid.vertices[solid.faces].transpose(1, 0, 2)
            assert np.einsum("fd,fd->", a - solid.vertices.mean(0), np.cross(b - a, c - a)) > 0
