"""Random numbers: the one place that seeds them."""

import random
import zlib


def stage_seed(seed: int, stage: str) -> int:
    """A stage's own seed in [0, 2³¹), so that a resumed job draws what an unbroken one would have drawn."""
    return zlib.crc32(f"{seed}/{stage}".encode()) & 0x7FFF_FFFF


def seed_everything(seed: int, stage: str) -> int:
    """Seed every global generator for one stage and return the seed for generators of the stage's own."""
    import numpy as np
    import torch

    own = stage_seed(seed, stage)
    random.seed(own)
    np.random.seed(own)
    torch.manual_seed(own)  # all devices
    return own
