"""One picture of any kind: read, its object cut out, centred on white as SV3D was trained on it."""
