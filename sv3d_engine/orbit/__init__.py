"""Cameras round an object: their geometry, their files, and what SV3D can do with them."""
