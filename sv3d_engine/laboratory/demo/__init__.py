"""The demo's input: an object, light and orbit of the project's own.

``python -m sv3d_engine.laboratory.demo.studio`` renders it anew.
"""

from ...ground.torch_setup import prepare_torch

prepare_torch()
