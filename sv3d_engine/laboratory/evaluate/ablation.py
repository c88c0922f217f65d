"""What each part brings: the mesh stage with one of them off at a time: ``python -m sv3d_engine evaluate ablation``.

Every variant rebuilds every object in a process of its own, but for the stages that it leaves as they are.  What is
done is kept, so that the same command goes on after a stop, with more objects, or with a variant more.  In OUT:
ablation.md and ablation.json, written anew after every mesh, and a folder for each variant, as ``mesh_evaluation`` has
them.
"""

import argparse
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path

from ...ground.files import write_json
from ...shared import protocol
from ...shared.errors import UserError
from ...shared.model_facts import BUNDLED, bundled_weights
from .given_settings import parse_settings
from .known_objects import check_sources
from .mesh_evaluation import Failure, Tell, collect, perform_all
from .mesh_tables import OBJECT_FIGURES, Scores, markdown, means
from .mesh_tasks import given_sources, make_tasks
from .rebuild_task import Begun, Task

WHOLE = "everything"


@dataclass(frozen=True)
class Variant:
    """One row: a name, and what differs from the preset, as ``evaluate mesh --set`` takes it."""

    name: str
    settings: Sequence[str] = ()
    orbit: str = ""  # static or dynamic; "" = the benchmark's dynamic one, where it is there
    seed: int = 0  # added to the command's
    asked: Sequence[str] = ()  # of the job's request: name=value
    normals: str = ""  # that the job is told of, as ``evaluate mesh --normals`` takes it

    @property
    def folder(self) -> str:
        """Its name as a folder."""
        return re.sub(r"[^a-z0-9]+", "_", self.name.lower()).strip("_")


SDS = ("sds=on", f"weights={BUNDLED}")
FEW = "distillation.steps=24"  # of the preset's 200, which take a quarter of an hour on a processor

# A variant whose settings a version does not know is told as such and left out.
VARIANTS = (
    Variant(WHOLE),
    Variant("everything, another seed: what is a draw", seed=1),
    Variant("without the colour loss (MSE)", ("losses.photometric=0",)),
    Variant("without the mask loss", ("losses.mask=0",)),
    Variant("without smooth depth", ("losses.depth=0",)),
    Variant("without bilateral normals", ("losses.normals=0",)),
    Variant("without albedo smoothness", ("losses.albedo=0",)),
    Variant("without L_illum", ("losses.illumination=0",)),
    Variant("without the highlights' rule", ("losses.highlight=0",)),
    Variant("without DMTet: sweeps from the field's surface", ("fine_steps=0",)),
    Variant("without sweeps: DMTet's surface", ("sweeps=0",)),
    Variant("field only", ("fine_steps=0", "sweeps=0")),
    Variant("without gloss (lambert, as the paper)", ("material=lambert",)),
    Variant("without light (no Gaussians: colours as seen)", ("material=baked",)),
    Variant("static orbit", orbit="static"),
    Variant("with LPIPS as a loss", ("losses.perceptual=0.02",)),
    Variant("told the true normals: the ceiling of mono-normal", normals="true"),
    Variant("told normals with errors", normals="noisy"),
    Variant("with masked SDS by SV3D-mini, 24 steps", (FEW,), asked=SDS),
    Variant("with masked SDS, 24 steps, also of what is hidden", (FEW, "distillation.occlusion=true"), asked=SDS),
    Variant("with SDS, 24 steps, not masked", (FEW, "distillation.masked=false"), asked=SDS),
)


def evaluate_ablation(arguments: argparse.Namespace, tell: Tell = lambda text: None) -> tuple[str, bool]:
    """Do as the command says (``laboratory/evaluate_commands.py``): the table, and whether every mesh was made."""
    out, sources = Path(arguments.out).absolute(), given_sources(arguments)
    check_sources(sources, arguments)
    asked = chosen(arguments.variants)
    tasks, unknown = tasks_of(asked, arguments, sources, out)
    out.mkdir(parents=True, exist_ok=True)
    every = object_by_object(tasks, sources)
    coming = [task for task in every if not task.done()]
    tell(f"{len(every) - len(coming)} of {len(every)} are kept from an earlier run")
    failures: list[Failure] = []
    text = write_ablation(tasks, unknown, failures, arguments.preset, out)
    for task, failure in perform_all(coming, arguments.jobs, out / "source"):
        failures += [failure] if failure else []
        tell(f"{Path(task.out).parent.name}, {task.name}: {failure.reason.splitlines()[0] if failure else 'scored'}")
        text = write_ablation(tasks, unknown, failures, arguments.preset, out)
    return text, not failures


def chosen(names: Sequence[str]) -> list[Variant]:
    """The variants whose names contain one of these words, or all; always with the whole.  Raises UserError."""
    missing = [name for name in names if not any(name in variant.name for variant in VARIANTS)]
    if missing:
        raise UserError(
            f"There is no variant “{missing[0]}”.", f"Choose from {'; '.join(variant.name for variant in VARIANTS)}."
        )
    return [v for v in VARIANTS if v.name == WHOLE or not names or any(name in v.name for name in names)]


def tasks_of(
    variants: Sequence[Variant], arguments: argparse.Namespace, sources: Sequence[Path], out: Path
) -> tuple[dict[str, list[Task]], list[str]]:
    """The tasks of each variant that this version knows, for the objects that have its orbit, and the others' names."""
    tasks: dict[str, list[Task]] = {}
    unknown = []
    for variant in variants:
        asked = dict(item.split("=", 1) for item in variant.asked)
        if asked.get("weights") == BUNDLED:  # by their place: the copy of the engine that does it has none
            asked["weights"] = str(bundled_weights())
        try:
            settings = parse_settings(variant.settings, arguments.preset)
        except UserError:
            settings = None
        if settings is None or asked.keys() - {field.name for field in fields(protocol.MeshJob)}:
            unknown.append(variant.name)
            continue
        there = [s for s in sources if not variant.orbit or (s / f"orbit_{variant.orbit}").is_dir()]
        given = argparse.Namespace(**vars(arguments) | {"seeds": [seed + variant.seed for seed in arguments.seeds]})
        more = {"normals": variant.normals} if variant.normals else {}
        found = make_tasks(given, there, settings, out / variant.folder, orbit=variant.orbit, asked=asked, **more)
        tasks[variant.name] = found
    return _begun_as_whole(tasks), unknown


def _begun_as_whole(tasks: Mapping[str, Sequence[Task]]) -> dict[str, list[Task]]:
    """From the job of the same object and seed that has everything: a stage that nothing touches is not done twice."""
    wholes = {(task.source, task.seed): Begun(task.out, task.fingerprint) for task in tasks[WHOLE]}
    return {
        name: [task if name == WHOLE else replace(task, begun=wholes.get((task.source, task.seed))) for task in of_one]
        for name, of_one in tasks.items()
    }


def object_by_object(tasks: Mapping[str, Sequence[Task]], sources: Sequence[Path]) -> list[Task]:
    """All variants of one object after the other: an early stop leaves whole comparisons of fewer objects."""
    return [t for source in sources for of_one in tasks.values() for t in of_one if t.source == str(source)]


def write_ablation(
    tasks: Mapping[str, Sequence[Task]],
    unknown: Sequence[str],
    failures: Sequence[Failure],
    preset: str,
    out: Path,
) -> str:
    """Write OUT/ablation.md and ablation.json from what is scored by now; returns the former."""
    found = {name: {figures.name: figures.mean for figures in collect(of_one)} for name, of_one in tasks.items()}
    parts = [ablation_table(found), f"Preset {preset}. In brackets: the difference from {WHOLE}, same objects.\n"]
    parts += [f"Left out, as this version has no such setting: {'; '.join(unknown)}.\n"] if unknown else []
    parts += [f"**{f.name}, seed {f.seed}, failed**: {f.reason}\n" for f in failures]
    text = "\n".join(parts)
    (out / "ablation.md").write_text(text, encoding="utf-8")
    rows = {name: {"objects": of_one, "mean": means(of_one.values())} for name, of_one in found.items()}
    write_json(out / "ablation.json", {"preset": preset, "variants": rows})
    return text


ABLATION_FIGURES = {**{k: n for k, n in OBJECT_FIGURES.items() if k != "relit_psnr"}, "flat_lpips": 3}


def ablation_table(found: Mapping[str, Mapping[str, Scores]]) -> str:
    """A row for each variant that has come to figures: {variant: {object: figures}}; means over its objects.

    Differences are from the whole over the same objects, so a variant of fewer objects is compared fairly.
    """
    lines = []
    for name, objects in found.items():
        whole = found.get(WHOLE, {})
        same = [o for o in objects if o in whole]
        mean, of_whole = means(objects.values()), means(whole[o] for o in same)
        compared = means(objects[o] for o in same)
        cells = []
        for key, digits in ABLATION_FIGURES.items():
            gap = compared[key] - of_whole[key] if name != WHOLE and key in compared and key in of_whole else None
            cells.append(_cell(mean.get(key), gap, digits))
        if objects:
            lines.append([name, str(len(objects)), *cells])
    return markdown(["variant", "objects", *ABLATION_FIGURES], lines)


def _cell(value: float | None, gap: float | None, digits: int) -> str:
    if value is None:
        return ""
    return f"{value:.{digits}f}" + ("" if gap is None else f" ({gap:+.{digits}f})")
