"""How good the results are: measures, and the runs that the project's tables come from."""

from ...ground.torch_setup import prepare_torch

prepare_torch()
