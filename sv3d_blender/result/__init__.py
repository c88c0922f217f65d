"""What a finished job puts into the scene: mesh, orbit frames and orbit camera."""
