"""What the artist has changed of an orbit's frames; saved with the file, the frames' own files are never touched."""

import bpy
from bpy.props import CollectionProperty, FloatProperty, PointerProperty

from .frames import frame_count, is_orbit


class SV3DFrame(bpy.types.PropertyGroup):
    """One frame of an orbit."""

    image: PointerProperty(  # type: ignore[valid-type]
        type=bpy.types.Image, name="Image", description="The picture that this frame was edited to or replaced by"
    )
    weight: FloatProperty(  # type: ignore[valid-type]
        name="Weight",
        description="How much this frame counts when the mesh is made again; 0 rejects it",
        default=1.0,
        min=0.0,
        max=1.0,
        subtype="FACTOR",
    )


class SV3DFrames(bpy.types.PropertyGroup):
    """In each image; filled in those that are orbits."""

    frames: CollectionProperty(  # type: ignore[valid-type]
        type=SV3DFrame, name="Frames", description="The orbit's frames, in their order"
    )


def frames_of(orbit: bpy.types.Image) -> list[SV3DFrame]:
    """All frames of an orbit, in order, made if this file has none yet: not while something is drawn."""
    frames = orbit.sv3d_orbit.frames
    while len(frames) < frame_count(orbit):
        frames.add()
    return list(frames)


def set_weights(orbit: bpy.types.Image, weights: tuple[float, ...]) -> None:
    """Note what the orbit's own cameras file says."""
    for frame, weight in zip(frames_of(orbit), weights, strict=False):
        frame.weight = weight


def orbit_of(image: bpy.types.Image) -> tuple[bpy.types.Image, int] | None:
    """The orbit that an image has a frame of, and which."""
    for orbit in bpy.data.images:
        for index, frame in enumerate(orbit.sv3d_orbit.frames if is_orbit(orbit) else ()):
            if frame.image == image:
                return orbit, index
    return None


@bpy.app.handlers.persistent
def pack_painted(*_given: object) -> None:
    """Before the file is saved: Blender itself would leave out what was painted."""
    for orbit in bpy.data.images:
        for frame in orbit.sv3d_orbit.frames:
            if frame.image and frame.image.is_dirty:
                frame.image.pack()


CLASSES = (SV3DFrame, SV3DFrames)
