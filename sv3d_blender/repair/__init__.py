"""One frame of an orbit repaired, the rest kept, and the mesh made again from them."""
