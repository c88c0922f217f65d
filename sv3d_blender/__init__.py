"""SV3D's Blender side: a picture or an orbit of pictures goes in at the SV3D tab, a textured mesh stands in the scene.

Rooms: ``engine`` (the process that computes), ``generate`` (the tab), ``result`` (what comes into the scene),
``history`` (all jobs on disk), ``setup`` (the engine's environment and models), ``preferences`` (what is chosen once).
Modules without ``bpy`` are importable, and tested, anywhere.
"""


def register() -> None:
    from . import registration

    registration.register()


def unregister() -> None:
    from . import registration

    registration.unregister()
