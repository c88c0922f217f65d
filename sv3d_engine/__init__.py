"""SV3D engine: one picture or orbit in, a delit textured mesh out.

The folders follow the data: ``orbit`` → ``frames`` → ``field`` → ``mesh`` → ``asset``.  This file and
``protocol`` import nothing but the standard library, because the Blender add-on reads them too.
"""

__version__ = "0.1.0"
