"""SV3D engine: one picture or orbit in, a delit textured mesh out.

Three wings, imports one way: ``shared``, what the add-on and the engine both need; the product, ``ground`` → ``orbit``
→ ``picture`` → ``sv3d`` → ``reconstruction`` → ``job``; and the ``laboratory``, which the product never imports.
"""

__version__ = "0.1.0"
