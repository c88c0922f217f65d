"""The diffusion network's lesson."""

import torch

from sv3d_engine.laboratory.training.batches import OrbitBatches, Share
from sv3d_engine.laboratory.training.networks import fresh
from sv3d_engine.laboratory.training.objectives import DiffusionObjective
from sv3d_engine.laboratory.training.optimiser import trained
from sv3d_engine.laboratory.training.orbit_shards import Reader
from tests.laboratory.training.orbit_files import write_random_orbits
from tests.laboratory.training.runs import tiny


def test_a_new_network_errs_by_the_targets_variance_and_every_weight_gets_a_gradient(tmp_path):
    reader = Reader(write_random_orbits(tmp_path))
    stage = tiny().stages[-1]
    objective = DiffusionObjective(fresh(tiny().architecture, 0), stage)
    batch = OrbitBatches(reader, stage, 0, Share())(0)
    told = objective(batch)
    assert abs(float(told["loss"].detach()) - 1) < 0.1
    told["loss"].backward()
    without = [name for name, p in trained(objective).items() if p.grad is None]
    assert without == []  # several processes wait for all of them
    assert torch.count_nonzero(objective.unet.conv_out.weight.grad) > 0
