"""The rasteriser's kernels for CUDA: visibility, barycentric coordinates and what is interpolated with them."""

import torch
import warp as wp
from torch import Tensor

from ...ground.warp_kernels import launch, launch_adjoint

_THREADS = 1 << 18  # wanted: where triangles are fewer, several threads share the rows of each
LAST_FACE = wp.constant(wp.int64(0x7FFF_FFFF))


@wp.func
def _twice_area(ax: float, ay: float, bx: float, by: float, cx: float, cy: float) -> float:
    return (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)


@wp.kernel(enable_backward=False)
def _draw(screen: wp.array[wp.vec3], faces: wp.array2d[wp.int64], strips: int, best: wp.array2d[wp.int64]):
    """Nearer wins, then the lower index: one 64-bit key orders both.  0 where nothing is seen."""
    face, strip = wp.tid()
    a, b, c = screen[int(faces[face, 0])], screen[int(faces[face, 1])], screen[int(faces[face, 2])]
    height, width = best.shape[0], best.shape[1]
    low, high = wp.min(wp.min(a, b), c), wp.max(wp.max(a, b), c)
    x0, x1 = wp.max(0, int(wp.ceil(low[0] - 0.5))), wp.min(width - 1, int(wp.floor(high[0] - 0.5)))
    y0, y1 = wp.max(0, int(wp.ceil(low[1] - 0.5))), wp.min(height - 1, int(wp.floor(high[1] - 0.5)))
    area = _twice_area(a[0], a[1], b[0], b[1], c[0], c[1])
    if area == 0.0:
        return
    sign = wp.sign(area)
    for y in range(y0 + strip, y1 + 1, strips):
        py = float(y) + 0.5
        for x in range(x0, x1 + 1):
            px = float(x) + 0.5
            wa = _twice_area(b[0], b[1], c[0], c[1], px, py) * sign
            wb = _twice_area(c[0], c[1], a[0], a[1], px, py) * sign
            wc = _twice_area(a[0], a[1], b[0], b[1], px, py) * sign
            if wa >= 0.0 and wb >= 0.0 and wc >= 0.0:
                closeness = (wa / a[2] + wb / b[2] + wc / c[2]) / (wa + wb + wc)
                if closeness > 0.0:  # whose bits then are in its own order
                    bits = wp.int64(wp.cast(closeness, wp.int32))
                    wp.atomic_max(best, y, x, (bits << wp.int64(31)) | (LAST_FACE - wp.int64(face)))


@wp.kernel(enable_backward=False)
def _decode(best: wp.array2d[wp.int64]):
    y, x = wp.tid()
    key = best[y, x]
    best[y, x] = wp.where(key > wp.int64(0), LAST_FACE - (key & LAST_FACE), wp.int64(-1))


def visible_faces_warp(screen: Tensor, faces: Tensor, height: int, width: int) -> Tensor:  # (H, W) int64
    """Index of the nearest face at every pixel centre, −1 where there is none.  No gradient.

    screen (V, 3) as ``cameras.project`` gives it, less the picture's own corner; faces (F, 3) int64.
    """
    index = torch.zeros(height, width, dtype=torch.long, device=screen.device)
    strips = min(height, max(1, _THREADS // max(1, len(faces))))
    launch(_draw, (len(faces), strips), screen.contiguous(), faces, strips, index)
    launch(_decode, (height, width), index)
    return index


@wp.kernel
def _barycentric(
    screen: wp.array[wp.vec3],
    faces: wp.array2d[wp.int64],
    seen: wp.array[wp.int64],
    pixels: wp.array[wp.int64],
    width: int,
    out: wp.array[wp.vec3],
):
    p = wp.tid()
    face, pixel = int(seen[p]), int(pixels[p])
    x, y = float(pixel % width) + 0.5, float(pixel // width) + 0.5
    a, b, c = screen[int(faces[face, 0])], screen[int(faces[face, 1])], screen[int(faces[face, 2])]
    over_depth = wp.vec3(
        _twice_area(x, y, b[0], b[1], c[0], c[1]) / a[2],
        _twice_area(x, y, c[0], c[1], a[0], a[1]) / b[2],
        _twice_area(x, y, a[0], a[1], b[0], b[1]) / c[2],
    )
    total = over_depth[0] + over_depth[1] + over_depth[2]
    out[p] = over_depth / wp.where(wp.abs(total) < 1e-12, 1e-12, total)


class _Barycentric(torch.autograd.Function):
    @staticmethod
    def forward(ctx, screen: Tensor, faces: Tensor, seen: Tensor, pixels: Tensor, width: int) -> Tensor:  # type: ignore[override]
        ctx.save_for_backward(screen, faces, seen, pixels)
        ctx.width = width
        out = screen.new_empty(len(pixels), 3)
        launch(_barycentric, (len(pixels),), screen, faces, seen, pixels, width, out)
        return out

    @staticmethod
    def backward(ctx, grad: Tensor):  # type: ignore[override]
        screen, faces, seen, pixels = ctx.saved_tensors
        grad_screen = torch.zeros_like(screen)
        arguments = screen, faces, seen, pixels, ctx.width, None
        gradients = grad_screen, None, None, None, 0, grad.contiguous()
        launch_adjoint(_barycentric, (len(pixels),), arguments, gradients)
        return grad_screen, None, None, None, None


def barycentric_warp(screen: Tensor, faces: Tensor, seen: Tensor, pixels: Tensor, width: int) -> Tensor:
    """Perspective-correct coordinates of pixel centres in the faces seen there, differentiable in the positions.

    screen (V, 3); faces (F, 3) and, for each pixel, its face ``seen`` (P,) and flat index ``pixels`` (P,), int64.
    Returns (P, 3).
    """
    return _Barycentric.apply(screen.contiguous(), faces, seen, pixels, width)  # type: ignore[no-any-return]


@wp.kernel
def _mix(
    attributes: wp.array2d[wp.float32],
    faces: wp.array2d[wp.int64],
    seen: wp.array[wp.int64],
    barycentric: wp.array[wp.vec3],
    out: wp.array2d[wp.float32],
):
    p, channel = wp.tid()
    face, share = int(seen[p]), barycentric[p]
    out[p, channel] = (
        share[0] * attributes[int(faces[face, 0]), channel]
        + share[1] * attributes[int(faces[face, 1]), channel]
        + share[2] * attributes[int(faces[face, 2]), channel]
    )


class _Interpolate(torch.autograd.Function):
    @staticmethod
    def forward(ctx, attributes: Tensor, faces: Tensor, seen: Tensor, barycentric: Tensor) -> Tensor:  # type: ignore[override]
        ctx.save_for_backward(attributes, faces, seen, barycentric)
        out = attributes.new_empty(len(seen), attributes.shape[1])
        launch(_mix, tuple(out.shape), attributes, faces, seen, barycentric, out)
        return out

    @staticmethod
    def backward(ctx, grad: Tensor):  # type: ignore[override]
        attributes, faces, seen, barycentric = ctx.saved_tensors
        grad_attributes = torch.zeros_like(attributes) if ctx.needs_input_grad[0] else None
        grad_barycentric = torch.zeros_like(barycentric) if ctx.needs_input_grad[3] else None
        gradients = grad_attributes, None, None, grad_barycentric, grad
        launch_adjoint(_mix, tuple(grad.shape), (attributes, faces, seen, barycentric, None), gradients)
        return grad_attributes, None, None, grad_barycentric


def interpolate_warp(attributes: Tensor, faces: Tensor, seen: Tensor, barycentric: Tensor) -> Tensor:
    """Vertex attributes (V, C) at the points ``barycentric`` (P, 3) of the faces ``seen`` (P,).  Returns (P, C)."""
    return _Interpolate.apply(attributes, faces, seen, barycentric.contiguous())  # type: ignore[no-any-return]
