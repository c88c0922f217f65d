"""Our figures in the form of the paper's tables, with the paper's own rows beside.

The paper's numbers are of other objects (GSO, OmniObject3D) with another network's views, so the rows stand together
for their order of magnitude and are no contest.  Only rows and columns that the project's notes on the paper hold are
here; the rest is left empty.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from .mesh_scoring import ALIGNED, FLAT, LIT
from .mesh_tables import Figures, markdown, means
from .nvs_figures import CLIP_S, LPIPS, MEASURES, TITLES

PAPER = "paper: "
_OTHERS = (
    "Rows that begin with “paper” are the paper's own, of other objects or other renders of them: compare no digits "
    "with ours.\n"
)

Row = Mapping[str, float]  # measure: value


@dataclass(frozen=True)
class Line:
    """A row of a table: whose it is, of which objects."""

    method: str
    objects: str
    figures: Row = field(default_factory=dict)


def _views(lpips: float, psnr: float, ssim: float, clip: float, mse: float) -> Row:
    return {LPIPS: lpips, "psnr": psnr, "ssim": ssim, CLIP_S: clip, "mse": mse}


# Novel views: tables of GSO and OmniObject3D, static and dynamic orbits.
PAPER_VIEWS: Mapping[str, Sequence[Line]] = {
    "static": (
        Line("SV3D_p", "GSO", _views(0.08, 21.26, 0.88, 0.89, 0.02)),
        Line("SV3D_u", "GSO", {"psnr": 21.14}),
        Line("SV3D_c", "GSO", {"psnr": 20.56}),
        Line("SV3D_p", "OmniObject3D", _views(0.10, 19.91, 0.86, 0.86, 0.02)),
    ),
    "dynamic": (
        Line("SV3D_p", "GSO", _views(0.09, 20.38, 0.87, 0.87, 0.02)),
        Line("SV3D_p", "OmniObject3D", _views(0.10, 19.28, 0.85, 0.85, 0.02)),
    ),
}
# Meshes of 50 objects of GSO, each from one picture but for the second row.
PAPER_MESHES = (
    Line("SV3D_p", "50 of GSO", {"cd": 0.024, "iou": 0.614, LPIPS: 0.119, "psnr": 17.4}),
    Line("true renders → the paper's 3D stage", "50 of GSO", {"cd": 0.021, "iou": 0.689, LPIPS: 0.078, "psnr": 19.5}),
    Line("Stable Zero123", "50 of GSO", {"cd": 0.039, "iou": 0.550}),
    Line("EscherNet", "50 of GSO", {"cd": 0.042, "iou": 0.466}),
    Line("DreamGaussian", "50 of GSO", {"cd": 0.055, "iou": 0.411}),
)
_MESH_DIGITS = {"cd": 4, "iou": 3, **{key: MEASURES[key] for key in (LPIPS, "psnr", "ssim", "mse")}}
_MESH_TITLES = {"cd": "CD ↓", "iou": "3D IoU ↑"}
_ARROWS = {LPIPS: "↓", "mse": "↓"}


def views_table(kind: str, ours: Sequence[Line]) -> str:
    """Novel views on one kind of orbit, static or dynamic: our lines, then the paper's."""
    lines = [*ours, *_of_paper(PAPER_VIEWS.get(kind, ()))]
    measures = {key: digits for key, digits in MEASURES.items() if any(key in line.figures for line in lines)}
    titles = {key: f"{TITLES[key]} {_ARROWS.get(key, '↑')}" for key in measures}
    return f"{_table(lines, measures, titles)}\n{_OTHERS}"


def meshes_table(objects: Sequence[Figures], method: str, views: str) -> str:
    """Meshes against the truth: CD and IoU, and whole pictures of them, in their light and as base colour alone.

    ``views`` tells how many pictures of an object there are, and how large.
    """
    lines = mesh_lines(objects, method)
    if not lines:
        return ""
    titles = {key: _MESH_TITLES.get(key) or f"{TITLES[key]} {_ARROWS.get(key, '↑')}" for key in _MESH_DIGITS}
    notes = (
        "CD is the benchmark's chamfer: the mean of both mean distances between samples of the outsides, in lengths of "
        "the object's longest side; how the paper scales its own the notes do not say. IoU is volume_iou. Pictures "
        f"are whole views of neither orbit over white, {views}; base colours are compared after one factor a "
        "channel.\n"
    )
    return f"{_table([*lines, *_of_paper(PAPER_MESHES)], _MESH_DIGITS, titles)}\n{notes}{_OTHERS}"


def mesh_lines(objects: Sequence[Figures], method: str) -> list[Line]:
    """Our rows: with pictures of the base colour, in the recovered light, and where the mesh is moved to fit best."""
    lines = [line for line in (_ours(objects, method, pictures) for pictures in (FLAT, LIT)) if line]
    moved = Line(f"{method}, moved and scaled onto the truth", _count(objects), _geometry(objects, ALIGNED))
    return [*lines, moved] if moved.figures else lines


def _ours(objects: Sequence[Figures], method: str, pictures: str) -> Line | None:
    """The mean over the objects whose truth has such pictures."""
    shown = [o for o in objects if any(key.startswith(pictures) for key in o.mean)]
    if not shown:
        return None
    mean = means(o.mean for o in shown)
    seen = {key.removeprefix(pictures): value for key, value in mean.items() if key.startswith(pictures)}
    what = {FLAT: "base colour", LIT: "in its recovered light"}[pictures]
    return Line(f"{method}, {what}", _count(shown), _geometry(shown) | seen)


def _geometry(objects: Sequence[Figures], before: str = "") -> dict[str, float]:
    mean = means(o.mean for o in objects)
    names = {"cd": f"{before}chamfer", "iou": f"{before}volume_iou"}
    return {key: mean[name] for key, name in names.items() if name in mean}


def _count(objects: Sequence[Figures]) -> str:
    if not objects:
        return ""
    return objects[0].name if len(objects) == 1 else f"{len(objects)} objects"


def _of_paper(lines: Sequence[Line]) -> list[Line]:
    return [Line(PAPER + line.method, line.objects, line.figures) for line in lines]


def _table(lines: Sequence[Line], digits: Mapping[str, int], titles: Mapping[str, str]) -> str:
    head = ["method", "objects", *(titles[key] for key in digits)]
    rows = [
        [
            line.method,
            line.objects,
            *(f"{line.figures[k]:.{n}f}" if k in line.figures else "" for k, n in digits.items()),
        ]
        for line in lines
    ]
    return markdown(head, rows, 2)
