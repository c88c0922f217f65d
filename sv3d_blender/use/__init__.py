"""What a result is used for: the asset library, lighter versions, games, 3D print."""
