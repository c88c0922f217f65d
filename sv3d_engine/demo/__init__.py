"""The demo's input: an object, light and orbit of the project's own.

``python -m sv3d_engine.demo.make`` renders it anew.
"""

from ..torch_environment import prepare_torch

prepare_torch()
