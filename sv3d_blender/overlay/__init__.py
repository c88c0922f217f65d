"""The orbit in the viewport, before anything is generated."""
