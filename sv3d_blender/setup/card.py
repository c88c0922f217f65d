"""The set-up's part of the SV3D tab: what a job will run on, what it lacks, and how far a set-up is."""

import bpy

from ...sv3d_engine.shared import protocol
from ..engine.session import session
from ..generate import wording
from ..phrase import joined, phrase
from ..preferences.property_group import preferences
from .facts import Facts
from .panel import device_text, draw_failure, draw_lines, draw_work
from .readiness import Need, blocking, memory_need, needs
from .session import engine_setup

_MARGIN = 60  # pixels that a box and an icon take
_OFFICIAL_SHARE = 0.5  # of the official model's work a step; what does less is another model


def why_not(context: bpy.types.Context) -> str:
    """Why Generate cannot work now, by what is known; empty if it can."""
    return blocking(engine_setup.facts(preferences(context)), at_work=engine_setup.work.busy)


def draw(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    """Before the click: device, disk, and each thing that is lacking with the button that helps."""
    facts = engine_setup.facts(preferences(context))
    if engine_setup.work.busy:
        draw_work(layout.box(), narrow=True)
        return
    if session.busy:
        return
    if engine_setup.work.failure:
        draw_failure(layout.box(), _columns(context))
    for need in (*needs(facts, at_work=False), *_memory_needs(context, facts)):
        _draw_need(layout.box(), context, need)
    if facts and not blocking(facts, at_work=False):
        draw_lines(layout, ready_line(facts), "CHECKMARK", _columns(context))


def ready_line(facts: Facts) -> str:
    """What a job will compute on and write to: "NVIDIA RTX 4090, 24 GB · 380 GB free on the disk"."""
    return joined(" · ", (_device(facts), phrase("{count:.0f} GB free on the disk", count=facts.free / 1e9)))


def _device(facts: Facts) -> str:
    report = session.report
    if isinstance(report, protocol.DoctorReport):
        findings = {check.name: check.finding for check in report.checks if check.ok}
        if report.devices and report.devices[0] != "cpu" and "Graphics card" in findings:
            return findings["Graphics card"]
        memory = findings.get("Memory", "").partition(",")[0]
        return phrase("Processor, {memory}", memory=memory) if memory else phrase("Processor")
    if facts.stamp and facts.stamp.device:
        return device_text(facts.stamp.device_name.capitalize(), facts.stamp.device_bytes)
    return phrase("Device known after Check Engine")


def _memory_needs(context: bpy.types.Context, facts: Facts | None) -> list[Need]:
    """What the card lacks for the official SV3D: smaller models fit everywhere, and a processor has its own memory."""
    settings, chosen = context.scene.sv3d, preferences(context)
    if not (settings.from_picture and chosen.weights and chosen.weights_step_share > _OFFICIAL_SHARE):
        return []
    if chosen.device not in {"auto", "cuda"}:
        return []
    need = memory_need(settings.memory, _card_bytes(facts))
    return [need] if need else []


def _card_bytes(facts: Facts | None) -> int:
    """The memory of NVIDIA's card, as the engine or its set-up has seen it; 0 where it is not known."""
    if isinstance(session.report, protocol.DoctorReport):
        return session.report.card_bytes
    stamp = facts.stamp if facts else None
    return stamp.device_bytes if stamp and stamp.device == "cuda" else 0


def _draw_need(box: bpy.types.UILayout, context: bpy.types.Context, need: Need) -> None:
    draw_lines(box, need.text, "ERROR" if need.blocks else "INFO", _columns(context), alert=need.blocks)
    if need.button:
        button = box.operator(need.button, text=need.label)
        if need.mode:
            button.mode = need.mode


def _columns(context: bpy.types.Context) -> int:
    """The characters that fit in a line."""
    return wording.characters(context.region.width / context.preferences.system.ui_scale - _MARGIN)
