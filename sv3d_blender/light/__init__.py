"""The picture's light as a World, beside the scene's own."""
