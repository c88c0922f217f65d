"""Figures of evaluated orbits as Markdown, JSON and curves, and a sheet of frames to look at."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from .likeness import LPIPS_MISSING
from .mesh_tables import markdown
from .nvs_figures import CAMERA, FAR, MEASURES, TITLES, Figures, measured
from .nvs_orbits import KnownOrbit
from .nvs_plot import Panel
from .paper_tables import Line, views_table

PICTURE, MEAN = "input picture", "training mean"  # the trivial predictors

LPIPS_SAID = "LPIPS is that of AlexNet; the notes on the paper do not tell which one it took."
CLIP_SAID = "CLIP-S is the cosine between embeddings of the weights' own CLIP, ViT-H/14."
TOWER_SAID = (
    "“Own tower” is the cosine between what the weights' own image tower makes of both: no CLIP, so no CLIP-S, and of "
    "no meaning beside another model's."
)
_BENCHMARK = (
    "The benchmark's objects are other people's, textured, lit by photographed surroundings, with highlights; none was "
    "trained on. Their dynamic orbit is a sine of ±30° where training's waves are random and mostly smaller, and only "
    "one object has a static orbit: a dozen objects tell a direction, not a figure.\n"
)


@dataclass(frozen=True)
class Evaluated:
    """A set of orbits, and the figures (N, 20) of each predictor, the model first."""

    title: str
    orbits: Sequence[str]
    predictors: Mapping[str, Figures]
    kind: str = "static"  # or dynamic: of all its orbits

    @property
    def gain(self) -> float:
        """dB by which the model is above the better trivial predictor."""
        model, *trivial = (float(f["psnr"].mean()) for f in self.predictors.values())
        return model - max(trivial)


def as_text(facts: Mapping[str, Any], sets: Sequence[Evaluated]) -> str:
    """Everything for a reader: means, then each frame of each set."""
    parts = [
        _head(facts),
        *([_BENCHMARK] if facts["benchmark"] else []),
        summary(sets),
        paper_form(sets),
        *(f"## {s.title}, frame by frame\n\n{by_frame(s)}" for s in sets),
    ]
    return "\n".join(parts)


def summary(sets: Sequence[Evaluated]) -> str:
    """Means over orbits and frames as a table, and what follows from them."""
    keys = measured(next(iter(sets[0].predictors.values())))
    head = ["orbits", "predictor", *(TITLES[key] for key in keys), "camera: poses", "camera: frames"]
    lines = []
    for s in sets:
        for name, values in s.predictors.items():
            means = [f"{values[key].mean():.{MEASURES[key]}f}" for key in keys]
            shares = [f"{100 * share:.1f} %" for share in camera_shares(values)]
            lines.append([s.title, name, *means, *shares])
    gains = "".join(
        f"- {s.title}: {next(iter(s.predictors))} has {s.gain:+.2f} dB over the better trivial predictor.\n"
        for s in sets
    )
    return f"{markdown(head, lines, 2)}\n{gains}"


def paper_form(sets: Sequence[Evaluated]) -> str:
    """Static and dynamic orbits in the form of the paper's tables, with its own rows beside."""
    text = ""
    for kind in dict.fromkeys(s.kind for s in sets):
        lines = [
            Line(name, f"{s.title} ({len(s.orbits)})", {key: float(values[key].mean()) for key in measured(values)})
            for s in sets
            if s.kind == kind
            for name, values in s.predictors.items()
        ]
        text += f"{kind.capitalize()} orbits, in the form of the paper's tables:\n\n{views_table(kind, lines)}\n"
    return text


def by_frame(evaluated: Evaluated) -> str:
    """Every measure of every predictor, one line a frame, means over the orbits."""
    keys = measured(next(iter(evaluated.predictors.values())))
    head = ["frame", *(f"{TITLES[key]}, {name}" for key in keys for name in evaluated.predictors)]
    columns = [
        [f"{v:.{MEASURES[key]}f}" for v in values[key].mean(0)]
        for key in keys
        for values in evaluated.predictors.values()
    ]
    return markdown(head, [[str(i), *line] for i, line in enumerate(zip(*columns, strict=True))], 1)


def as_data(facts: Mapping[str, Any], sets: Sequence[Evaluated]) -> dict[str, Any]:
    """Everything for a program: by measure the mean, the mean of each frame, and that of each orbit."""
    return {
        **facts,
        "sets": {
            s.title: {
                "orbits": list(s.orbits),
                "gain_db": s.gain,
                "predictors": {name: _data(values) for name, values in s.predictors.items()},
            }
            for s in sets
        },
    }


def camera_shares(values: Figures) -> tuple[float, float]:
    """Of the other poses more than FAR away the share that is beaten, and of the frames those that beat them all."""
    shares = values[CAMERA]
    known = shares[~np.isnan(shares)]
    return float(known.mean()), float((known == 1).mean())


def panels(sets: Sequence[Evaluated]) -> dict[str, list[Panel]]:
    """Curves of each measure by frame, as the paper's figure 5 has LPIPS, for nvs_plot.plot."""
    return {
        key: [(s.title, {name: v[key].mean(0).tolist() for name, v in s.predictors.items()}) for s in sets]
        for key in measured(next(iter(sets[0].predictors.values())))
    }


def _data(values: Figures) -> dict[str, Any]:
    poses, frames = camera_shares(values)
    measures = {
        key: {
            "mean": float(values[key].mean()),
            "by_frame": values[key].mean(0).tolist(),
            "by_orbit": values[key].mean(1).tolist(),
        }
        for key in measured(values)
    }
    return {**measures, "camera_poses": poses, "camera_frames": frames}


def _head(facts: Mapping[str, Any]) -> str:
    return (
        f"# Novel views by {facts['model']}\n\n"
        f"{facts['frame_size']}² pixels over white; {facts['sampler']}, {facts['steps']} steps, guidance "
        f"({facts['guidance']}) up to {facts['guidance_scale']} by the picture and {facts['camera_guidance']} by the "
        f"camera, {facts['precision']}, seed {facts['seed']}; "
        f"{facts['seconds_per_orbit']:.2f} s an orbit on {facts['device']}, {facts['batch']} at once.\n\n"
        "Means over frames 0 to 19 and over orbits; frame 20 is the picture that is given, and does not count. "
        f"“{PICTURE}” shows it in every frame; “{MEAN}” shows the mean frame of that index over "
        f"{facts['training_orbits']} orbits of the kind (static or dynamic) from the training set. Camera: a frame "
        f"is compared with the true ones; of those more than {FAR:.0f}° of azimuth away, “poses” is the share that "
        "is less like it than its own, and “frames” the share of frames for which all are.\n\n"
        f"{LPIPS_SAID if facts.get('lpips') else LPIPS_MISSING} {CLIP_SAID if facts.get('clip') else TOWER_SAID}\n"
    )


_SHOWN = range(1, 20, 3)  # frames: seven, from just beside the front to just beside it again
_MARGIN, _LINE = 8, 20  # pixels
_PAPER, _INK = (225, 225, 225), (40, 40, 40)


@dataclass(frozen=True)
class Pair:
    """An orbit and what was made of its last frame."""

    title: str
    orbit: KnownOrbit
    made: NDArray[np.uint8]  # (21, S, S, 3)


def sheet(pairs: Sequence[Pair]) -> Image.Image:
    """Two rows for each orbit: true frames above, made ones below; at the left the picture that was given."""
    size = pairs[0].made.shape[1]
    width = _MARGIN + (1 + len(_SHOWN)) * size + 2 * _MARGIN
    height = 2 * _LINE + 2 * size + _MARGIN
    paper = Image.new("RGB", (width, height * len(pairs) + _MARGIN), _PAPER)
    draw = ImageDraw.Draw(paper)
    font = ImageFont.load_default(13)
    for number, pair in enumerate(pairs):
        top = number * height + 2 * _LINE + _MARGIN
        draw.text((_MARGIN, top - 6 - _LINE), f"{pair.orbit.name}, {pair.title}", _INK, font, anchor="ls")
        paper.paste(Image.fromarray(pair.orbit.frames[-1]), (_MARGIN, top))
        draw.text((_MARGIN, top - 6), "given", _INK, font, anchor="ls")
        for row, frames in enumerate((pair.orbit.frames, pair.made)):
            strip = np.concatenate([frames[i] for i in _SHOWN], 1)
            paper.paste(Image.fromarray(strip), (2 * _MARGIN + size, top + row * size))
        for column, i in enumerate(_SHOWN):
            pose = pair.orbit.poses[i]
            x = 2 * _MARGIN + (1 + column) * size
            if size >= 96:  # else there is no room for it
                draw.text((x + 2, top - 6), f"{pose.azimuth:.0f}°, {pose.elevation:+.0f}°", _INK, font, anchor="ls")
    return paper
