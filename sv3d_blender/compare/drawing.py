"""Draws the wipe and the heat map over the 3D views that look through an orbit camera."""

from typing import Any

import blf
import bpy
import gpu
import numpy as np
from gpu_extras.batch import batch_for_shader
from numpy.typing import NDArray

from ..result.job_folder import mesh_of
from ..translations import said
from .palette import HEAT
from .preparing import FRAME_GONE, WORST, Measured, preparing
from .sight import Sight, sight
from .square import Square

_FONT = 12  # pixels at interface scale 1, as all that follows
_MARGIN = 10
_GRIP = 7
_LEGEND = (160, 10)
_WHITE, _BLACK = (1.0, 1.0, 1.0, 1.0), (0.0, 0.0, 0.0, 0.6)
_MOST = 4  # textures that are kept

_textures: dict[int, tuple[NDArray[np.uint8], Any]] = {}  # by the picture's identity, which is kept with it
_handlers: list[Any] = []


def register() -> None:
    """Begin to draw."""
    _handlers.append(bpy.types.SpaceView3D.draw_handler_add(_draw, (), "WINDOW", "POST_PIXEL"))


def unregister() -> None:
    """Draw no more; what belongs to the graphics card is let go."""
    while _handlers:
        bpy.types.SpaceView3D.draw_handler_remove(_handlers.pop(), "WINDOW")
    _textures.clear()


def is_registered() -> bool:
    """Whether it is drawn."""
    return bool(_handlers)


def _draw() -> None:
    context = bpy.context
    seen = sight(context)
    if seen is None:
        return
    scale = context.preferences.system.ui_scale
    gpu.state.blend_set("ALPHA")
    gpu.state.depth_test_set("NONE")
    if seen.compare.how == "WIPE":
        _draw_wipe(seen, context, scale)
    else:
        _draw_difference(seen, scale)
    gpu.state.blend_set("NONE")


def _draw_wipe(seen: Sight, context: bpy.types.Context, scale: float) -> None:
    square, share = seen.square, seen.compare.wipe
    frame = preparing.frame(seen.orbit, seen.index)
    if frame is None:
        return
    if frame.pixels is None:
        _write(said(FRAME_GONE), square.left + _MARGIN * scale, square.bottom + _MARGIN * scale, scale)
        return
    _fill(square.part(share), _backdrop(context))
    _show(frame.pixels, square.part(share), share)
    column, middle, wide = square.across(share), (square.bottom + square.top) / 2, max(scale, 1.0)
    _fill(Square(column - 2 * wide, square.bottom, column + 2 * wide, square.top), _BLACK)
    _fill(Square(column - wide, square.bottom, column + wide, square.top), _WHITE)
    grip = _GRIP * scale
    for side in (-1, 1):
        tip, foot = column + side * 2.2 * grip, column + side * 0.8 * grip
        _draw_triangles([(tip, middle), (foot, middle - grip), (foot, middle + grip)], _WHITE)
    row = max(square.bottom, 0.0) + _MARGIN * scale
    word = said("Frame")
    _write(word, column - _MARGIN * scale - _width(word, scale), row, scale)
    _write(said("Mesh"), column + _MARGIN * scale, row, scale)


def _draw_difference(seen: Sight, scale: float) -> None:
    square = seen.square
    if mesh_of(seen.camera) is None:
        _write(said("The mesh is gone"), square.left + _MARGIN * scale, square.bottom + _MARGIN * scale, scale)
        return
    found = preparing.measured(seen.camera, seen.orbit, seen.index)
    if found and found.pixels is not None:
        _show(found.pixels, square)
    _draw_legend(square, found, preparing.mean(seen.camera, seen.orbit), scale)


def _draw_legend(square: Square, found: Measured | None, mean: float | None, scale: float) -> None:
    """The colours with what they mean, and the figures: below the frame, or where that has no room, in its corner."""
    width, height = (scale * side for side in _LEGEND)
    line, gap = 1.5 * _FONT * scale, _MARGIN * scale
    whole = 3.6 * line + height + gap
    row = square.bottom - whole if square.bottom > whole + gap else max(square.bottom, 0.0) + gap
    left = max(square.left, 0.0) + gap
    _write("0 %", left, row, scale)
    most = said("{share} or more", share=f"{100 * WORST:.0f} %")
    _write(most, left + width - _width(most, scale), row, scale)
    row += line
    bar = Square(left, row, left + width, row + height)
    _fill(Square(bar.left - scale, bar.bottom - scale, bar.right + scale, bar.top + scale), _BLACK)
    _show(_colours(), bar)
    row += height + 0.6 * line
    if mean is not None:
        _write(said("All frames: {share}", share=percent(mean)), left, row, scale)
        row += line
    _write(told(found), left, row, scale)


def told(found: Measured | None) -> str:
    """A frame's difference in words."""
    if found is None:
        return said("Comparing…")
    return said(found.failure) if found.failure else said("Difference: {share}", share=percent(found.mean))


def percent(share: float) -> str:
    """A difference as it is written."""
    return f"{100 * share:.1f} %"


_bar: list[NDArray[np.uint8]] = []


def _colours() -> NDArray[np.uint8]:  # (1, 256, 4), the same array each time
    if not _bar:
        _bar.append((HEAT(np.linspace(0, 1, 256)[None]) * 255 + 0.5).astype(np.uint8))
    return _bar[0]


def _backdrop(context: bpy.types.Context) -> tuple[float, ...]:
    """What the 3D View has behind its objects."""
    shading = context.space_data.shading
    if shading.background_type == "VIEWPORT":
        return (*shading.background_color, 1.0)
    return (*context.preferences.themes[0].view_3d.space.gradients.high_gradient, 1.0)


def _texture(pixels: NDArray[np.uint8]) -> Any:
    found = _textures.pop(id(pixels), None)
    if found is None:
        height, width, _ = pixels.shape
        values = gpu.types.Buffer("FLOAT", width * height * 4, (pixels.astype(np.float32) / 255).ravel())
        found = (pixels, gpu.types.GPUTexture((width, height), format="RGBA8", data=values))
    _textures[id(pixels)] = found
    while len(_textures) > _MOST:
        del _textures[next(iter(_textures))]
    return found[1]


def _show(pixels: NDArray[np.uint8], square: Square, share: float = 1.0) -> None:
    """The left share of a picture, over all of ``square``."""
    shader = gpu.shader.from_builtin("IMAGE")
    places = {"pos": _corners(square), "texCoord": ((0, 0), (share, 0), (share, 1), (0, 1))}
    batch = batch_for_shader(shader, "TRI_FAN", places)
    shader.bind()
    shader.uniform_sampler("image", _texture(pixels))
    batch.draw(shader)


def _fill(square: Square, colour: tuple[float, ...]) -> None:
    _draw_triangles(_corners(square), colour)


def _draw_triangles(corners: list[tuple[float, float]], colour: tuple[float, ...]) -> None:
    shader = gpu.shader.from_builtin("UNIFORM_COLOR")
    batch = batch_for_shader(shader, "TRI_FAN", {"pos": corners})
    shader.bind()
    shader.uniform_float("color", colour)
    batch.draw(shader)


def _corners(square: Square) -> list[tuple[float, float]]:
    return [
        (square.left, square.bottom),
        (square.right, square.bottom),
        (square.right, square.top),
        (square.left, square.top),
    ]


def _width(text: str, scale: float) -> float:
    blf.size(0, _FONT * scale)
    return float(blf.dimensions(0, text)[0])


def _write(text: str, left: float, row: float, scale: float) -> None:
    blf.size(0, _FONT * scale)
    blf.enable(0, blf.SHADOW)
    blf.shadow(0, 3, 0.0, 0.0, 0.0, 0.8)
    blf.color(0, *_WHITE)
    blf.position(0, left, row, 0)
    blf.draw(0, text)
    blf.disable(0, blf.SHADOW)
