"""The demo's input: an object, light and orbit of the project's own.

``python -m sv3d_engine.demo.make`` renders it anew.
"""

from ..threads import yield_when_idle

yield_when_idle()
