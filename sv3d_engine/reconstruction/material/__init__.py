"""Colour once the shape stands still: one light, and base colour, roughness and metal at every vertex."""
