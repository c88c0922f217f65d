"""How good the results are: measures, and the runs that the project's tables come from."""

from ..torch_environment import prepare_torch

prepare_torch()
