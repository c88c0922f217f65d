"""A progress that keeps what it is told, and can cancel the work."""

import math

from sv3d_engine.ground.progress import Cancelled, Progress


class Recorder(Progress):
    def __init__(self, stop_at=math.inf):
        self.told, self.stop_at = [], stop_at

    def __call__(self, fraction, note=""):
        self.told.append(fraction)
        if len(self.told) >= self.stop_at:
            raise Cancelled
