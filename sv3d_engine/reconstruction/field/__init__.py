"""The coarse stage: a radiance field whose density comes from a signed distance."""
