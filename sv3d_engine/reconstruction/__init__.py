"""From the frames of an orbit to a textured mesh and the light it stood in."""
