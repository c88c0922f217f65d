"""Losses are added up by their weights, and kept step by step."""

import torch

from sv3d_engine.ground.settings import LossWeights
from sv3d_engine.reconstruction.mesh.curves import Curves

CPU = torch.device("cpu")


def terms(**values):
    return {name: torch.tensor(value, requires_grad=True) for name, value in values.items()}


def test_losses_count_by_the_weights_of_their_step():
    curves, losses = Curves(CPU), terms(mask=2.0, depth=3.0)
    first = curves.weighted(losses, LossWeights(mask=10.0, depth=1.0))
    assert float(first.detach()) == 23.0
    first.backward()
    assert float(losses["mask"].grad) == 10.0
    again = curves.weighted(losses, LossWeights(mask=0.0, depth=2.0))
    assert float(again.detach()) == 6.0


def test_curves_hold_what_each_step_had_unweighted():
    curves, weights = Curves(CPU), LossWeights()
    curves.weighted(terms(mask=2.0, depth=3.0), weights)
    curves.weighted(terms(mask=1.0), weights)
    assert curves.read() == {"mask": [2.0, 1.0], "depth": [3.0]}
    curves.keep("sds", torch.tensor(5.0))
    assert curves.read()["sds"] == [5.0]
    assert Curves(CPU).read() == {}
