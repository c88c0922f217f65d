"""Families of parametric objects, all built of lofts; front on +X, left on +Y, Z up, any size."""
