"""Delivery: a reconstructed surface becomes a clean, simplified, textured GLB.

``build`` is the way through: clean → simplify → unwrap → bake → glb; ``previews`` renders the result.
"""
