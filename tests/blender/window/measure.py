"""How long the add-on holds Blender's main thread while a job runs."""

LONGEST_TURN = 0.05  # seconds

# Every turn of its two timers, and every drawing of its tab: (whether a job runs, seconds).
TIMED = """
import time
from bl_ext.user_default.sv3d.sv3d_blender.generate import panel
from bl_ext.user_default.sv3d.sv3d_blender.generate.player import player
turns = []
def timed(work):
    def turn(*given):
        busy, begun = session.busy, time.perf_counter()
        answer = work(*given)
        turns.append((busy and session.busy, time.perf_counter() - begun))
        return answer
    return turn
session.tick = timed(session.tick)
player.timer = timed(player.timer)
panel.draw_generate = timed(panel.draw_generate)
"""

# The same for everything between the press of Generate and the mesh in the scene, in seconds of the main thread's own
# work, so that what else the machine does does not count: [(what, seconds)].
WORKED = """
import time
from bl_ext.user_default.sv3d.sv3d_blender.generate import ops, panel, picture_copy
from bl_ext.user_default.sv3d.sv3d_blender.generate.player import player
worked = []
def counted(what, work):
    def turn(*given):
        begun = time.thread_time()
        answer = work(*given)
        worked.append((what, time.thread_time() - begun))
        return answer
    return turn
session.tick = counted("tick", session.tick)
player.timer = counted("player", player.timer)
panel.draw_generate = counted("draw", panel.draw_generate)
picture_copy.take_pixels = counted("pixels", picture_copy.take_pixels)
press = counted("press", ops.SV3D_OT_generate.invoke)
ops.SV3D_OT_generate.invoke = lambda self, context, event: press(self, context, event)
"""
