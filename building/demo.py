"""The whole job on the demo's picture: orbit, mesh, Blender scene, rendered picture."""

import os
import time
from pathlib import Path

from sv3d_engine.shared.model_catalogue import model_called, state
from sv3d_engine.shared.model_facts import NAME, bundled_weights

from . import blender, environment, extension
from .console import ROOT, BuildError, heading, run, say

PRESET = "draft"
BACKGROUND_MODEL = "u2netp"
DEMO = ROOT / "sv3d_engine" / "laboratory" / "demo"
SCENE_SCRIPT = ROOT / "building" / "scene.py"
OUT = ROOT / "build" / "demo"


def run_demo(preset: str, torch: str = "auto") -> None:
    """Make everything in build/demo, with a choice of PyTorch, and say where it is."""
    started = time.monotonic()
    heading("Set-up")
    python = environment.engine_python(torch)
    say(f"Engine ready in {python.parent.parent.name}")
    _get_background_model(python)

    scene = _scene_script()  # looked for now, because the mesh takes minutes
    if scene is None:
        blender.explain_missing()
        say("The mesh is made all the same; scene.blend and preview.png will be missing.")

    for made in ("scene.blend", "preview.png"):
        (OUT / made).unlink(missing_ok=True)  # an earlier run's would pass for this one's
    what, job = _job()
    heading(f"Mesh from {what}, preset {preset}")
    engine: list[str | Path] = [python, "-m", "sv3d_engine", *job]
    if run([*engine, "--out", OUT, "--preset", preset, "--device", "auto", "--seed", "0"]):
        raise BuildError("The mesh could not be made; the reason stands above.")

    if scene:
        heading("Blender scene and picture")
        # Settings of its own, so that the extension is there and the user's Blender is left alone.
        settings = ROOT / "build" / "demo-blender"
        extension.stage(settings / "extensions" / "user_default" / "sv3d")
        if run(scene, {"BLENDER_USER_RESOURCES": str(settings), "PYTHONDONTWRITEBYTECODE": "1"}):
            raise BuildError("The scene could not be made; the reason stands above.")

    heading(f"Done in {(time.monotonic() - started) / 60:.1f} minutes")
    results = {
        "orbit, at a glance": "orbit/contact_sheet.png",
        "frames": "frames",
        "mesh": "mesh.glb",
        "Blender scene": "scene.blend",
        "picture": "preview.png",
    }
    for name, file in results.items():
        if (OUT / file).exists():
            say(f"{name:<20} {os.path.relpath(OUT / file)}")
    if scene is None:
        raise BuildError("scene.blend and preview.png are missing, for want of a Blender.")


def _get_background_model(python: Path) -> None:
    """The small one, for the user's own photographs: the demo's picture does without, and so without a network."""
    model = model_called(BACKGROUND_MODEL)
    assert model is not None
    if state(model) != "ready" and run([python, "-m", "sv3d_engine", "models", "get", model.name]):
        say(f"The demo needs no {model.name}; photographs of your own will. Later: models get {model.name}")


def _job() -> tuple[str, list[str | Path]]:
    """What the mesh is made from, and the engine's command: a picture, or the demo's orbit if there is no model."""
    if bundled_weights():
        return f"one picture with {NAME}", ["generate", DEMO / "picture.png"]
    return "the demo's orbit", ["mesh", DEMO / "orbit", "--cameras", DEMO / "orbit" / "cameras.json"]


def _scene_script() -> list[str | Path] | None:
    """The command that makes the scene; None, with the reason told, where there is no Blender that works."""
    try:
        return blender.python_script(SCENE_SCRIPT, OUT)
    except BuildError as error:
        say(str(error))
        return None
