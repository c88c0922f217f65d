"""SV3D's networks and their weights."""
